/** What any account is called: one name everywhere. */
import { useCallback } from "react";
import { getAddress } from "viem";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useAccountNames } from "./names.ts";

/** As it was named in this browser, else as its household is called, else by its address, which may be in lower case. */
export function useNameOf(): (address: string) => string {
  const { format } = useI18n();
  const { demoAccounts } = useSystem();
  const { names } = useAccountNames();
  return useCallback(
    (text) => {
      const address = getAddress(text);
      return (
        names[address] ||
        demoAccounts.find((demo) => getAddress(demo.address) === address)?.label ||
        format.address(address)
      );
    },
    [format, demoAccounts, names],
  );
}
