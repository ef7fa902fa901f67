import { readAccountCode } from "@enerlink/protocol/account";
import { type Address, isAddressEqual } from "viem";

/** Who is meant by what was typed or pasted: nobody, an account, or undefined where it is neither. */
export const guardianOf = (text: string): Address | "" | undefined =>
  text.trim() === "" ? "" : readAccountCode(text);

/** Whether what was typed names somebody, and not the account itself. */
export function isGuardianFor(account: Address, text: string): boolean {
  const guardian = guardianOf(text);
  return !!guardian && !isAddressEqual(guardian, account);
}
