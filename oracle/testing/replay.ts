/** Recorded hours played to the oracle under test, and the law that must hold whatever happens meanwhile. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, energyTokenAbi, meterId } from "@enerlink/protocol";
import { type Cleared, mintedWh, walkSlots } from "../../local/verify-slots.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { TestSystem } from "./system.ts";

export type Replay = ReturnType<typeof makeReplay>;

type Registers = { exportWh: bigint; importWh: bigint };

/** Plays one recorded hour after the other on `system`, hour 0 at `start` (unix seconds). */
export function makeReplay(system: TestSystem, start: number) {
  let next = 0;
  let time = start;
  const published = new Map<string, Registers>();

  /** Mines a block, a second after the last one. */
  async function block(): Promise<void> {
    const { timestamp } = await system.chain.getBlock();
    time = Math.max(time, Number(timestamp)) + 1;
    await system.mineAt(time);
  }

  /** Mines what is pending, if anything is. */
  async function mine(): Promise<void> {
    if ((await system.chain.getBlockTransactionCount({ blockTag: "pending" })) > 0) await block();
  }

  /** Mines until `done`. @throws with what the oracle printed when that takes longer than `seconds` */
  async function mineUntil(what: string, seconds: number, done: () => Promise<boolean>): Promise<void> {
    for (const late = Date.now() + seconds * 1_000; ; await sleep(15)) {
      await mine();
      if (await done()) return;
      if (Date.now() > late) throw new Error(`${what}:\n${system.output().slice(-6_000)}`);
    }
  }

  return {
    block,
    mine,
    /** Time of the hour that was published last, unix seconds. */
    time: () => start + (next - 1) * 3_600,
    first: start,
    /** The next hour's block and readings. */
    hour: async () => {
      time = start + next * 3_600;
      await system.mineAt(time);
      await system.fleet.publishHour(next, time);
      next++;
      for (const { serial, timestamp, exportWh, importWh } of await readings(system))
        if (timestamp === time)
          published.set(serial, { exportWh: BigInt(exportWh), importWh: BigInt(importWh) });
    },
    /** Every reading that the meters signed, as it was published, oldest first. */
    log: async () => (await logText(system)).split("\n"),
    /** Registers of the hour that was published last. */
    last: (serial: string): Registers => published.get(serial)!,
    /** Mines until every meter is settled at the last hour. @throws with what the oracle printed when it is not. */
    settled: (serials = system.serials, seconds = 40) => {
      const wanted = start + (next - 1) * 3_600;
      const waiting = [...serials];
      return mineUntil(`the hour at ${wanted} is not settled`, seconds, async () => {
        for (let settled = true; settled && waiting.length > 0; ) {
          const [, , , , at] = await system.settled(waiting.at(-1)!);
          settled = at >= wanted;
          if (settled) waiting.pop();
        }
        return waiting.length === 0;
      });
    },
    /** Mines until the neighbours' slot that ended with the last hour is cleared. @throws as `settled` does. */
    cleared: ({ clearedTo }: Pick<Neighbourhood, "clearedTo">, seconds = 40) => {
      const wanted = start + (next - 1) * 3_600;
      return mineUntil(
        `the slot until ${wanted} is not cleared`,
        seconds,
        async () => (await clearedTo()) >= wanted,
      );
    },
  };
}

type Logged = { serial: string; timestamp: number; exportWh: number; importWh: number };

const logText = async (system: TestSystem) =>
  (await readFile(join(system.folder, "readings.jsonl"), "utf8")).trimEnd();

/** What the meters signed, from their own log. */
async function readings(system: TestSystem): Promise<Logged[]> {
  return (await logText(system)).split("\n").map((line) => JSON.parse(line));
}

/** Everything that the converter settled. */
export async function settledEvents({ chain, deployment }: TestSystem) {
  const events = await chain.getContractEvents({
    address: deployment.contracts.energyConverter,
    abi: energyConverterAbi,
    eventName: "MeterSettled",
    fromBlock: 0n,
    strict: true,
  });
  return events.map(({ args }) => args);
}

/**
 * Recounts every meter from what it signed, and compares with the chain to the Wh: registers, tokens and debt, what
 * neighbours shared, slot by slot, and the supply.
 * @returns the slots that were cleared
 * @throws naming the first difference.
 */
export async function checkLaw(system: TestSystem, replay: Pick<Replay, "first">): Promise<Cleared[]> {
  const { chain, serials, deployment } = system;
  const events = await settledEvents(system);
  const all = new Map((await readings(system)).map((one) => [`${one.serial} ${one.timestamp}`, one]));
  const read = (serial: string, timestamp: number): Registers => {
    const found = all.get(`${serial} ${timestamp}`);
    if (!found) throw new Error(`${serial} signed nothing at ${timestamp}`);
    return { exportWh: BigInt(found.exportWh), importWh: BigInt(found.importWh) };
  };
  const range = { fromBlock: 0n, toBlock: await chain.getBlockNumber() };
  const { slots } = await walkSlots(chain, deployment.contracts, range, read);
  const sharesOf = Map.groupBy(
    slots.flatMap(({ parts }) => parts),
    (part) => part.serial,
  );
  const eventsOf = Map.groupBy(events, (event) => event.meterId);
  let supply = 0n;
  for (const serial of serials) {
    const own = eventsOf.get(meterId(serial)) ?? [];
    const times = own.map(({ timestamp }) => timestamp!);
    if (new Set(times).size !== times.length) throw new Error(`${serial} was settled twice at one time`);
    for (const { timestamp, exportWh, importWh } of own) {
      const signed = read(serial, timestamp);
      same(`${serial} at ${timestamp}, export`, signed.exportWh, exportWh);
      same(`${serial} at ${timestamp}, import`, signed.importWh, importWh);
    }
    const [exportWh, importWh, debtWh, , timestamp] = await system.settled(serial);
    const first = read(serial, times[0]!);
    const last = read(serial, timestamp);
    same(`${serial}, export on chain`, last.exportWh, exportWh);
    same(`${serial}, import on chain`, last.importWh, importWh);
    const shares = sharesOf.get(serial) ?? [];
    const tokens =
      own.reduce((sum, event) => sum + event.tokensWh, 0n) +
      shares.reduce((sum, part) => sum + mintedWh(part), 0n);
    const net = last.exportWh - first.exportWh - (last.importWh - first.importWh);
    same(`${serial}, minted - burned - debt`, net, tokens - debtWh);
    if (times[0] !== replay.first) throw new Error(`${serial}: the baseline is at ${times[0]}`);
    supply += tokens;
  }
  const actual = await chain.readContract({
    address: deployment.contracts.energyToken,
    abi: energyTokenAbi,
    functionName: "totalSupply",
  });
  same("supply", supply, actual);
  return slots;
}

function same(what: string, expected: bigint, actual: bigint): void {
  if (expected !== actual) throw new Error(`${what}: expected ${expected} Wh, found ${actual} Wh`);
}
