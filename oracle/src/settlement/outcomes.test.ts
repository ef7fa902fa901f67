import { energyConverterAbi, meterId, SkipReason } from "@enerlink/protocol";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import type { Abi, Address, TransactionReceipt } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { event } from "../../simulation/contracts.ts";
import { domain, INTERVAL, key, log, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { StoredTransaction } from "../transactions/outbox.ts";
import { makeOutcomes } from "./outcomes.ts";

/** A window begins there. */
const START = 1_800_000_000;
const CONVERTER: Address = "0x00000000000000000000000000000000000000cc";
const OTHER: Address = "0x00000000000000000000000000000000000000dd";
const TRANSACTION = { id: 1n, kind: "settle", nonce: 0, hash: "0x01" } as StoredTransaction;

let world: ReturnType<typeof openMeterWorld>;
let outcomes: ReturnType<typeof makeOutcomes>;

const endOf = (window: number) => START + window * INTERVAL;

beforeEach(() => {
  world = openMeterWorld({ meter: () => signing, now: () => (START + 10_000) * 1_000 });
  const { database, settlements, metrics } = world;
  for (const window of [1, 2, 3]) {
    const registers = { exportWh: BigInt(window), importWh: 0n, storedWh: 0n };
    const meant = { serial: signing.serial, epoch: 1, sequence: BigInt(window), ...registers };
    const reading = signReading(domain, { ...meant, timestamp: endOf(window) }, key.privateKey);
    world.intake.take(reading, true, { kind: "member", sender: OTHER });
  }
  database.exec(`INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, created_at)
    VALUES ('settle', '${OTHER}', 0, '${OTHER}', '0x', 1, 'pending', 1)`);
  outcomes = makeOutcomes({
    ...{ database, settlements, metrics, energyConverter: CONVERTER },
    log: { ...log, info: () => {}, warn: () => {} } as unknown as typeof log,
  });
});
afterEach(() => world.stop());

/** As a node gives the event of a block. */
const logOf = (name: string, args: Record<string, unknown>, address = CONVERTER) => ({
  ...event(address, energyConverterAbi as Abi, name, { meterId: meterId(signing.serial), ...args }),
  ...{ blockNumber: 7n, blockHash: "0x07", transactionHash: "0x0a", logIndex: 0, transactionIndex: 0 },
  removed: false,
});
const settledAt = (window: number, address = CONVERTER) => {
  const registers = { exportWh: BigInt(window), importWh: 0n, storedWh: 0n };
  const args = { ...registers, tokensWh: 1n, debtWh: 0n, timestamp: endOf(window), epoch: 1 };
  return logOf("MeterSettled", args, address);
};
const skippedAt = (window: number, address = CONVERTER, reason: number = SkipReason.Decreasing) =>
  logOf("ReportSkipped", { reason, timestamp: endOf(window) }, address);
const receipt = (...logs: unknown[]) => ({ status: "success", logs }) as unknown as TransactionReceipt;

/** Puts all that wait into the transaction. @returns their windows */
function submit(): number[] {
  const waiting = world.settlements.pending(10, Number.MAX_SAFE_INTEGER);
  for (const { id } of waiting) world.settlements.submitted(id, TRANSACTION.id);
  return waiting.map(({ reading }) => (reading.timestamp - START) / INTERVAL);
}
/** State, and why, by window. */
const states = () =>
  world.database
    .prepare<[], { timestamp: bigint; state: string; reason: string | null }>(
      "SELECT timestamp, state, reason FROM settlements ORDER BY timestamp",
    )
    .all()
    .map(({ timestamp, state, reason }) => [(Number(timestamp) - START) / INTERVAL, state, reason]);

test("what the converter settled is settled, whoever reported it; what another contract says is nothing", () => {
  const [first, ...others] = world.settlements
    .pending(10, Number.MAX_SAFE_INTEGER)
    .map(({ reading }) => (reading.timestamp - START) / INTERVAL);
  expect(outcomes.onLogs([settledAt(first!, OTHER)] as never)).toBe(false);
  expect(states()).toEqual([first, ...others].map((window) => [window, "pending", null]));
  expect(outcomes.onLogs([settledAt(first!)] as never)).toBe(true);
  expect(states()).toEqual([[first, "settled", null], ...others.map((window) => [window, "pending", null])]);
});

test("what a batch carried and the converter skipped is done with, and why is noted", () => {
  const [first, second] = submit();
  outcomes.mined(TRANSACTION, receipt(settledAt(first!), skippedAt(second!), skippedAt(first!, OTHER)));
  expect(states().slice(0, 2)).toEqual([
    [first, "settled", null],
    [second, "skipped", "Decreasing"],
  ]);
});

test("what the converter says nothing about is not settled, and no other contract's word counts for it", () => {
  const windows = submit();
  outcomes.mined(TRANSACTION, receipt(...windows.map((window) => skippedAt(window, OTHER))));
  expect(states()).toEqual(
    windows.map((window) => [window, "skipped", "the converter said nothing about it"]),
  );
});

test("what a reorganisation took back is open again, as what its transaction carries", () => {
  const [first] = submit();
  outcomes.mined(TRANSACTION, receipt(settledAt(first!)));
  outcomes.reorganised(8n);
  expect(states()[0]).toEqual([first, "settled", null]);
  outcomes.reorganised(7n);
  expect(states()[0]).toEqual([first, "submitted", null]);
});

test("what is read again after a restart was told before, and what other blocks settle was not", async () => {
  const told = async () => {
    const { values } = await world.metrics.settlements.get();
    return values.find(({ labels }) => labels.outcome === "settled")?.value;
  };
  const again = (place: object) => outcomes.onLogs([{ ...settledAt(1), ...place }] as never);
  again({});
  expect(await told()).toBe(1);
  outcomes.reorganised(7n);
  outcomes.reorganised(6n);
  again({});
  expect(states()[0]).toEqual([1, "settled", null]);
  expect(await told()).toBe(1);
  for (const [place, count] of [
    [{ blockNumber: 8n }, 2],
    [{ blockNumber: 8n, transactionHash: "0x0b" }, 3],
  ] as const) {
    outcomes.reorganised(7n);
    again(place);
    expect(await told()).toBe(count);
  }
  // Once.
  again({ blockNumber: 8n, transactionHash: "0x0b" });
  expect(await told()).toBe(3);
});

test("what another member brought in vain is not brought once more, unless time may change that", () => {
  const [first, second, third] = world.settlements
    .pending(10, Number.MAX_SAFE_INTEGER)
    .map(({ reading }) => (reading.timestamp - START) / INTERVAL);
  const skipped = (window: number, reason: number, address = CONVERTER) =>
    outcomes.onLogs([skippedAt(window, address, reason)] as never);
  expect(skipped(first!, SkipReason.Impossible)).toBe(false);
  skipped(second!, SkipReason.Future);
  skipped(third!, SkipReason.Impossible, OTHER);
  expect(states()).toEqual([
    [first, "skipped", "Impossible"],
    [second, "pending", null],
    [third, "pending", null],
  ]);
  // What this node has on its way is told by its own receipt.
  submit();
  skipped(second!, SkipReason.Stale);
  expect(states()[1]).toEqual([second, "submitted", null]);
});
