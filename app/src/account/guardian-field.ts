import { type AccountCode, isOfChain, readAccountCode } from "@enerlink/protocol/account";
import { type Address, isAddressEqual } from "viem";
import { z } from "zod/mini";
import type { DeviceI18n } from "./words.ts";

/** Who is meant by what was typed or pasted: undefined where it is nobody. */
export const guardianOf = (text: string): Address | undefined => readAccountCode(text)?.account;

/** Whether what was typed is right or no account at all: what is wrong then is told by another check. */
export function isOfThisChain(code: AccountCode | undefined, chainId: number): boolean {
  return code === undefined || isOfChain(code, chainId);
}

/** The account of somebody else, on this chain; or nothing, where nobody may be named. */
export const guardianField = (
  account: Address,
  chainId: number,
  t: DeviceI18n["t"],
  { nobody = false } = {},
) =>
  z.string().check(
    z.refine((text) => {
      if (nobody && text.trim() === "") return true;
      const guardian = guardianOf(text);
      return !!guardian && !isAddressEqual(guardian, account);
    }, t("finger.notGuardian")),
    z.refine((text) => isOfThisChain(readAccountCode(text), chainId), t("finger.otherChain")),
  );
