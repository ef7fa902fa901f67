/**
 * What accounts are called in this browser, as somebody named them: one's own, those of the same holder, those that are
 * looked after. The chain knows nothing of it; a code that a device shows another one may carry it.
 */
import { useCallback } from "react";
import type { Address } from "viem";
import { useI18n } from "../i18n/index.ts";
import { makeNames } from "../ui/names.ts";

/** By address. */
export const useAccountNames = makeNames("enerlink.account-names");

/** What an account is called where it is mentioned: by its name, where it was given one. */
export function useAccountName(): (account: Address) => string {
  const { format } = useI18n();
  const { names } = useAccountNames();
  return useCallback((account) => names[account] ?? format.address(account), [names, format]);
}

/** Keeps the name that came with a code, where the account has none in this browser. */
export function learnName(account: Address, name: string | undefined): void {
  const { names, give } = useAccountNames.getState();
  if (name !== undefined && names[account] === undefined) give(account, name);
}
