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
  const unit = (name: "hour" | "minute" | "second") =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "long" });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: TIME_ZONE });
  const weekdayDay = new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: TIME_ZONE,
  });
  const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: TIME_ZONE });
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
    /** "45 seconds", "12 minutes", "2 hours and 38 minutes". */
    duration(seconds: number) {
      const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
      if (hours + minutes === 0) return unit("second").format(seconds);
      return list.format([
        ...(hours > 0 ? [unit("hour").format(hours)] : []),
        ...(minutes > 0 ? [unit("minute").format(minutes)] : []),
      ]);
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
    /** "30 Nov, 18.00 WIB" of what takes days. */
    moment: (unix: number) => `${dayMonth.format(date(unix))}, ${clock.format(date(unix))}\u00a0WIB`,
    /** Exact to the second, for hover. */
    exactTime: (unix: number) => `${full.format(date(unix))}\u00a0WIB`,
    day: (unix: number) => dayMonth.format(date(unix)),
    /** "Mon, 16 Nov" of a list of days. */
    weekdayDay: (unix: number) => weekdayDay.format(date(unix)),
    /** "November 2026". */
    month: (unix: number) => month.format(date(unix)),
    /** "a, b and c". */
    list: (parts: readonly string[]) => list.format(parts),
    address: (address: string) => `${address.slice(0, 6)}…${address.slice(-4)}`,
  };
}
export type Format = ReturnType<typeof makeFormat>;

/** Jakarta's clock is ahead of UTC by so much, and has no summer time. Seconds. */
export const JAKARTA_SECONDS = 7 * 3_600;

/** Unix seconds at which the day of `now` began in Jakarta. */
export const startOfDay = (now: number): number =>
  Math.floor((now + JAKARTA_SECONDS) / DAY) * DAY - JAKARTA_SECONDS;

/** The day in Jakarta in which a time lies, as an address says it: "2026-11-01". */
export const dayText = (unix: number): string =>
  new Date((unix + JAKARTA_SECONDS) * 1_000).toISOString().slice(0, 10);

/** Unix seconds at which the week of `now`, a Monday, began in Jakarta. */
export const startOfWeek = (now: number): number => {
  const today = startOfDay(now);
  return today - ((new Date((today + JAKARTA_SECONDS) * 1_000).getUTCDay() + 6) % 7) * DAY;
};

/** Unix seconds at which the month of `now` began in Jakarta, or one so many months later. */
export const startOfMonth = (now: number, later = 0): number => {
  const there = new Date((now + JAKARTA_SECONDS) * 1_000);
  return Date.UTC(there.getUTCFullYear(), there.getUTCMonth() + later, 1) / 1_000 - JAKARTA_SECONDS;
};
