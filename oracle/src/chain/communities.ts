/** Communities of the pool: members, length of slots and what is cleared, read once and again when an event says so. */
import { serialOf, slotPoolAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { isAddressEqual, type PublicClient } from "viem";
import type { Community, PatientSlots } from "../rules/clearing.ts";
import { type Logs, parseEventLogs } from "./logs.ts";

/**
 * Where a slotted meter shares. `since`: end of the latest slot that was cleared when it joined, unix seconds; 0 where it
 * is not known.
 */
export type Membership = PatientSlots & { communityId: number; since: number };

/** Events after which a community is read again. */
const CHANGING: readonly string[] = [
  "CommunityCreated",
  "SlotLengthChanged",
  "Joined",
  "Left",
  "SlotCleared",
];

export async function makeCommunities({
  client,
  deployment,
}: {
  client: PublicClient;
  deployment: Deployment;
}) {
  const pool = { address: deployment.contracts.slotPool, abi: slotPoolAbi } as const;
  const [tolerance, patience] = await Promise.all([
    client.readContract({ ...pool, functionName: "TOLERANCE" }),
    client.readContract({ ...pool, functionName: "PATIENCE" }),
  ]);
  const communities = new Map<number, Community>();
  const memberships = new Map<string, Membership>();

  /** Reads a community. @returns the meters whose membership, or whose slots, may have changed. */
  async function read(id: number): Promise<string[]> {
    const [{ slot, clearedTo, present }, meterIds] = await Promise.all([
      client.readContract({ ...pool, functionName: "community", args: [id] }),
      client.readContract({ ...pool, functionName: "members", args: [id] }),
    ]);
    const before = communities.get(id);
    const slots = { length: slot, tolerance, patience };
    const members = meterIds.map(serialOf);
    communities.set(id, { id, slots, clearedTo, present, members });
    const same = before?.slots.length === slot && before.members.join() === members.join();
    if (same) return [];
    const joined = new Map(
      members.map((serial) => {
        const known = memberships.get(serial);
        if (known?.communityId === id) return [serial, known.since];
        return [serial, before ? clearedTo : 0];
      }),
    );
    for (const serial of before?.members ?? [])
      if (memberships.get(serial)?.communityId === id) memberships.delete(serial);
    for (const [serial, since] of joined) memberships.set(serial, { ...slots, communityId: id, since });
    return [...new Set([...(before?.members ?? []), ...members])];
  }

  return {
    /** Reads all of them again. */
    refresh: async (): Promise<void> => {
      const count = await client.readContract({ ...pool, functionName: "communityCount" });
      for (let id = 1; id <= count; id++) await read(id);
    },
    /** Reads what `logs` changed. @returns the meters whose membership, or whose slots, may have changed. */
    onLogs: async (logs: Logs): Promise<string[]> => {
      const changed = new Set<number>();
      for (const entry of parseEventLogs({ abi: slotPoolAbi, logs: [...logs] }))
        if (isAddressEqual(entry.address, pool.address) && CHANGING.includes(entry.eventName))
          if ("communityId" in entry.args) changed.add(entry.args.communityId);
      const meters: string[] = [];
      for (const id of changed) meters.push(...(await read(id)));
      return meters;
    },
    membership: (serial: string) => memberships.get(serial),
    of: (id: number) => communities.get(id),
    all: () => [...communities.values()],
  };
}
