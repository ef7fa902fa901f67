/** What a device hears that has a key for an account, and waits to be let into it. */
import { homeAccountAbi } from "@enerlink/protocol";
import { signerIdOf } from "@enerlink/protocol/account";
import { type Address, type Hex, zeroAddress } from "viem";
import { getBlock, getCode } from "viem/actions";
import { z } from "zod/mini";
import { itemsOf, queryIndex, seconds } from "../energy-index/index.ts";
import type { Fingerprint } from "../passkeys/kept.ts";
import { readContract, type System, useLive, useSystem } from "../system/index.ts";

/** Times in unix seconds. */
export type Waits =
  /** It opens the account. */
  | { is: "in" }
  /** Nobody has done anything for it; `guarded`: whether a guardian could. */
  | { is: "unasked"; guarded: boolean }
  /** The guardian has proposed it, and a device may still refuse. */
  | { is: "proposed"; from: number }
  /** The time to refuse is over: it only has to be completed. */
  | { is: "due"; from: number }
  /** The guardian has proposed another one. */
  | { is: "other"; from: number }
  /** A device of the account has refused it. */
  | { is: "refused"; at: number };

/** What is known of the account that it waits for. */
export type Seen = {
  signs: boolean;
  guarded: boolean;
  recovery: { signerId: Hex; from: number } | undefined;
  /** When it was last refused; undefined where it never was, or where nobody can tell. */
  refusedAt: number | undefined;
  /** The chain's time. */
  now: number;
};

export function waitsOf({ signs, guarded, recovery, refusedAt, now }: Seen, ownId: Hex): Waits {
  if (signs) return { is: "in" };
  if (recovery?.signerId === ownId)
    return { is: now < recovery.from ? "proposed" : "due", from: recovery.from };
  if (recovery) return { is: "other", from: recovery.from };
  return refusedAt === undefined ? { is: "unasked", guarded } : { is: "refused", at: refusedAt };
}

const REFUSED = `query ($account: String!, $signerId: String!) {
  homeAccountEvents(
    where: { account: $account, signerId: $signerId, kind: RECOVERY_REFUSED }
    orderBy: "timestamp", orderDirection: "desc", limit: 1
  ) { items { timestamp } }
}`;
const refusedSchema = itemsOf("homeAccountEvents", z.object({ timestamp: seconds }));

/** The index alone remembers what was refused; without it, that is all that is not told. */
async function lastRefused(indexerUrl: string, account: Address, signerId: Hex): Promise<number | undefined> {
  const asked = { account: account.toLowerCase(), signerId };
  const rows = await queryIndex(indexerUrl, REFUSED, asked, refusedSchema).catch(() => []);
  return rows[0]?.timestamp;
}

async function see({ client, config }: Pick<System, "client" | "config">, { account, key }: Fingerprint) {
  const signerId = signerIdOf(key);
  const home = { address: account, abi: homeAccountAbi } as const;
  const none: Seen = { signs: false, guarded: false, recovery: undefined, refusedAt: undefined, now: 0 };
  // One that is not there yet comes with its first device's first action.
  if ((await getCode(client, { address: account })) === undefined) return none;
  const [signs, guardian, [proposed, from], block] = await Promise.all([
    readContract(client, { ...home, functionName: "isSigner", args: [signerId] }),
    readContract(client, { ...home, functionName: "guardian" }),
    readContract(client, { ...home, functionName: "recovery" }),
    getBlock(client),
  ]);
  const idle = !signs && from === 0;
  return {
    signs,
    guarded: guardian !== zeroAddress,
    recovery: from === 0 ? undefined : { signerId: proposed, from },
    refusedAt: idle ? await lastRefused(config.indexerUrl, account, signerId) : undefined,
    now: Number(block.timestamp),
  };
}

/** Looked at for as long as it waits; undefined while nothing is known. */
export function useWaits(fingerprint: Fingerprint): Waits | undefined {
  const system = useSystem();
  return useLive(["waits", fingerprint.credentialId], async () =>
    waitsOf(await see(system, fingerprint), signerIdOf(fingerprint.key)),
  ).data;
}
