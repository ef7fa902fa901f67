/** What people type as amounts. */
import { parseDecimal } from "@enerlink/contracts";
import type { Language } from "./format.ts";

const separators = { id: { group: ".", decimal: "," }, en: { group: ",", decimal: "." } } as const;

/**
 * Decimal text in the reader's own writing: "1.250,5" in Indonesian, "1,250.5" in English. The grouping mark counts as
 * the decimal one where it cannot group ("3.2" in Indonesian), since phone keyboards offer only one of them.
 * @returns undefined when empty
 * @throws RangeError when the text is no number or has more decimals than fit.
 */
export function parseAmount(text: string, decimals: number, language: Language): bigint | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const { group, decimal } = separators[language];
  const g = group === "." ? "\\." : group;
  const d = decimal === "." ? "\\." : decimal;
  const grouped = new RegExp(`^\\d{1,3}(${g}\\d{3})+(${d}\\d+)?$`).test(trimmed);
  const plain = grouped
    ? trimmed.replaceAll(group, "").replace(decimal, ".")
    : trimmed.replace(decimal, ".").replace(group, ".");
  return parseDecimal(plain, decimals);
}

/** The inverse of `parseAmount` for an input field: no grouping. */
export function amountText(value: string, language: Language): string {
  return value.replace(".", separators[language].decimal);
}
