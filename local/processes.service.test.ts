import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { oracleMembers, oracleSubmitters } from "./accounts.ts";

const folder = mkdtempSync(join(tmpdir(), "enerlink-processes-"));
process.env.ENERLINK_LOCAL_DIR = folder;
const { makeProcesses, withOwn } = await import("./processes.ts");
mkdirSync(join(folder, "run/logs"), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

test("a secret that a service is given takes the place of the file that another was inherited in", () => {
  const inherited = { MQTT_PASSWORD_FILE: "keys/mqtt", LOG_LEVEL: "debug", PRIVATE_KEY_FILE: "keys/own" };
  expect(withOwn(inherited, { MQTT_PASSWORD: "secret", LOG_LEVEL: "info" })).toEqual({
    PRIVATE_KEY_FILE: "keys/own",
    LOG_LEVEL: "info",
    MQTT_PASSWORD: "secret",
  });
});

function processesWith() {
  const fatal: string[] = [];
  const processes = makeProcesses({ onFatal: (message) => fatal.push(message) });
  const start = (name: string, script: string) =>
    processes.start({ name, command: process.execPath, args: ["-e", script], restart: true });
  return { fatal, processes, start };
}

test("a service that ends before it is ready is told at once, and is not started again", async () => {
  const { fatal, processes, start } = processesWith();
  start("early", "console.log('first'); console.error('the reason'); process.exit(3)");
  await vi.waitFor(() => expect(fatal).toHaveLength(1));
  expect(fatal[0]).toMatch(/^early ended with code 3 before it was ready:\n/);
  expect(fatal[0]).toContain("the reason");
  expect(processes.pid("early")).toBeUndefined();
  await processes.stop();
});

test("a service that has been ready is started again when it dies", async () => {
  const { fatal, processes, start } = processesWith();
  start("lasting", "setInterval(() => {}, 1000)");
  await processes.answers("lasting", async () => true, 1);
  const first = processes.pid("lasting")!;
  process.kill(first, "SIGKILL");
  await vi.waitFor(() => expect(processes.pid("lasting") ?? first).not.toBe(first));
  expect(fatal).toEqual([]);
  await processes.stop();
});

test("an oracle with bindings that cannot work says which entry, and nothing around it", async () => {
  const { fatal, processes } = processesWith();
  const bindings = join(folder, "bindings.json");
  writeFileSync(bindings, '[{ "serial": "plug", "format": "tasmota", "topic": "tele/+" }]');
  processes.start({
    name: "oracle",
    command: process.execPath,
    args: [fileURLToPath(new URL("../oracle/src/index.ts", import.meta.url))],
    restart: true,
    environment: {
      SIGNER_KEY: oracleMembers[0]!.privateKey,
      SUBMITTER_KEY: oracleSubmitters[0]!.privateKey,
      DATA_DIR: join(folder, "oracle"),
      METER_BINDINGS: bindings,
    },
  });
  await vi.waitFor(() => expect(fatal).toHaveLength(1));
  expect(fatal[0]).toBe(
    "oracle ended with code 1 before it was ready:\nthe oracle stops: METER_BINDINGS: entry 1 (plug): topic: must be one topic of 1 to 200 characters, without + and #",
  );
  await processes.stop();
});
