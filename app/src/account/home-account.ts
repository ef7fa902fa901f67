/** What a household's account says of itself: who signs for it, who may bring it back, what is announced. */
import { constants, homeAccountAbi } from "@enerlink/protocol";
import { type Address, getAddress, type Hex, isAddressEqual, keccak256, zeroAddress } from "viem";
import { getBlock, getCode } from "viem/actions";
import { z } from "zod/mini";
import { itemsOf, queryIndex, seconds } from "../energy-index/index.ts";
import { readContract, type System, useLive, useSystem } from "../system/index.ts";

export type Signer = {
  id: Hex;
  /** 64 bytes: a device's key; 20: a wallet's address. */
  bytes: Hex;
  /** When it was let in, unix seconds; undefined of the first. */
  addedAt: number | undefined;
  /** From when on its announced removal can be completed; 0 when none is announced. */
  removableFrom: number;
};

export type HomeState = {
  /** Oldest first. */
  signers: Signer[];
  guardian: Address | undefined;
  nextGuardian: { guardian: Address; from: number } | undefined;
  recovery: { signerId: Hex; from: number } | undefined;
  /** The chain's time, unix seconds. */
  now: number;
};

/** How long each device may refuse what was announced. */
export const CHANGE_SECONDS = Number(constants.HomeAccount.CHANGE_DELAY);

/** Whether another signer is meant to stay when this one is to go. The account itself refuses only to lose its last. */
export const staysWithout = ({ signers }: Pick<HomeState, "signers">, id: Hex): boolean =>
  signers.some((other) => other.id !== id && other.removableFrom === 0);

/** Rows that are asked for; nobody has so many devices, or looks after so many homes. */
const MOST_LISTED = 100;

const hex = z.templateLiteral(["0x", z.string()]);
const SIGNERS = `query($account: String!) {
  homeSigners(where: { account: $account }, orderBy: "addedAt", limit: ${MOST_LISTED}) {
    items { signerId signer addedAt }
  }
}`;
const signersSchema = itemsOf("homeSigners", z.object({ signerId: hex, signer: hex, addedAt: seconds }));

/**
 * The index names all signers that there ever were; the account says which of them sign now.
 * @returns undefined of an account that is not there yet
 */
export async function readHome(
  { client, config }: Pick<System, "client" | "config">,
  address: Address,
): Promise<HomeState | undefined> {
  if ((await getCode(client, { address })) === undefined) return undefined;
  const home = { address, abi: homeAccountAbi } as const;
  const [first, added, guardian, [nextGuardian, guardianFrom], [signerId, recoveryFrom], block] =
    await Promise.all([
      readContract(client, { ...home, functionName: "firstSigner" }),
      queryIndex(config.indexerUrl, SIGNERS, { account: address.toLowerCase() }, signersSchema),
      readContract(client, { ...home, functionName: "guardian" }),
      readContract(client, { ...home, functionName: "nextGuardian" }),
      readContract(client, { ...home, functionName: "recovery" }),
      getBlock(client),
    ]);
  const known = new Map<Hex, { bytes: Hex; addedAt: number | undefined }>([
    [keccak256(first), { bytes: first, addedAt: undefined }],
  ]);
  for (const { signerId, signer, addedAt } of added)
    if (!known.has(signerId)) known.set(signerId, { bytes: signer, addedAt });
  const signers = await Promise.all(
    [...known].map(async ([id, one]) => {
      const [signs, removableFrom] = await Promise.all([
        readContract(client, { ...home, functionName: "isSigner", args: [id] }),
        readContract(client, { ...home, functionName: "removableFrom", args: [id] }),
      ]);
      return signs ? { id, ...one, removableFrom } : undefined;
    }),
  );
  return {
    signers: signers.filter((one) => one !== undefined),
    guardian: guardian === zeroAddress ? undefined : guardian,
    nextGuardian: guardianFrom === 0 ? undefined : { guardian: nextGuardian, from: guardianFrom },
    recovery: recoveryFrom === 0 ? undefined : { signerId, from: recoveryFrom },
    now: Number(block.timestamp),
  };
}

/** What takes a day is looked at now and then; what this browser sends, as soon as it is in a block. */
const HOME_MILLISECONDS = 4_000;

/** Null of an account that is not there yet. */
export function useHome(address: Address) {
  const system = useSystem();
  return useLive<HomeState | null>(["home", address], async () => (await readHome(system, address)) ?? null, {
    milliseconds: HOME_MILLISECONDS,
  });
}

/** On every page, all day: a recovery takes days, and who did not ask for it hears of it while they look. */
const RECOVERY_MILLISECONDS = 10_000;

/** The recovery that the guardian has proposed; null when there is none. */
export function useRecovery(address: Address) {
  const { client } = useSystem();
  return useLive<NonNullable<HomeState["recovery"]> | null>(
    ["recovery", address],
    async () => {
      if ((await getCode(client, { address })) === undefined) return null;
      const [signerId, from] = await readContract(client, {
        ...{ address, abi: homeAccountAbi },
        functionName: "recovery",
      });
      return from === 0 ? null : { signerId, from };
    },
    { milliseconds: RECOVERY_MILLISECONDS },
  );
}

export type LookedAfter = { account: Address; recovery: HomeState["recovery"]; now: number };

const GUARDED = `query($guardian: String!) {
  homeAccounts(where: { guardian: $guardian }, orderBy: "createdAt", limit: ${MOST_LISTED}) { items { id } }
}`;
const guardedSchema = itemsOf("homeAccounts", z.object({ id: z.string() }));

/** The accounts whose guardian `guardian` is: the index names them, and each account has the last word. */
export function useLookedAfter(guardian: Address) {
  const { client, config } = useSystem();
  return useLive<LookedAfter[]>(
    ["lookedAfter", guardian],
    async () => {
      const asked = { guardian: guardian.toLowerCase() };
      const guarded = await queryIndex(config.indexerUrl, GUARDED, asked, guardedSchema);
      const accounts = guarded.map(({ id }) => getAddress(id));
      const { timestamp } = await getBlock(client);
      const found = await Promise.all(
        accounts.map(async (account) => {
          const home = { address: account, abi: homeAccountAbi } as const;
          const [present, [signerId, from]] = await Promise.all([
            readContract(client, { ...home, functionName: "guardian" }),
            readContract(client, { ...home, functionName: "recovery" }),
          ]);
          if (!isAddressEqual(present, guardian)) return undefined;
          const recovery = from === 0 ? undefined : { signerId, from };
          return { account, recovery, now: Number(timestamp) };
        }),
      );
      return found.filter((one) => one !== undefined);
    },
    { milliseconds: 5_000 },
  );
}
