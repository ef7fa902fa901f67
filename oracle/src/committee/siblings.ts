/**
 * The other processes with this node's signing key, by their signs of life: those of the member's other shards, and rivals,
 * which are there for the same meters. While a rival is heard nothing is signed: each would sign by a store of its own.
 */
import type { Hello } from "@enerlink/protocol/wire/committee";
import { overlap, readShard, type Shard, shardText, WHOLE } from "@enerlink/protocol/wire/shard";
import { time } from "../seams/time.ts";
import { SILENT_AFTER } from "./members.ts";

/** Own signs of life that are known again when the broker hands them on. */
const KEPT = 4;

type Heard = { shard: Shard; at: number; time: number; slots: readonly (readonly [number, number])[] };

export type Siblings = ReturnType<typeof makeSiblings>;

export function makeSiblings({ shard, now = time.now }: { shard: Shard; now?: () => number }) {
  const began = now();
  const last = new Map<string, Heard>();
  let said: string[] = [];

  const isThere = ({ at }: { at: number }) => now() - at <= SILENT_AFTER;

  return {
    /** This process has said so itself. */
    said: (text: string): void => {
      said = [...said, text].slice(-KEPT);
    },
    isOwn: (payload: Uint8Array): boolean => said.includes(Buffer.from(payload).toString()),
    /** Another process with this key is there. What it said before this one began may have come from this one's last run. */
    heard: (hello: Hello): void => {
      const name = hello.shard ?? shardText(WHOLE);
      const before = last.get(name);
      const other = readShard(name);
      if (!other || hello.time <= began || (before && hello.time <= before.time)) return;
      last.set(name, { shard: other, at: now(), time: hello.time, slots: hello.slots ?? [] });
    },
    /**
     * Whether reports of a community's slot, or of an earlier one, are on their way to the chain from the member's other
     * shards, by what each has said after `since` (milliseconds). `unknown`: not all of them have.
     */
    reportsOf: (community: number, slotEnd: number, since = 0): "none" | "under-way" | "unknown" => {
      const others = Array.from({ length: shard.count }, (_, index) => index + 1)
        .filter((number) => number !== shard.number)
        .map((number) => last.get(shardText({ ...shard, number })));
      const told = others.flatMap((one) => (one && isThere(one) ? [one] : []));
      if (told.some(({ slots }) => slots.some(([id, end]) => id === community && end <= slotEnd)))
        return "under-way";
      return told.length === others.length && told.every(({ at }) => at > since) ? "none" : "unknown";
    },
    /** Whether it is this shard's process that clears a community's slots first. */
    clearsFirst: (community: number): boolean => community % shard.count === shard.number - 1,
    /** Why nothing may be signed, if another process signs for the same meters. */
    rival: (): string | undefined => {
      const rivals = [...last.values()].filter((one) => isThere(one) && overlap(one.shard, shard));
      if (rivals.length === 0) return undefined;
      const names = rivals.map((one) => shardText(one.shard)).sort();
      return `SHARD: another process with this node's signing key runs as ${names.join(" and as ")}, and this one as ${shardText(shard)}; neither signs until one of them is stopped`;
    },
  };
}
