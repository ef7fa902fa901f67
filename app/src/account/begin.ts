/** How an account is begun on this device, or found again on it. Loaded when somebody asks for it. */
import { homeAccountAbi } from "@enerlink/protocol";
import { accountOf, isAccountCode, type PublicKey, signerIdOf } from "@enerlink/protocol/account";
import { type Address, type Hex, toHex } from "viem";
import { getCode, getTransactionCount } from "viem/actions";
import type { Fingerprint } from "../passkeys/kept.ts";
import { createPasskey, keysOf, touch } from "../passkeys/passkey.ts";
import { readContract, type System } from "../system/index.ts";
import { MOST_LETTERS } from "../ui/letters.ts";

/**
 * `open`: the fingerprint opens it; `waiting`: its key is not, or no longer, let into the account that it was made for;
 * `closed`: the account that it began has put it out.
 */
export type Found = { is: "open" | "waiting" | "closed"; fingerprint: Fingerprint };

type Tools = Pick<System, "client" | "config">;

const challenge = (): Hex => toHex(crypto.getRandomValues(new Uint8Array(32)));
const isSame = (a: PublicKey, b: PublicKey) => a.x === b.x && a.y === b.y;

const ownAccount = ({ config }: Tools, key: PublicKey): Address => {
  const { homeAccountFactory, homeAccount } = config.deployment.contracts;
  return accountOf(homeAccountFactory, homeAccount, key);
};

/**
 * What a new account and its key are called: as somebody typed, else by the day on which it is begun; undefined of the
 * only one, which nothing has to be told from.
 * @param others what those are called that this device opens already
 */
export function nameOfNew(
  typed: string,
  others: readonly (string | undefined)[],
  { plain, day }: { plain: string; day: string },
): string | undefined {
  const wish = typed.trim().replaceAll(/\s+/g, " ").slice(0, MOST_LETTERS);
  if (wish || others.length === 0) return wish || undefined;
  const byDay = `${plain}, ${day}`;
  let name = byDay;
  for (let number = 2; others.includes(name); number++) name = `${byDay} (${number})`;
  return name;
}

/** A new key, and the account that is its own. */
export async function start(tools: Tools, name: string): Promise<Fingerprint> {
  const made = await createPasskey(name);
  return { ...made, account: ownAccount(tools, made.key) };
}

/**
 * What stands at an address. A household's account is `absent` until its first device has sent something, and like it is
 * a wallet that never did; one that did has counted it.
 */
export async function whatIsAt(
  { client, config }: Tools,
  address: Address,
): Promise<"home" | "wallet" | "absent"> {
  const [code, sent] = await Promise.all([
    getCode(client, { address }),
    getTransactionCount(client, { address }),
  ]);
  if (isAccountCode(config.deployment.contracts.homeAccount, code)) return "home";
  return code === undefined && sent === 0 ? "absent" : "wallet";
}

/** A new key on this device, to be let into `account`. */
export const makeKeyFor = async (account: Address, name: string): Promise<Fingerprint> => ({
  ...(await createPasskey(name, account)),
  account,
});

/** Whether a key signs for an account; undefined of an account that is not there. */
export async function signsFor(
  { client }: Tools,
  { account, key }: Fingerprint,
): Promise<boolean | undefined> {
  if ((await getCode(client, { address: account })) === undefined) return undefined;
  return readContract(client, {
    ...{ address: account, abi: homeAccountAbi },
    ...{ functionName: "isSigner", args: [signerIdOf(key)] },
  });
}

/**
 * Which account a key of this device opens. Its public part has to be found out from what it signs: each signature leaves
 * two, of which the chain knows one, or a second signature does.
 * @throws an error with code 4001 when a touch was refused, or the device has no key
 */
export async function find(tools: Tools): Promise<Found> {
  const first = await touch(challenge());
  const { credentialId } = first;
  const candidates = keysOf(first).map(
    (key): Fingerprint => ({
      ...{ key, credentialId, handle: first.handle },
      account: first.account ?? ownAccount(tools, key),
    }),
  );
  const signing = await Promise.all(candidates.map((one) => signsFor(tools, one)));
  const open = candidates[signing.indexOf(true)];
  if (open) return { is: "open", fingerprint: open };
  const begun = first.account === undefined ? candidates[signing.indexOf(false)] : undefined;
  if (begun) return { is: "closed", fingerprint: begun };

  const again = keysOf(await touch(challenge(), credentialId));
  const fingerprint = candidates.find(({ key }) => again.some((one) => isSame(one, key)))!;
  return { is: first.account === undefined ? "open" : "waiting", fingerprint };
}
