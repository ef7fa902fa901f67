/**
 * Amounts as people read them: at most two decimals, cut, since three would look like thousands in the other language;
 * every digit where it is asked for. Numbers are formatted from decimal text, never through a float.
 */
import { formatIdr, formatKwh, formatPrice, IDRS_DECIMALS, PRICE_PER_TICK } from "@enerlink/protocol";
import { numberFormat } from "./formatters.ts";
import { type Language, locales } from "./language.ts";
import { looksGrouped, unmistakable } from "./parse.ts";

const IDRS_PER_RUPIAH = 10n ** BigInt(IDRS_DECIMALS);
const WH_PER_KWH = 1_000n;
/** What the second decimal of a shown amount stands for: Wh, IDRS base units, price units. */
const SHOWN = { wattHours: 10n, idrs: IDRS_PER_RUPIAH / 100n, price: PRICE_PER_TICK / 100n } as const;

/** A number and its unit apart, so that the number can be big and the unit small. */
export type Parts = { before?: string; number: string; after?: string };

type DecimalText = `${number}`;

const absolute = (value: bigint) => (value < 0n ? -value : value);
const cut = (value: bigint, unit: bigint) => value - (value % unit);
/** To the nearest, halves away from zero. */
const rounded = (value: bigint, unit: bigint) => cut(value + (value < 0n ? -unit : unit) / 2n, unit);
const signed = (amount: bigint, text: string) => `${amount < 0n ? "−" : ""}${text}`;
const join = ({ before = "", number, after = "" }: Parts) => `${before}${number}${after}`;

const numbersIn = (language: Language) => {
  const format = (options: Intl.NumberFormatOptions) => numberFormat(locales[language], options);
  const upTo = (digits: number) => format({ maximumFractionDigits: digits });
  const always = (digits: number) => format({ minimumFractionDigits: digits, maximumFractionDigits: digits });
  return {
    upTo,
    short: (decimal: string) =>
      format({ notation: "compact", maximumFractionDigits: 1 }).format(decimal as DecimalText),
    whole: (value: number | bigint) => upTo(0).format(value),
    two: (decimal: string) => upTo(2).format(decimal as DecimalText),
    /** Whole rupiah as they are, others with both digits of their sen. */
    toTheSen: (decimal: string) =>
      (decimal.includes(".") ? always(2) : upTo(0)).format(decimal as DecimalText),
    fixed: (decimal: string) => always(2).format(decimal as DecimalText),
    thousandths: (decimal: string) => always(3).format(decimal as DecimalText),
    /** Every digit of rupiah, never with three decimals: in the other language they are thousands, and millions. */
    rupiah: (decimal: string) => {
      const { length } = decimal.split(".")[1] ?? "";
      return always(length === 1 || length === 3 ? length + 1 : length).format(decimal as DecimalText);
    },
    /** Every digit; where three decimals could be taken for thousands, a zero more. */
    exactly: (decimal: string) =>
      looksGrouped(decimal) ? unmistakable(decimal, language) : upTo(6).format(decimal as DecimalText),
  };
};

function makeParts({ two, toTheSen, exactly }: ReturnType<typeof numbersIn>) {
  const parts = {
    /** Wh as kWh, below one as Wh. */
    energy: (wattHours: bigint): Parts => {
      const size = absolute(wattHours);
      return size < WH_PER_KWH
        ? { number: signed(wattHours, String(size)), after: "\u00a0Wh" }
        : { number: signed(wattHours, two(formatKwh(cut(size, SHOWN.wattHours)))), after: "\u00a0kWh" };
    },
    /** IDRS base units as rupiah and sen; less than a sen with every digit. */
    money: (idrs: bigint): Parts => {
      const size = absolute(idrs);
      const number =
        size < SHOWN.idrs ? exactly(formatIdr(size)) : toTheSen(formatIdr(cut(size, SHOWN.idrs)));
      return { before: signed(idrs, "Rp\u00a0"), number };
    },
    /** IDRS base units rounded to whole rupiah: for headlines, with the exact amount on hover; less than one as it is. */
    wholeMoney: (idrs: bigint): Parts =>
      parts.money(absolute(idrs) < IDRS_PER_RUPIAH ? idrs : rounded(idrs, IDRS_PER_RUPIAH)),
    /** Price units (milli-IDR per kWh). */
    price: (price: bigint): Parts => ({
      before: "Rp\u00a0",
      number:
        price < SHOWN.price ? exactly(formatPrice(price)) : toTheSen(formatPrice(cut(price, SHOWN.price))),
      after: "/kWh",
    }),
    /** Price units rounded to whole rupiah per kWh: for averages; less than one as it is. */
    wholePrice: (price: bigint): Parts =>
      parts.price(price < PRICE_PER_TICK ? price : rounded(price, PRICE_PER_TICK)),
  };
  return parts;
}

export function makeAmountFormat(language: Language) {
  const numbers = numbersIn(language);
  const { whole, fixed, thousandths, exactly, rupiah, short, upTo } = numbers;
  const parts = makeParts(numbers);
  const wattsIn = (largest: number) => (watts: number) =>
    largest < 1_000
      ? `${whole(watts)}\u00a0W`
      : `${watts > 0 && watts < 5 ? `<${fixed("0.01")}` : upTo(2).format(watts / 1_000)}\u00a0kW`;
  return {
    parts,
    energy: (wattHours: bigint) => join(parts.energy(wattHours)),
    /** Every Wh: "3542 Wh" where kWh would have three decimals and nothing to tell them from thousands. */
    exactEnergy(wattHours: bigint) {
      const size = absolute(wattHours);
      const inKwh = formatKwh(size);
      return signed(
        wattHours,
        size < WH_PER_KWH || looksGrouped(inKwh) ? `${size}\u00a0Wh` : `${exactly(inKwh)}\u00a0kWh`,
      );
    },
    /** kWh without the unit, always two decimals, so that points stand under each other. */
    energyColumn: (wattHours: bigint) =>
      wattHours > 0n && wattHours < SHOWN.wattHours
        ? `<${fixed("0.01")}`
        : fixed(formatKwh(cut(wattHours, SHOWN.wattHours))),
    /** kWh without the unit, every Wh: a column that is added up. */
    energyExactColumn: (wattHours: bigint) => thousandths(formatKwh(wattHours)),
    /** Rupiah without the unit, always two decimals, so that points stand under each other. */
    moneyColumn: (idrs: bigint) => signed(idrs, fixed(formatIdr(cut(absolute(idrs), SHOWN.idrs)))),
    /** Amounts of one picture, all in one unit: that of the largest, Wh. `axis` is without the unit. */
    energyIn(largest: bigint) {
      const unit = largest < WH_PER_KWH ? "Wh" : "kWh";
      const axis = (wattHours: bigint) =>
        unit === "Wh" ? whole(wattHours) : numbers.two(formatKwh(cut(wattHours, SHOWN.wattHours)));
      return {
        unit,
        axis,
        text: (wattHours: bigint) =>
          unit === "kWh" && wattHours > 0n && wattHours < SHOWN.wattHours
            ? `<${fixed("0.01")}\u00a0kWh`
            : `${axis(wattHours)}\u00a0${unit}`,
      };
    },
    /** Powers of one picture, all in one unit: that of the largest, W. */
    wattsIn,
    /** Rupiah without the unit, for an axis: "20 rb", "20K". */
    shortMoney: (idrs: bigint) => short(formatIdr(idrs)),
    money: (idrs: bigint) => join(parts.money(idrs)),
    /** Up to the next sen: what is missing is not more than is said. */
    moneyUp: (idrs: bigint) => join(parts.money(idrs + SHOWN.idrs - 1n)),
    /** Every digit, where all of it has to add up. */
    exactMoney: (idrs: bigint) => signed(idrs, `Rp\u00a0${rupiah(formatIdr(absolute(idrs)))}`),
    price: (price: bigint) => join(parts.price(price)),
    exactPrice: (price: bigint) => `Rp\u00a0${rupiah(formatPrice(price))}/kWh`,
    tick: (tick: number) => whole(tick),
    tickPrice: (tick: number) => join(parts.price(BigInt(tick) * PRICE_PER_TICK)),
    integer: whole,
    decimal: (value: number, digits = 1) => upTo(digits).format(value),
    /** A share of 1, from exact amounts: "87%"; of nothing there is none. */
    percent: (part: bigint, total: bigint) => (total === 0n ? "–" : `${whole((part * 100n) / total)}%`),
    watts: (watts: number) => wattsIn(Math.abs(watts))(watts),
  };
}
