/** The oracle killed at many points of a replay: nothing is settled twice, nothing is lost. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, energyTokenAbi, meterId } from "@enerlink/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whole } from "../../test/whole.ts";
import { type BrokerKind, startTestSystem, type TestSystem } from "./system.ts";

export function crashes(broker: BrokerKind) {
  /** Milliseconds after the hour's last reading at which the oracle is killed; undefined: it lives through the hour. */
  const KILLS = whole
    ? [0, undefined, 4, 8, 12, 16, 20, undefined, 25, 30, 40, 60, 100, undefined]
    : [0, 12, undefined, 40, undefined];
  const HOURS = KILLS.length;

  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 20 * 3_600;
  let system: TestSystem;

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { broker });
  });
  afterAll(() => system?.stop());

  test("kill -9 during a replay ends in agreement to the Wh", async () => {
    const { chain, fleet, serials, deployment } = system;
    await system.startOracle();
    await chain.setAutomine(false);
    let time = 0;

    async function minePending(): Promise<void> {
      if ((await chain.getBlockTransactionCount({ blockTag: "pending" })) > 0) await system.mineAt(++time);
    }
    const allSettled = async (timestamp: number) =>
      (await Promise.all(serials.map(system.settled))).every(([, , , , settledAt]) => settledAt >= timestamp);

    for (let hour = 0; hour < HOURS; hour++) {
      time = start + hour * 3_600;
      await system.mineAt(time);
      await fleet.publishHour(hour, time);
      const timestamp = time;
      const kill = KILLS[hour];
      if (kill !== undefined) {
        await sleep(kill);
        // Every other time a block comes just before, so that a mined transaction waits to be noticed.
        if (hour % 2 === 0) await minePending();
        await system.stopOracle("SIGKILL");
        await system.startOracle();
      }
      for (let tries = 0; !(await allSettled(timestamp)); tries++) {
        if (tries > 1_500) throw new Error(`hour ${hour} is not settled:\n${system.output().slice(-4_000)}`);
        await minePending();
        await sleep(10);
      }
    }

    const { energyConverter, energyToken } = deployment.contracts;
    const events = await chain.getContractEvents({
      address: energyConverter,
      abi: energyConverterAbi,
      fromBlock: 0n,
    });
    expect(events.filter(({ eventName }) => eventName === "ReportSkipped")).toEqual([]);
    const readings = await publishedReadings();
    let supply = 0n;
    for (const serial of serials) {
      const first = readings(serial, start);
      const last = readings(serial, start + (HOURS - 1) * 3_600);
      const [exportWh, importWh, debtWh, , timestamp] = await system.settled(serial);
      expect({ exportWh, importWh, timestamp }).toEqual({
        exportWh: last.exportWh,
        importWh: last.importWh,
        timestamp: start + (HOURS - 1) * 3_600,
      });
      const own = events.flatMap((event) =>
        event.eventName === "MeterSettled" && event.args.meterId === meterId(serial) ? [event.args] : [],
      );
      // Each hour once, in order.
      expect(own.map((event) => event.timestamp)).toEqual(
        Array.from({ length: HOURS }, (_, hour) => start + hour * 3_600),
      );
      const tokens = own.reduce((sum, event) => sum + event.tokensWh!, 0n);
      expect(tokens - debtWh).toBe(last.exportWh - first.exportWh - (last.importWh - first.importWh));
      supply += tokens;
    }
    expect(
      await chain.readContract({ address: energyToken, abi: energyTokenAbi, functionName: "totalSupply" }),
    ).toBe(supply);

    // As many transactions as hours or a few more, none of them failed, no nonce left open.
    const sent = await chain.getTransactionCount({ address: system.submitter.address });
    const blocks = Number(await chain.getBlockNumber());
    let mined = 0;
    for (let number = deployment.startBlock; number <= blocks; number++) {
      const { transactions } = await chain.getBlock({
        blockNumber: BigInt(number),
        includeTransactions: true,
      });
      for (const { from, hash } of transactions) {
        if (from !== system.submitter.address.toLowerCase()) continue;
        expect((await chain.getTransactionReceipt({ hash })).status).toBe("success");
        mined++;
      }
    }
    expect(mined).toBe(sent);
  });

  /** What the meters signed, from their own log. */
  async function publishedReadings() {
    const lines = (await readFile(join(system.folder, "readings.jsonl"), "utf8")).trimEnd().split("\n");
    const all = lines.map(
      (line) => JSON.parse(line) as { serial: string; timestamp: number; exportWh: number; importWh: number },
    );
    return (serial: string, timestamp: number) => {
      const found = all.find((reading) => reading.serial === serial && reading.timestamp === timestamp);
      if (!found) throw new Error(`${serial} signed nothing at ${timestamp}`);
      return { exportWh: BigInt(found.exportWh), importWh: BigInt(found.importWh) };
    };
  }
}
