/** A meter by another maker that has only ever taken energy: whoever takes it over, takes over what it owes. */
import { setTimeout as sleep } from "node:timers/promises";
import { signIn } from "@enerlink/oracle/sign-in";
import { hardhat } from "viem/chains";
import { expect } from "vitest";
import { operator } from "../../local/accounts.ts";
import { connectMeter, makeForeignMeter } from "../system/foreign-meter.ts";
import { runScript, type System } from "../system/system.ts";
import type { openChain } from "./chain.ts";

export const OLD_METER = "old-01";
const DEBT_WH = 1_000;

/** Registers it for the operator, who has no energy, and settles 1 kWh. @returns how it reports its next reading */
export async function openOldMeter(system: System, chain: Awaited<ReturnType<typeof openChain>>) {
  const meter = makeForeignMeter(OLD_METER, hardhat.id, chain.registry);
  const registration = {
    serial: OLD_METER,
    owner: operator.account.address,
    kind: "consumer",
    connection: `connection-${OLD_METER}`,
    "import-watts": "100000",
    cell: "-6.2,106.8",
    "public-key": meter.publicKey.x.slice(2) + meter.publicKey.y.slice(2),
  };
  const args = Object.entries(registration).map(([option, value]) => `--${option}=${value}`);
  const environment = { ...system.environment, RPC_URL: system.rpcUrl, PRIVATE_KEY: operator.privateKey };
  const { output } = await runScript("enerlink", ["meter", "register", ...args], environment);
  expect(output).toContain(`${OLD_METER} is registered`);

  // The epoch's baseline must be stamped after the registration; later readings run ahead of the clock a little.
  await sleep(3_000);
  const began = Math.floor(Date.now() / 1_000);
  const connection = await connectMeter(system.mqttUrl, OLD_METER, await system.brokerSecret());
  const read = (seconds: number, importWh: number) => {
    const timestamp = began + seconds;
    const shared = { serial: OLD_METER, epoch: 1, sequence: timestamp, timestamp, exportWh: 0, storedWh: 0 };
    return connection.publish("reading", JSON.stringify(meter.signed({ ...shared, importWh })));
  };
  const cookie = await signIn(system.oracleUrl, operator.account);
  const settle = () =>
    fetch(`${system.oracleUrl}/api/v1/energy/settle/${OLD_METER}`, { method: "POST", headers: { cookie } });
  const settledAt = async () => {
    await settle();
    return chain.settledAt(OLD_METER);
  };
  await read(0, 0);
  await expect.poll(settledAt, { timeout: 30_000 }).toBe(began);
  await read(61, DEBT_WH);
  await expect.poll(settledAt, { timeout: 30_000 }).toBe(began + 61);
  return {
    /** It takes another 10 Wh. */
    readAgain: () => read(122, DEBT_WH + 10),
    close: () => connection.end(),
  };
}
