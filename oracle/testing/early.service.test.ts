import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { startTestSystem } from "./system.ts";

test("a node answers before its broker does, and says what it waits for", async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const system = await startTestSystem(Math.floor(Date.now() / 1_000) - 3_600);
  const started = system.startOracle({ MQTT_BROKER_URL: `mqtt://127.0.0.1:${port}` }).catch(String);
  try {
    const refusal = await vi.waitFor(() => fetch(`${system.oracleUrl}/ready`));
    expect(refusal.status).toBe(503);
    expect(await refusal.text()).toContain("the broker is not connected");
  } finally {
    await system.stop();
    await started;
    silent.close();
  }
});
