/** Amounts in words, exact and without any mark between digits: "1 thousand 310 rupiah", "3 kWh 542 Wh". */
import { formatDecimal, IDRS_DECIMALS, PRICE_DECIMALS } from "@enerlink/protocol";
import type { Language } from "./language.ts";
import { unmistakable } from "./parse.ts";

const scales = {
  id: ["", "ribu", "juta", "miliar", "triliun"],
  en: ["", "thousand", "million", "billion", "trillion"],
} as const;

const join = (...words: readonly string[]) => words.filter(Boolean).join("\u00a0");

/** A whole number by its thousands: "1 million 250 thousand 500". */
function spoken(value: bigint, language: Language): string {
  const words: string[] = [];
  let left = value;
  for (const [index, scale] of scales[language].entries()) {
    const group = index === scales[language].length - 1 ? left : left % 1_000n;
    if (group > 0n) words.unshift(join(String(group), scale));
    left /= 1_000n;
  }
  return words.length > 0 ? words.join("\u00a0") : "0";
}

/** Whole rupiah, and sen where there are any, of an amount with so many decimals. */
function rupiah(value: bigint, decimals: number, language: Language): string {
  const one = 10n ** BigInt(decimals);
  const sen = value % one;
  return join(
    value >= one || sen === 0n ? join(spoken(value / one, language), "rupiah") : "",
    sen > 0n ? join(unmistakable(formatDecimal(sen, decimals - 2), language), "sen") : "",
  );
}

export const makeWords = (language: Language) => ({
  energy: (wattHours: bigint) =>
    wattHours < 1_000n
      ? join(String(wattHours), "Wh")
      : join(
          join(spoken(wattHours / 1_000n, language), "kWh"),
          wattHours % 1_000n > 0n ? join(String(wattHours % 1_000n), "Wh") : "",
        ),
  money: (idrs: bigint) => rupiah(idrs, IDRS_DECIMALS, language),
  price: (price: bigint) => join(rupiah(price, PRICE_DECIMALS, language), "per", "kWh"),
  tick: (tick: bigint) => join(rupiah(tick, 0, language), "per", "kWh"),
  seconds: (seconds: bigint) => join(spoken(seconds, language), language === "id" ? "detik" : "seconds"),
});
