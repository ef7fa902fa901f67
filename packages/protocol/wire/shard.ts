/**
 * Shards of a member: processes with one signing key, each for a part of the meters. A meter is of the shard that the hash
 * of its id says, for all members alike, and of no other; twice as many shards halve each one.
 */
import { keccak256 } from "viem";
import { meterId } from "../ids.ts";

/** The `number`-th of `count`, from 1 on. */
export type Shard = { number: number; count: number };

/** A member that is one process. */
export const WHOLE: Shard = { number: 1, count: 1 };

const MOST = 256;
export const SHARD_ALLOWED = `a shard and how many there are, such as 3/8: 1, 2, 4 and so on up to ${MOST} of them, counted from 1`;

/** As it is set and shown. */
export const shardText = ({ number, count }: Shard) => `${number}/${count}`;

/** @returns undefined when `text` names no shard */
export function readShard(text: string): Shard | undefined {
  const [, number = "", count = ""] = /^([1-9]\d{0,2})\/([1-9]\d{0,2})$/.exec(text) ?? [];
  const shard = { number: Number(number), count: Number(count) };
  const isPowerOfTwo = (shard.count & (shard.count - 1)) === 0;
  const isOne = shard.number >= 1 && shard.number <= shard.count && shard.count <= MOST && isPowerOfTwo;
  return isOne ? shard : undefined;
}

/** Which of `count` shards a meter is of. @throws RangeError when `serial` is none */
export const shardOf = (serial: string, count: number): Shard => ({
  number: count === 1 ? 1 : Number(BigInt(keccak256(meterId(serial))) % BigInt(count)) + 1,
  count,
});

/** Whether a meter is of `shard`. @throws RangeError when `serial` is none */
export const isOf = (serial: string, shard: Shard): boolean =>
  shardOf(serial, shard.count).number === shard.number;

/** Whether a meter may be of both. */
export const overlap = (one: Shard, other: Shard): boolean =>
  (one.number - other.number) % Math.min(one.count, other.count) === 0;

/** The two shards whose meters are those of `shard`. */
export const halvesOf = ({ number, count }: Shard): [Shard, Shard] => [
  { number, count: 2 * count },
  { number: number + count, count: 2 * count },
];
