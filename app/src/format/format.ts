/** Times as people read them, in WIB, and with them the amounts: everything that depends on the reader's language. */
import { makeAmountFormat } from "./amounts.ts";
import { dateFormat, listFormat, numberFormat, relativeFormat } from "./formatters.ts";
import { type Language, locales } from "./language.ts";
import { makeWords } from "./words.ts";

const TIME_ZONE = "Asia/Jakarta";
const DAY = 86_400;
const TO_THE_SECOND = {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
} as const;

export function makeFormat(language: Language) {
  const locale = locales[language];
  const written = (unix: number, options: Intl.DateTimeFormatOptions) =>
    dateFormat(locale, { ...options, timeZone: TIME_ZONE }).format(unix * 1_000);
  const clock = (unix: number) => written(unix, { hour: "2-digit", minute: "2-digit" });
  const dayMonth = (unix: number) => written(unix, { day: "numeric", month: "short" });
  const list = (parts: readonly string[]) => listFormat(locale, { type: "conjunction" }).format(parts);
  const counted = (count: number, unit: "hour" | "minute" | "second") =>
    numberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);

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
      const relative = relativeFormat(locale, { numeric: "auto" });
      if (size < 60) return relative.format(Math.trunc(seconds), "second");
      if (size < 3_600) return relative.format(Math.trunc(seconds / 60), "minute");
      if (size < DAY) return relative.format(Math.trunc(seconds / 3_600), "hour");
      return relative.format(Math.trunc(seconds / DAY), "day");
    },
    /** "45 seconds", "12 minutes", "2 hours and 38 minutes". */
    duration(seconds: number) {
      const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
      if (hours + minutes === 0) return counted(seconds, "second");
      return list([
        ...(hours > 0 ? [counted(hours, "hour")] : []),
        ...(minutes > 0 ? [counted(minutes, "minute")] : []),
      ]);
    },
    /** "18.00 WIB", with the day in front when it is another one than `now`'s. */
    clock(unix: number, now: number) {
      const time = `${clock(unix)}\u00a0WIB`;
      return dayText(unix) === dayText(now) ? time : `${dayMonth(unix)}, ${time}`;
    },
    /** "18.00" of a list whose day is told elsewhere. */
    hour: clock,
    /** "Mon 18.00" of the days before. */
    weekdayHour: (unix: number) => `${written(unix, { weekday: "short" })} ${clock(unix)}`,
    /** "30 Nov, 18.00 WIB" of what takes days. */
    moment: (unix: number) => `${dayMonth(unix)}, ${clock(unix)}\u00a0WIB`,
    /** Exact to the second, for hover. */
    exactTime: (unix: number) => `${written(unix, TO_THE_SECOND)}\u00a0WIB`,
    day: dayMonth,
    /** "Mon, 16 Nov" of a list of days. */
    weekdayDay: (unix: number) => written(unix, { weekday: "short", day: "numeric", month: "short" }),
    /** "November 2026". */
    month: (unix: number) => written(unix, { month: "long", year: "numeric" }),
    /** "a, b and c". */
    list,
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
