/** What the connected account's meters are called: names that were given in this browser, and how to give one. */
import { useMemo } from "react";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { makeNames } from "../ui/index.ts";
import { callAll } from "./called.ts";
import { useMeters } from "./data.ts";

/** By meter id. */
export const useGivenNames = makeNames("enerlink.meter-names");

/** What one of the connected account's meters is called, by its serial. Another's is called by its serial. */
export function useCalled(): (serial: string) => string {
  const { t } = useI18n();
  const account = useAccount();
  const meters = useMeters(account?.address).data;
  const { names } = useGivenNames();
  const { name, label } = account ?? {};
  return useMemo(() => {
    const called = meters && callAll(meters, names, { serial: name, label }, t);
    return (serial) => called?.get(serial) ?? serial;
  }, [meters, names, name, label, t]);
}
