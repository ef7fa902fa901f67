import { describe, expect, test } from "vitest";
import { cheapest, type Hour } from "./outlook.ts";

const terms = { retail: 1_445, feedIn: 900, fee: 100 };
const HOUR = 3_600;

/** Hours in a row from midnight on with these usual prices, IDR/kWh. */
const day = (...prices: (number | null)[]): Hour[] =>
  prices.map((price, hour) => {
    const median = BigInt(price ?? 0) * 1_000n;
    return {
      start: hour * HOUR,
      surplusWh: null,
      price: price === null ? null : { low: median - 5_000n, median, high: median + 5_000n },
    };
  });

describe("when energy is cheap", () => {
  test("is told of the hours in a row that are about as cheap as the cheapest, with the fee", () => {
    // A tenth of the 445 between the two prices.
    expect(cheapest(day(1_345, 1_200, 944, 907, 950, 952, 1_300), terms)).toEqual({
      start: 2 * HOUR,
      end: 5 * HOUR,
      price: 1_050_000n,
    });
    expect(cheapest(day(1_345, 907, 952), terms)).toEqual({
      start: HOUR,
      end: 2 * HOUR,
      price: 1_007_000n,
    });
  });

  test("ends where an hour's price is not known, and is not told where none is", () => {
    expect(cheapest(day(910, null, 905, 906), terms)).toMatchObject({ start: 2 * HOUR, end: 4 * HOUR });
    expect(cheapest(day(null, null), terms)).toBeUndefined();
    expect(cheapest([], terms)).toBeUndefined();
  });
});
