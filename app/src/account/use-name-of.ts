/** What any account is called: one name everywhere. */
import { useCallback } from "react";
import { getAddress } from "viem";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { demoLabel } from "./demo-label.ts";
import { useAccountNames } from "./names.ts";

/** As it was named in this browser, else as its household is called, else by its address, which may be in lower case. */
export function useNameOf(): (address: string) => string {
  const i18n = useI18n();
  const { demoAccounts } = useSystem();
  const { names } = useAccountNames();
  return useCallback(
    (text) => {
      const address = getAddress(text);
      const demo = demoAccounts.find((one) => one.address.toLowerCase() === text.toLowerCase());
      return names[address] || (demo ? demoLabel(demo, i18n) : i18n.format.address(address));
    },
    [i18n, demoAccounts, names],
  );
}
