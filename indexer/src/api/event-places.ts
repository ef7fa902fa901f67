/**
 * Places in the chain's order of events. Ponder writes one in 75 digits: ten of the block's time, sixteen each of the
 * chain's id, the block's number and the transaction's place, one of the event's kind, sixteen of its place in the
 * block. Clients are given a shorter one that says its block: `<block>-<log>-<transaction>-<unix time>-<hash>`, with
 * the first eight digits of the block's hash.
 */
import type { Hex } from "viem";

const WIDTHS = [10, 16, 16, 16, 1, 16] as const;
const LENGTH = WIDTHS.reduce((sum, width) => sum + width, 0);
/** Ponder's kind of what comes from a log. */
const LOG = 5n;

function partsOf(place: string): [bigint, bigint, bigint, bigint, bigint, bigint] {
  let start = 0;
  return WIDTHS.map((width) => {
    start += width;
    return BigInt(place.slice(start - width, start));
  }) as ReturnType<typeof partsOf>;
}

/** Number of the block of a place. */
export const blockOf = (place: string): bigint => partsOf(place)[2];
/** Unix seconds. */
export const timeOf = (place: string): bigint => partsOf(place)[0];

/** The last place of the block in which `place` is. */
export const endOf = (place: string): string => {
  const kept = WIDTHS[0] + WIDTHS[1] + WIDTHS[2];
  return place.slice(0, kept).padEnd(LENGTH, "9");
};

/** What a client remembers of an announcement. */
export function cursorOf({ id, blockHash }: { id: string; blockHash: Hex }): string {
  const [time, , block, transaction, , log] = partsOf(id);
  return `${block}-${log}-${transaction}-${time}-${blockHash.slice(2, 10)}`;
}

const CURSOR = /^(\d{1,15})-(\d{1,9})-(\d{1,9})-(\d{1,10})-([0-9a-f]{8})$/;

/** @returns the announcement's id and the beginning of its block's hash; undefined for text that is no cursor */
export function placeOf(cursor: string, chainId: number): { id: string; hash: Hex } | undefined {
  const [, block, log, transaction, time, hash] = CURSOR.exec(cursor) ?? [];
  if (hash === undefined) return undefined;
  const parts = [time, chainId, block, transaction, LOG, log];
  const id = parts.map((part, index) => String(part).padStart(WIDTHS[index]!, "0")).join("");
  return { id, hash: `0x${hash}` };
}
