/** Links that two phones show each other as QR codes: a camera that reads one opens the dApp with it. */

import type { PublicKey } from "@enerlink/protocol/account";
import { type Address, getAddress, type Hex } from "viem";
import { MOST_LETTERS } from "../ui/letters.ts";

/** A key that asks to be let into an account, and what that is called where the code was made, if it has a name there. */
export type LetIn = { account: Address; key: PublicKey; name?: string | undefined };

const PATH = "/account";

/** Before all else, so that a code that was cut lacks what is needed, and not the end of a name. */
const named = (name: string | undefined) => (name ? `name=${encodeURIComponent(name)}&` : "");

/** Shown by a device that opens `account`: another one that reads it makes a key for it. */
export const joinLink = (origin: string, account: Address, name?: string): string =>
  `${origin}${PATH}?${named(name)}join=${account}`;

/** Shown by a device that has made a key for an account. */
export const letInLink = (origin: string, { account, key, name }: LetIn): string =>
  `${origin}${PATH}?${named(name)}account=${account}&key=${key.x}${key.y.slice(2)}`;

export function readJoin(text: string): Address | undefined {
  const account = /[?&]join=(0x[0-9a-f]{40})(?![0-9a-f])/i.exec(text)?.[1];
  return account === undefined ? undefined : getAddress(account);
}

/** What changes how other letters are read. */
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** What a code calls its account: whoever made it chose that, so that nothing is told apart by it. */
export function readName(text: string): string | undefined {
  const written = /[?&]name=([^&\s]*)&/.exec(text)?.[1];
  if (written === undefined) return undefined;
  try {
    const name = decodeURIComponent(written.replaceAll("+", " ")).trim().replaceAll(/\s+/g, " ");
    return name !== "" && name.length <= MOST_LETTERS && !UNSEEN.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Half of such a link: what two phones pass on by hand is easily cut. */
const CUT =
  /^https?:\/\/[^/?#]*(\/account)?$|[?&]name=[^&]*&?$|^\/account$|[?&]account=(0x?[0-9a-f]{0,40})?$|\bkey=(0x?[0-9a-f]{0,128})?$/i;

/** What is wrong with what was typed as the code of a new device of `account`; undefined where nothing is. */
export function letInProblem(text: string, account: Address): "empty" | "cut" | "other" | undefined {
  const typed = text.trim();
  if (typed === "") return "empty";
  const read = readLetIn(typed);
  if (read) return read.account === account ? undefined : "other";
  return CUT.test(typed) ? "cut" : "other";
}

export function readLetIn(text: string): LetIn | undefined {
  const found = /[?&]account=(0x[0-9a-f]{40})&key=0x([0-9a-f]{64})([0-9a-f]{64})(?![0-9a-f])/i.exec(text);
  if (!found) return undefined;
  const [, account, x, y] = found;
  const word = (hex: string): Hex => `0x${hex.toLowerCase()}`;
  return { account: getAddress(account!), key: { x: word(x!), y: word(y!) }, name: readName(text) };
}
