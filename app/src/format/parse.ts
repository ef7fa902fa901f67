/**
 * What people write as amounts, typed or pasted. One rule for every language, so that nothing is misread by a factor of
 * a thousand: point and comma are both known, as decimal mark and between thousands. A text that can be read in two
 * ways which its field could both hold, such as "1.310", is not guessed: the reader is asked. What is no amount is
 * refused; nothing is rounded.
 */
import { ETK_DECIMALS, formatDecimal, IDRS_DECIMALS, PRICE_DECIMALS, parseDecimal } from "@enerlink/protocol";
import type { Language } from "./language.ts";

const rupiah = /^(rp\.?|idrs?)?$/;
const perKwh = /^((rp\.?|idrs?)? ?(\/|per) ?kwh)?$/;

type Kind = {
  decimals: number;
  before: RegExp;
  after: RegExp;
  /** Another unit that may be written, and its decimals. */
  smaller?: { after: RegExp; decimals: number };
};

const kinds = {
  /** Wh, written in kWh or Wh. */
  energy: {
    decimals: ETK_DECIMALS,
    before: /^$/,
    after: /^(kwh|etk)?$/,
    smaller: { after: /^wh$/, decimals: 0 },
  },
  /** IDRS base units, written in rupiah. */
  money: { decimals: IDRS_DECIMALS, before: rupiah, after: rupiah },
  /** Price units, written in rupiah per kWh. */
  price: { decimals: PRICE_DECIMALS, before: rupiah, after: perKwh },
  /** Whole rupiah per kWh. */
  tick: { decimals: 0, before: rupiah, after: perKwh },
  /** Whole seconds. */
  seconds: { decimals: 0, before: /^$/, after: /^(s|detik|seconds?)?$/ },
} as const satisfies Record<string, Kind>;
export type AmountKind = keyof typeof kinds;

/** Decimals that a field of this kind takes. */
export const decimalsOf = (kind: AmountKind): number => kinds[kind].decimals;

/** No amount is written with more characters. */
const LONGEST = 100;

export type AmountReading =
  | { is: "empty" }
  /** Base units. */
  | { is: "amount"; value: bigint }
  /** Both are what the text may mean: base units, the smaller one first. */
  | { is: "ambiguous"; meanings: readonly bigint[] }
  | { is: "refused"; why: "number" | "negative" | "unit" | "decimals" };

export function readAmount(text: string, kind: AmountKind): AmountReading {
  const plain = inAscii(text);
  if (plain === "") return { is: "empty" };
  const parts = plain.length > LONGEST ? undefined : apart(plain);
  if (!parts) return { is: "refused", why: "number" };
  const { before, number, after } = parts;
  if (before.includes("-")) return { is: "refused", why: "negative" };
  const decimals = decimalsIn(kinds[kind], before.replace("+", "").trim(), after);
  if (decimals === undefined)
    return { is: "refused", why: /[\p{L}\p{Sc}]/u.test(before + after) ? "unit" : "number" };

  const written = decimalTexts(number);
  if (written.length === 0) return { is: "refused", why: "number" };
  const meanings = [...new Set(written.flatMap((decimal) => exactly(decimal, decimals)))];
  const [value, ...others] = meanings.toSorted((a, b) => (a < b ? -1 : 1));
  if (value === undefined) return { is: "refused", why: "decimals" };
  return others.length > 0 ? { is: "ambiguous", meanings: [value, ...others] } : { is: "amount", value };
}

/** An amount as a field is filled with it: ungrouped, in the reader's decimals, and read back as just that. */
export function amountText(value: bigint, kind: AmountKind, language: Language): string {
  return unmistakable(formatDecimal(value, decimalsOf(kind)), language);
}

/** Whether decimal text reads like a whole number with its thousands apart, as "1.310" does. */
export const looksGrouped = (decimal: string): boolean => /^[1-9]\d{0,2}\.\d{3}$/.test(decimal);

/** Decimal text in the reader's writing; a zero more where it would read like thousands. */
export function unmistakable(decimal: string, language: Language): string {
  const shown = looksGrouped(decimal) ? `${decimal}0` : decimal;
  return language === "id" ? shown.replace(".", ",") : shown;
}

/** The zeros of the digits that are written here: Latin, Arabic, Persian, Devanagari, Bengali, Thai, Javanese, Balinese, Sundanese, full width. */
const zeros = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xa9d0, 0x1b50, 0x1bb0, 0xff10];

/** Digits, marks and spaces in their plain form, lower case, without what nobody sees. */
function inAscii(text: string): string {
  return Array.from(text.toLowerCase(), (character) => {
    const code = character.codePointAt(0)!;
    const zero = zeros.find((start) => code >= start && code < start + 10);
    return zero === undefined ? character : String(code - zero);
  })
    .join("")
    .replaceAll(/\p{Cf}/gu, "")
    .replaceAll(/\p{Zs}/gu, " ")
    .replaceAll(/[‐-―−﹣－]/g, "-")
    .replaceAll("＋", "+")
    .replaceAll(/[’‘ʼ＇`´]/g, "'")
    .replaceAll("．", ".")
    .replaceAll("，", ",")
    .trim();
}

/** The number, and what stands before and after it. Of ",-" after rupiah the comma is the number's. */
function apart(text: string) {
  const whole = /^(?<before>\D*?)(?<number>[.,٫]?\d(?:.*\d)?[.,٫]?)(?<after>\D*)$/.exec(text);
  if (!whole) return undefined;
  const { before, number, after } = whole.groups as { before: string; number: string; after: string };
  // "Rp.500" is an abbreviation's point, not a decimal one.
  const [, abbreviated, rest] = /^(rp\.)(\d.*)$/.exec(before + number) ?? [];
  return {
    before: abbreviated ?? before.trim(),
    number: rest ?? number,
    after: (/[.,]$/.test(number) ? after.replace(/^-/, "") : after).replace(/[.,;]$/, "").trim(),
  };
}

function decimalsIn(kind: Kind, before: string, after: string): number | undefined {
  if (!kind.before.test(before)) return undefined;
  if (kind.after.test(after)) return kind.decimals;
  return kind.smaller?.after.test(after) ? kind.smaller.decimals : undefined;
}

const groupMarks = ["", "\\.", ",", "'", " ", "٬"];
const decimalMarks = ["", "\\.", ",", "٫"];

/** Every way of writing numbers: thousands apart or not, decimals or not, never both by the same mark. */
const writings = groupMarks.flatMap((group) =>
  decimalMarks
    .filter((decimal) => decimal !== group || group === "")
    .map((decimal) => {
      const whole = group ? `[1-9]\\d{0,2}(?:${group}\\d{3})+` : "\\d*";
      return new RegExp(`^(${whole})${decimal && `${decimal}(\\d*)`}$`);
    }),
);

/** Plain decimal text for each way in which `number` can be read. */
function decimalTexts(number: string): string[] {
  return writings.flatMap((writing) => {
    const match = writing.exec(number);
    if (!match) return [];
    const [, whole = "", fraction = ""] = match;
    const digits = whole.replaceAll(/\D/g, "");
    return digits || fraction ? [`${digits || "0"}.${fraction || "0"}`] : [];
  });
}

/** @returns base units, or nothing where the text has more decimals than fit */
function exactly(decimal: string, decimals: number): bigint[] {
  try {
    return [parseDecimal(decimal, decimals)];
  } catch {
    return [];
  }
}
