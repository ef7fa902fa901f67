/** Times as people read them, in WIB, and with them the amounts: everything that depends on the reader's language. */
import { makeAmountFormat } from "./amounts.ts";
import { type Language, locales } from "./language.ts";
import { makeWords } from "./words.ts";

const TIME_ZONE = "Asia/Jakarta";
const DAY = 86_400;

export function makeFormat(language: Language) {
  const locale = locales[language];
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: TIME_ZONE });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: TIME_ZONE });
  const dayMonth = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: TIME_ZONE });
  const full = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone: TIME_ZONE,
  });
  const dayOf = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: TIME_ZONE });
  const date = (unix: number) => new Date(unix * 1_000);

  return {
    language,
    locale,
    ...makeAmountFormat(language),
    /** Amounts in words, exact. */
    words: makeWords(language),
    /** "12 minutes ago", "in 3 hours". */
    ago(unix: number, now: number) {
      const seconds = unix - now;
      const size = Math.abs(seconds);
      if (size < 60) return relative.format(Math.trunc(seconds), "second");
      if (size < 3_600) return relative.format(Math.trunc(seconds / 60), "minute");
      if (size < DAY) return relative.format(Math.trunc(seconds / 3_600), "hour");
      return relative.format(Math.trunc(seconds / DAY), "day");
    },
    /** "18.00 WIB", with the day in front when it is another one than `now`'s. */
    clock(unix: number, now: number) {
      const time = `${clock.format(date(unix))}\u00a0WIB`;
      return dayOf.format(date(unix)) === dayOf.format(date(now))
        ? time
        : `${dayMonth.format(date(unix))}, ${time}`;
    },
    /** "18.00" of a list whose day is told elsewhere. */
    hour: (unix: number) => clock.format(date(unix)),
    /** "Mon 18.00" of the days before. */
    weekdayHour: (unix: number) => `${weekday.format(date(unix))} ${clock.format(date(unix))}`,
    /** Exact to the second, for hover. */
    exactTime: (unix: number) => `${full.format(date(unix))}\u00a0WIB`,
    day: (unix: number) => dayMonth.format(date(unix)),
    address: (address: string) => `${address.slice(0, 6)}…${address.slice(-4)}`,
  };
}
export type Format = ReturnType<typeof makeFormat>;

/** Unix seconds at which the day of `now` began in Jakarta (UTC+7, no summer time). */
export function startOfDay(now: number): number {
  const offset = 7 * 3_600;
  return Math.floor((now + offset) / DAY) * DAY - offset;
}
