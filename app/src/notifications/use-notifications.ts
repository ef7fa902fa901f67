import { useMemo } from "react";
import { useAccount } from "../account/index.ts";
import { useSettled } from "../energy-index/index.ts";
import { startOfDay } from "../format/index.ts";
import { useMeters } from "../meters/index.ts";
import { useNow } from "../ui/index.ts";
import { knownSince, notificationsOf, useHappened } from "./data.ts";
import { type DeviceAlert, useNotificationStore } from "./store.ts";

const DAY = 86_400;
/** Days before today whose settlements are told. */
const DAYS_BACK = 6;

/**
 * The connected account's notifications, newest first, and how many of them nobody has seen yet; `more` where there may
 * be older ones, `unreadMore` where nobody may have seen those either.
 * @param stored What the oracle keeps of device alerts, where it is known; else what was heard while the page was open
 */
export function useNotifications(stored?: readonly DeviceAlert[]) {
  const address = useAccount()?.address.toLowerCase();
  const { alerts, seen, sound, system } = useNotificationStore();
  const happened = useHappened(address, sound || system).data;
  const meters = useMeters(address).data;
  const days = useSettled(
    address === undefined ? undefined : { owner: address },
    startOfDay(useNow(60)) - DAYS_BACK * DAY,
    DAY,
  ).data;
  const list = useMemo(() => {
    if (!address || !happened || !days) return undefined;
    const own = (stored ?? alerts).filter(({ serial }) => meters?.some((meter) => meter.serial === serial));
    return notificationsOf(address, happened, days, meters, own);
  }, [address, happened, days, stored, alerts, meters]);
  // Before it is known when this browser met the account, nothing is new.
  const since = (address ? seen[address] : undefined) ?? Number.POSITIVE_INFINITY;
  const unread = list?.filter(({ urgent, at }) => urgent && at > since).length ?? 0;
  const from = happened ? knownSince(happened) : Number.NEGATIVE_INFINITY;
  return { address, list, unread, unreadMore: from > since, more: Number.isFinite(from), since };
}
