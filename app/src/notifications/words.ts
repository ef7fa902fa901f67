/** A notification in words: what happened, and where to look. */
import type { Address } from "viem";
import { type I18n, type I18nWith, useWords, withWords } from "../i18n/index.ts";
import { noticeEn } from "../i18n/notice-en.ts";
import { noticeId } from "../i18n/notice-id.ts";
import type { AccountNews } from "./account-events.ts";
import type { Notification } from "./data.ts";

const noticeWords = { id: noticeId, en: noticeEn };
type NoticeI18n = I18nWith<typeof noticeId>;

export const useNoticeWords = (): NoticeI18n => useWords(noticeWords);

export type NotificationWords = {
  title: string;
  text: string;
  to: "/market" | "/nearby" | "/meters" | "/account";
};

/** What meters are called, by serial, and accounts, by address. */
export type Names = { called: (serial: string) => string; accountName: (account: Address) => string };

/** The same for who has the page's own words alone. */
export const wordsIn = (i18n: I18n, one: Notification, names: Names): NotificationWords =>
  wordsOf(one, withWords(i18n, noticeWords), names);

export function wordsOf(
  one: Notification,
  i18n: NoticeI18n,
  { called, accountName }: Names,
): NotificationWords {
  const { t, lookup, format } = i18n;
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
    case "account":
      return accountWords(one, i18n, accountName);
  }
}

/** Who may open an account: what happened, from when on, and what there is to do about it. */
function accountWords(
  { as, what, account, guardian, from }: AccountNews,
  { lookup, format }: NoticeI18n,
  accountName: Names["accountName"],
): NotificationWords {
  const values = {
    account: accountName(account),
    guardian: guardian === undefined ? "" : accountName(guardian),
    at: from === undefined ? "" : format.moment(from),
  };
  const about = {
    holder: `notice.holder.${what}`,
    named: `notice.named.${what}`,
    guardian: `notice.guardian.${what}`,
  }[as];
  const said = (part: "title" | "text") =>
    // To have nobody any more is another thing to say than who it is.
    (guardian === undefined ? lookup(`${about}.nobody.${part}`, values) : undefined) ??
    lookup(`${about}.${part}`, values)!;
  return { title: said("title"), text: said("text"), to: "/account" };
}
