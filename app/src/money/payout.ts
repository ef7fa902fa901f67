/**
 * What a payout says of its bank account on a public chain: a fingerprint that only who knows the payout code can check.
 * An account's ten digits alone are guessed in a second; the code adds a hundred bits that nobody can.
 */
import { type Address, type Hex, keccak256, toBytes } from "viem";
import { create } from "zustand";
import { persist } from "zustand/middleware";

/** Letters and digits that are not mistaken for each other, 32 of them: five bits each. */
const SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 20;
const written = /^(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/;

/** A code in fours, as it is read out to a bank. */
export function newPayoutCode(): string {
  const signs = Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => SIGNS[byte % 32]);
  return signs.join("").replaceAll(/(.{4})(?=.)/g, "$1-");
}

/**
 * The `bankReference` of a payout: keccak256 of the text `<code>:<digits>`, which the bank reckons again from the code that
 * it keeps and the account that it pays to.
 */
export function payoutReference(code: string, bankAccount: string): Hex {
  if (!written.test(code)) throw new Error(`The payout code ${code} is not five groups of four signs.`);
  return keccak256(toBytes(`${code}:${bankAccount}`));
}

type PayoutCodes = {
  /** By account, lower case. */
  codes: Readonly<Record<string, string>>;
  keep: (account: Address, code: string) => void;
};

const useCodes = create<PayoutCodes>()(
  persist(
    (set) => ({
      codes: {},
      keep: (account, code) => set(({ codes }) => ({ codes: { ...codes, [account.toLowerCase()]: code } })),
    }),
    { name: "enerlink.payout-codes" },
  ),
);

/** The account's code, the same for each of its payouts, so that its bank needs to be told it once. */
export function payoutCodeOf(account: Address): string {
  // Another tab may have made one meanwhile.
  void useCodes.persist.rehydrate();
  const known = useCodes.getState().codes[account.toLowerCase()];
  if (known) return known;
  const code = newPayoutCode();
  useCodes.getState().keep(account, code);
  return code;
}
