/**
 * Plays recorded hours on the chain, as fast as the system settles them: the hour's block, every meter's reading, the
 * oracle's settlement, then the traders. Each hour's transactions lie in a few blocks of that hour.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, meterId } from "@enerlink/protocol";
import type { Clock } from "./clock.ts";
import { progress, say } from "./output.ts";
import { type ReplayRecord, timestampOf, writeReplay } from "./record.ts";
import { localMeters } from "./setup.ts";
import type { Traders } from "./traders/traders.ts";
import type { Market } from "./wallet.ts";

const POLL_MS = 15;
const SLOW_SECONDS = 10;
/** How long the replay waits for the oracle to deliver what has settled; a delivery may also follow later. */
const DELIVERY_PATIENCE_MS = 1_000;

export type ReplayParts = {
  market: Market;
  clock: Clock;
  traders: Traders;
  /** Publishes the registers of recorded hour `index`; resolves when the broker has them all. */
  publishHour: (index: number, timestamp: number) => Promise<void>;
};

export async function replay(record: ReplayRecord, { market, clock, traders, publishHour }: ReplayParts) {
  const { client, deployment } = market;
  const total = record.lastHour - record.firstHour + 1;
  let blockTime = 0;

  async function minePending(): Promise<boolean> {
    if ((await clock.pending()) === 0) return false;
    blockTime += 1;
    await clock.mineAt(blockTime);
    return true;
  }

  async function allSettled(timestamp: number): Promise<boolean> {
    const settled = await Promise.all(
      localMeters.map(({ serial }) =>
        client.readContract({
          address: deployment.contracts.energyConverter,
          abi: energyConverterAbi,
          functionName: "settled",
          args: [meterId(serial)],
        }),
      ),
    );
    return settled.every(([, , , , settledAt]) => settledAt >= timestamp);
  }

  async function waitForSettlement(timestamp: number): Promise<void> {
    let told = Date.now();
    while (!((await minePending()) && (await allSettled(timestamp)))) {
      await sleep(POLL_MS);
      if (Date.now() - told < SLOW_SECONDS * 1_000) continue;
      // A settlement may have been mined before this loop looked.
      if (await allSettled(timestamp)) return;
      say("replay", "waiting for the oracle to settle the hour");
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

  for (let index = record.firstHour; index <= record.lastHour; index++) {
    const timestamp = timestampOf(record, index);
    blockTime = timestamp;
    await clock.mineAt(blockTime);
    await publishHour(index, timestamp);
    await waitForSettlement(timestamp);
    await waitForDeliveries();

    await traders.round(index, () => blockTime, minePending);

    record.settledHour = index;
    await writeReplay(record);
    progress("replay", index - record.firstHour + 1, total, "recorded hours");
  }
}
