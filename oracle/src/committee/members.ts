/** Who of the committee is there, and whose turn it is to lead. */
import { type Address, keccak256, stringToHex } from "viem";
import type { Committee } from "../chain/mirror.ts";
import { time } from "../seams/time.ts";

/** Milliseconds between two signs of life, and without one until a member counts as silent. */
export const HELLO_EVERY = 2_000;
export const SILENT_AFTER = 7_000;

export type Members = ReturnType<typeof makeMembers>;

export function makeMembers({
  self,
  committee,
  takeover,
  now = time.now,
}: {
  self: Address;
  committee: () => Committee;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  now?: () => number;
}) {
  const heard = new Map<string, { at: number; time: number }>();
  const began = now();
  const own = self.toLowerCase();
  const isSelf = (member: Address) => member.toLowerCase() === own;

  /** A member that was never heard may be starting, as this one is. */
  const isThere = (member: Address) =>
    isSelf(member) || now() - (heard.get(member.toLowerCase())?.at ?? began) <= SILENT_AFTER;

  const there = () => committee().members.filter(isThere);
  const isMember = (address: string) =>
    committee().members.some((member) => member.toLowerCase() === address.toLowerCase());

  /**
   * Whose turn it is to lead what `name` stands for and what waits since `since` (milliseconds): names go to members by
   * their hash, and on to the next one each time that `takeover` passes. The turn of one that is silent is the next one's.
   */
  function leader(name: string, since: number): Address | undefined {
    const { members } = committee();
    if (members.length === 0) return undefined;
    const first = Number(BigInt(keccak256(stringToHex(name))) % BigInt(members.length));
    const passed = Math.max(0, Math.floor((now() - since) / takeover));
    const inTurn = members.map((_, step) => members[(first + passed + step) % members.length]!);
    return inTurn.find(isThere);
  }

  return {
    isMember,
    /** Members that answer, this one included, ascending by address. */
    there,
    /**
     * A sign of life, stamped by its sender. An older one than the last is a replay and counts for nothing, unless the
     * member has been silent: then its clock may have been set.
     */
    heard: (member: string, time: number): boolean => {
      const before = heard.get(member.toLowerCase());
      if (before && time <= before.time && now() - before.at <= SILENT_AFTER) return false;
      heard.set(member.toLowerCase(), { at: now(), time });
      return true;
    },
    /** By how much the clocks of the others that answer are ahead of this one, milliseconds. */
    offsets: (): number[] =>
      there().flatMap((member) => {
        const last = isSelf(member) ? undefined : heard.get(member.toLowerCase());
        return last ? [last.time - last.at] : [];
      }),
    leader,
    /** Whether this node leads what `name` stands for and what waits since `since` (milliseconds). */
    leads: (name: string, since: number): boolean => {
      const turn = leader(name, since);
      return turn !== undefined && isSelf(turn);
    },
    /** Why the committee cannot sign now, if so. */
    obstacle: (): string | undefined => {
      const { members, quorum } = committee();
      if (!isMember(self)) return `this node's key ${self} is not a member of the committee`;
      const present = there().length;
      return present >= quorum
        ? undefined
        : `${present} of the committee's ${members.length} members answer, ${quorum} have to sign`;
    },
  };
}
