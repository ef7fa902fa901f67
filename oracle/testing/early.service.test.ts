/** A node that is started before what it stands on, as services of one machine come up in any order. */
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { freePorts } from "../../test/ports.ts";
import { startRpcProxy } from "./rpc-proxy.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await startTestSystem(Math.floor(Date.now() / 1_000) - 3_600);
});
// One that a test could not bring to its end is not the next one's.
afterEach(() => system.stopOracle("SIGKILL"));
afterAll(() => system?.stop());

/** What `path` answers, once something does. */
async function ask(path: string) {
  const response = await vi.waitFor(() => fetch(`${system.oracleUrl}${path}`), { interval: 50 });
  return { status: response.status, body: await response.json() };
}
const becauseOf = (text: string) => ({
  status: 503,
  body: { ready: false, reasons: [text] },
});

test("a node answers before its broker does, says what it waits for, and can be stopped", async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const started = system.startOracle({ MQTT_BROKER_URL: `mqtt://127.0.0.1:${port}` }).catch(String);
  expect(await ask("/ready")).toMatchObject(becauseOf("the broker is not connected"));
  expect(await system.stopOracle("SIGTERM")).toBe(0);
  expect(await started).toContain("stopped, as SIGTERM asks");
  silent.close();
});

test("a node that nobody's chain answers waits, says so, and can be stopped", async () => {
  const RPC_URL = `http://127.0.0.1:${await freePorts(1)}`;
  const started = system.startOracle({ RPC_URL }).catch(String);
  // Where the chain is may hold a key: that stands in the log alone.
  const detail = "RPC_URL: no chain answers";
  await vi.waitFor(async () => expect(await ask("/ready")).toMatchObject(becauseOf(detail)));
  expect(await ask("/health")).toEqual({ status: 200, body: { status: "ok" } });
  expect(await ask("/api/v1/device/status")).toMatchObject({
    status: 503,
    body: { title: "Not ready", detail },
  });
  expect(await system.stopOracle("SIGTERM")).toBe(0);
  const printed = String(await started);
  expect(printed.split(`${detail} at ${RPC_URL} (`).length - 1, "said once").toBeLessThanOrEqual(3);
  expect(printed).toContain("stopped, as SIGTERM asks");
});

test("what is wrong and not away ends a node at once, with the reason", async () => {
  const CONTRACT_METER_REGISTRY = system.owner.address;
  await expect(system.startOracle({ CONTRACT_METER_REGISTRY })).rejects.toThrow(
    `meterRegistry: there is no contract at ${CONTRACT_METER_REGISTRY}`,
  );
});

test("a chain that answers after all is looked at like any other, and the node goes on", async () => {
  const proxy = await startRpcProxy(system.rpcUrl);
  const begin = async () => {
    await proxy.fail("503");
    const started = system.startOracle({ RPC_URL: proxy.url });
    expect(await ask("/ready")).toMatchObject(becauseOf("RPC_URL: no chain answers"));
    return { started };
  };
  try {
    const wrong = await begin();
    await proxy.fail("other chain");
    await expect(wrong.started).rejects.toThrow("No deployment is recorded for chain 5");
    const right = await begin();
    await proxy.fail(undefined);
    await right.started;
    await vi.waitFor(async () => expect(await ask("/ready")).toMatchObject({ status: 200 }));
  } finally {
    await proxy.stop();
  }
});
