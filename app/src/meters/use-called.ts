/** What the connected account's meters are called: names that were given in this browser, and how to give one. */
import { useMemo } from "react";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { makeNames } from "../ui/index.ts";
import { callAll, householdOf } from "./called.ts";
import { useMeters } from "./data.ts";

/** By meter id. */
export const useGivenNames = makeNames("enerlink.meter-names");

/** The same within a sentence: a home that nobody named is "your home" there. */
export function useCalledWithin(): (serial: string) => string {
  const { t } = useI18n();
  const called = useCalled();
  return (serial) => {
    const name = called(serial);
    return name === t("meters.home") ? t("meters.yourHome") : name;
  };
}

/** What a meter is called, by its serial: the connected account's by its own name, another's as its household. */
export function useCalled(): (serial: string) => string {
  const { t } = useI18n();
  const account = useAccount();
  const { demoAccounts } = useSystem();
  const meters = useMeters(account?.address).data;
  const { names } = useGivenNames();
  const { name, label } = account ?? {};
  return useMemo(() => {
    const called = meters && callAll(meters, names, { serial: name, label }, t);
    return (serial) => called?.get(serial) ?? householdOf(serial, demoAccounts);
  }, [meters, names, name, label, t, demoAccounts]);
}
