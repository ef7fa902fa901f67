/** A notification in words: what happened, and where to look. */
import type { I18n } from "../i18n/index.ts";
import type { Notification } from "./data.ts";

export type NotificationWords = { title: string; text: string; to: "/market" | "/nearby" | "/meters" };

/** @param called what a meter is called, by its serial */
export function wordsOf(
  one: Notification,
  { t, lookup, format }: I18n,
  called: (serial: string) => string,
): NotificationWords {
  switch (one.kind) {
    case "matched":
      return {
        title: t(one.side === "buy" ? "notice.bought" : "notice.sold", {
          energy: format.energy(one.wattHours),
        }),
        text: t("notice.matched", { price: format.tickPrice(one.tick), total: format.money(one.cost) }),
        to: "/market",
      };
    case "trade":
      return {
        title: t(`notice.trade.${one.status}`),
        text: t(one.as === "buyer" ? "notice.asBuyer" : "notice.asSeller", {
          energy: format.energy(one.wattHours),
          total: format.money(one.wattHours * one.price),
        }),
        to: "/nearby",
      };
    case "settled":
      return {
        title:
          one.tokensWh === 0n
            ? t("notice.read", { meter: called(one.serial) })
            : t(one.tokensWh > 0n ? "notice.surplus" : "notice.used", {
                meter: called(one.serial),
                energy: format.energy(one.tokensWh < 0n ? -one.tokensWh : one.tokensWh),
              }),
        text:
          one.debtWh !== undefined && one.debtWh > 0n
            ? t("notice.debt", { debt: format.energy(one.debtWh) })
            : // What was read at midnight belongs to the day before.
              t("notice.times", { count: one.times, day: format.day(one.at - 1) }),
        to: "/meters",
      };
    case "device": {
      const text = lookup(`notice.deviceHint.${one.state}`) ?? t("notice.deviceHint.offline");
      return {
        title:
          lookup(`notice.device.${one.state}`, { meter: called(one.serial) }) ??
          t("notice.device.offline", { meter: called(one.serial) }),
        text:
          one.endedAt === undefined
            ? text
            : t("notice.over", { time: format.clock(one.endedAt, Date.now() / 1_000) }),
        to: "/meters",
      };
    }
  }
}
