/** Amounts and times as people read them, exact: numbers are formatted from decimal text, never through a float. */
import { formatIdr, formatKwh, formatPrice, IDRS_DECIMALS, PRICE_PER_TICK } from "@enerlink/contracts";

export type Language = "id" | "en";

const locales = { id: "id-ID", en: "en-GB" } as const;
const TIME_ZONE = "Asia/Jakarta";
const DAY = 86_400;
const IDRS_PER_RUPIAH = 10n ** BigInt(IDRS_DECIMALS);

/** A number and its unit apart, so that the number can be big and the unit small. */
export type Parts = { before?: string; number: string; after?: string };

type DecimalText = `${number}`;

export function makeFormat(language: Language) {
  const locale = locales[language];
  const upTo = (digits: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  const numbers = { whole: upTo(0), two: upTo(2), three: upTo(3), six: upTo(6) };
  const fixed = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: TIME_ZONE });
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
  const join = ({ before = "", number, after = "" }: Parts) => `${before}${number}${after}`;

  const parts = {
    /** Wh as kWh, all decimals. */
    energy: (wattHours: bigint): Parts => ({
      number: numbers.three.format(formatKwh(wattHours) as DecimalText).replace("-", "−"),
      after: "\u00a0kWh",
    }),
    /** IDRS base units as rupiah and sen. */
    money: (idrs: bigint): Parts => ({
      before: idrs < 0n ? "−Rp\u00a0" : "Rp\u00a0",
      number: numbers.two.format(formatIdr(idrs < 0n ? -idrs : idrs) as DecimalText),
    }),
    /** IDRS base units as whole rupiah, cut: for headlines, with the exact amount on hover. */
    wholeMoney: (idrs: bigint): Parts => parts.money(idrs - (idrs % IDRS_PER_RUPIAH)),
    /** Price units as whole rupiah per kWh, cut: for averages. */
    wholePrice: (price: bigint): Parts => parts.price(price - (price % PRICE_PER_TICK)),
    /** Price units (milli-IDR per kWh). */
    price: (price: bigint): Parts => ({
      before: "Rp\u00a0",
      number: numbers.three.format(formatPrice(price) as DecimalText),
      after: "/kWh",
    }),
  };

  return {
    language,
    locale,
    parts,
    energy: (wattHours: bigint) => join(parts.energy(wattHours)),
    /** kWh without the unit, always three decimals, so that points stand under each other. */
    energyColumn: (wattHours: bigint) => fixed.format(formatKwh(wattHours) as DecimalText),
    money: (idrs: bigint) => join(parts.money(idrs)),
    /** All six decimals, where every sen has to add up. */
    exactMoney: (idrs: bigint) =>
      `${idrs < 0n ? "−" : ""}Rp\u00a0${numbers.six.format(formatIdr(idrs < 0n ? -idrs : idrs) as DecimalText)}`,
    price: (price: bigint) => join(parts.price(price)),
    tick: (tick: number) => numbers.whole.format(tick),
    tickPrice: (tick: number) => join(parts.price(BigInt(tick) * PRICE_PER_TICK)),
    integer: (value: number | bigint) => numbers.whole.format(value),
    decimal: (value: number, digits = 1) => upTo(digits).format(value),
    /** A share of 1, from exact amounts: "87%". */
    percent: (part: bigint, whole: bigint) =>
      `${numbers.whole.format(whole === 0n ? 0n : (part * 100n) / whole)}%`,
    watts: (watts: number) =>
      Math.abs(watts) < 1_000
        ? `${numbers.whole.format(watts)}\u00a0W`
        : `${upTo(2).format(watts / 1_000)}\u00a0kW`,
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
