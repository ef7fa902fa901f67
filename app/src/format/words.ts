/**
 * What was understood of an amount, exact, as a bank writes it: "Rp 1,310.00". It always has decimals, so that a mark
 * between thousands is told from the one before them in any language.
 */
import { formatDecimal, formatKwh, IDRS_DECIMALS, PRICE_DECIMALS } from "@enerlink/protocol";
import { numberFormat } from "./formatters.ts";
import { type Language, locales } from "./language.ts";

const WH_PER_KWH = 1_000n;
const DECIMALS = 2;

export function makeWords(language: Language) {
  /** Every digit, at least two decimals, and never three, which would read like thousands. */
  const written = (decimal: string) => {
    const { length } = decimal.split(".")[1] ?? "";
    const digits = length <= DECIMALS ? DECIMALS : Math.max(length, DECIMALS + 2);
    return numberFormat(locales[language], {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(decimal as `${number}`);
  };
  const rupiah = (value: bigint, decimals: number) => `Rp\u00a0${written(formatDecimal(value, decimals))}`;
  const perKwh = (value: bigint, decimals: number) => `${rupiah(value, decimals)}/kWh`;
  return {
    energy: (wattHours: bigint) =>
      wattHours < WH_PER_KWH ? `${wattHours}\u00a0Wh` : `${written(formatKwh(wattHours))}\u00a0kWh`,
    money: (idrs: bigint) => rupiah(idrs, IDRS_DECIMALS),
    price: (price: bigint) => perKwh(price, PRICE_DECIMALS),
    tick: (tick: bigint) => perKwh(tick, 0),
    /** Whole, so that nothing stands between its digits. */
    seconds: (seconds: bigint) => `${seconds}\u00a0${language === "id" ? "detik" : "seconds"}`,
  };
}
