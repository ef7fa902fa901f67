/**
 * Exact amounts. Energy is whole watt-hours, money IDRS base units (1 IDRS = 1,000,000), a price milli-rupiah per kWh,
 * which is the same number as IDRS base units per Wh: cost = wattHours * price, without rounding.
 */
import { maxUint16, maxUint32 } from "viem";
import { constants } from "./generated/constants.ts";

export const ETK_DECIMALS = 3;
export const IDRS_DECIMALS = 6;
/** Decimals of a price written as IDR per kWh. */
export const PRICE_DECIMALS = 3;
/** Price units in one tick of the order book (1 IDR/kWh). */
export const { PRICE_PER_TICK } = constants.OrderBook;
/** Smallest order, offer request and resting remainder, Wh. */
export const MINIMUM_WH = constants.OrderBook.SMALLEST_ORDER;

/** The book's highest price, IDR/kWh: it keeps ticks in 16 bits. */
export const MOST_TICK = Number(maxUint16);
/** The largest order, offer and request, Wh: the market keeps them in 32 bits. */
export const MOST_WH = maxUint32;
/** The highest price of an offer, price units: 32 bits, too. */
export const MOST_PRICE = maxUint32;

/** What energy costs at a tick of the order book, IDRS base units. */
export const costOf = (wattHours: bigint, tick: number | bigint): bigint =>
  wattHours * BigInt(tick) * PRICE_PER_TICK;

/**
 * Parses decimal text digit by digit into an integer of `decimals` decimals: `parseDecimal("1444.7", 3)` is 1444700n.
 * @throws RangeError when the text is not a plain decimal number or has more decimals than fit.
 */
export function parseDecimal(text: string, decimals: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text}" is not a decimal number such as 12.5`);
  const [, sign, whole, fraction = ""] = match;
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > decimals) throw new RangeError(`"${text}" has more than ${decimals} decimals`);
  const value = BigInt(whole + significant.padEnd(decimals, "0"));
  return sign ? -value : value;
}

/** The inverse of `parseDecimal`, without trailing zeros: `formatDecimal(1444700n, 3)` is "1444.7". */
export function formatDecimal(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}

/** Decimal kWh text to Wh. */
export const parseKwh = (text: string): bigint => parseDecimal(text, ETK_DECIMALS);
/** Wh to decimal kWh text. */
export const formatKwh = (wattHours: bigint): string => formatDecimal(wattHours, ETK_DECIMALS);
/** Decimal rupiah text to IDRS base units. */
export const parseIdr = (text: string): bigint => parseDecimal(text, IDRS_DECIMALS);
/** IDRS base units to decimal rupiah text. */
export const formatIdr = (idrs: bigint): string => formatDecimal(idrs, IDRS_DECIMALS);
/** Decimal IDR/kWh text to price units. */
export const parsePrice = (text: string): bigint => parseDecimal(text, PRICE_DECIMALS);
/** Price units to decimal IDR/kWh text. */
export const formatPrice = (price: bigint): string => formatDecimal(price, PRICE_DECIMALS);
