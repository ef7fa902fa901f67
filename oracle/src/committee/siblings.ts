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

export type Siblings = ReturnType<typeof makeSiblings>;

export function makeSiblings({ shard, now = time.now }: { shard: Shard; now?: () => number }) {
  const began = now();
  const last = new Map<string, { shard: Shard; at: number; time: number }>();
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
      last.set(name, { shard: other, at: now(), time: hello.time });
    },
    /** Why nothing may be signed, if another process signs for the same meters. */
    rival: (): string | undefined => {
      const rival = [...last.values()].find((one) => isThere(one) && overlap(one.shard, shard));
      return (
        rival &&
        `SHARD: another process with this node's signing key runs as ${shardText(rival.shard)}, and this one as ${shardText(shard)}; neither signs until one of them is stopped`
      );
    },
  };
}
