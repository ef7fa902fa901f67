/**
 * Plays recorded hours on the chain, as fast as the system settles them: the hour's block, every meter's reading, the
 * oracle's settlement and clearing of the hour's slot, then the traders. The first hour is everybody's baseline, after
 * which the neighbours join. Each hour's transactions lie in a few blocks of that hour.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, meterId, oracleCommitteeAbi, settledAtOf } from "@enerlink/protocol";
import type { Clock } from "./clock.ts";
import { type Neighbourhood, neighbours } from "./neighbourhood.ts";
import { progress, say } from "./output.ts";
import { type ReplayRecord, timestampOf, writeReplay } from "./record.ts";
import { GRID_SERIAL, localMeters } from "./setup.ts";
import type { Traders } from "./traders/traders.ts";
import type { Market } from "./wallet.ts";

const POLL_MS = 15;
/** How often what is waited for is looked for although nothing was mined. */
const ASK_AGAIN_MS = 500;
const SLOW_SECONDS = 10;
/** How long the replay waits for the oracle to deliver what has settled; a delivery may also follow later. */
const DELIVERY_PATIENCE_MS = 1_000;

/** How long before the first hour the grid's meter begins, seconds: time enough to deliver its stock. */
const GRID_AHEAD_SECONDS = 3_000;

export type ReplayParts = {
  market: Market;
  clock: Clock;
  traders: Traders;
  neighbourhood: Neighbourhood;
  /** Publishes the registers of recorded hour `index`; resolves when the broker has them all. */
  publishHour: (index: number, timestamp: number) => Promise<void>;
  /** Publishes what the grid's meter showed before it delivered its stock. */
  publishGridBefore: (index: number, timestamp: number) => Promise<void>;
  /** Seconds after a window's end at which what its root carries is settled; undefined where there are no roots. */
  rootsSettledAfter: number | undefined;
};

export async function replay(record: ReplayRecord, parts: ReplayParts) {
  const { market, clock, traders, neighbourhood } = parts;
  const { client, deployment } = market;
  const total = record.lastHour - record.firstHour + 1;
  let blockTime = 0;

  async function minePending(): Promise<boolean> {
    if ((await clock.pending()) === 0) return false;
    blockTime += 1;
    await clock.mineAt(blockTime);
    return true;
  }

  async function areSettled(serials: string[], timestamp: number): Promise<boolean> {
    const words = await client.readContract({
      address: deployment.contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "registersOf",
      args: [serials.map(meterId)],
    });
    return words.every((word) => settledAtOf(word) >= timestamp);
  }

  /** Mines what comes until `done` says so. */
  async function waitFor(what: string, done: () => Promise<boolean>): Promise<void> {
    let told = Date.now();
    // It may be so already: a batch settles an hour and clears its slot at once.
    let asked = 0;
    for (;;) {
      const changed = await minePending();
      if (changed || Date.now() - asked > ASK_AGAIN_MS) {
        if (await done()) return;
        asked = Date.now();
      } else await sleep(POLL_MS);
      if (Date.now() - told < SLOW_SECONDS * 1_000) continue;
      say("replay", `waiting for the oracle to ${what}`);
      told = Date.now();
    }
  }

  async function waitForDeliveries(): Promise<void> {
    const deadline = Date.now() + DELIVERY_PATIENCE_MS;
    while ((await traders.deliverable()) > 0n && Date.now() < deadline) {
      await minePending();
      await sleep(POLL_MS);
    }
  }

  /** PLN's stock, which the first hour's reading completes. */
  async function stockUp(): Promise<void> {
    blockTime = timestampOf(record, record.firstHour) - GRID_AHEAD_SECONDS;
    await clock.mineAt(blockTime);
    await parts.publishGridBefore(record.firstHour, blockTime);
    const begins = blockTime;
    await waitFor("settle the grid's meter", () => areSettled([GRID_SERIAL], begins));
  }

  async function join(): Promise<void> {
    await neighbourhood.join();
    await minePending();
    const { length } = await neighbourhood.members();
    if (length !== neighbours.length) throw new Error(`${length} of ${neighbours.length} neighbours joined`);
  }

  /** The hour's root, and the time at which it is settled. */
  async function passRoot(timestamp: number, after: number): Promise<void> {
    const committee = { address: deployment.contracts.oracleCommittee, abi: oracleCommitteeAbi } as const;
    await waitFor("commit the hour's root", async () => {
      const root = await client.readContract({ ...committee, functionName: "rootOf", args: [timestamp] });
      return BigInt(root) !== 0n;
    });
    blockTime = timestamp + after;
    await clock.mineAt(blockTime);
  }

  const everybody = localMeters.map(({ serial }) => serial);
  await stockUp();
  for (let index = record.firstHour; index <= record.lastHour; index++) {
    const timestamp = timestampOf(record, index);
    blockTime = timestamp;
    await clock.mineAt(blockTime);
    await parts.publishHour(index, timestamp);
    if (parts.rootsSettledAfter !== undefined) await passRoot(timestamp, parts.rootsSettledAfter);
    await waitFor("settle the hour", () => areSettled(everybody, timestamp));
    if (index === record.firstHour) await join();
    else await waitFor("clear the hour's slot", async () => (await neighbourhood.clearedTo()) >= timestamp);
    await waitForDeliveries();

    await traders.round(index, () => blockTime, minePending);

    record.settledHour = index;
    writeReplay(record);
    progress("replay", index - record.firstHour + 1, total, "recorded hours");
  }
}
