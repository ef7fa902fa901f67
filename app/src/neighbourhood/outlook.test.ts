import { describe, expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import { cheapest, cheapWords, type Hour } from "./outlook.ts";
import { hoodWords } from "./words.ts";

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
  test("is told of the hours in a row that are about as cheap as the cheapest", () => {
    // A tenth of the 445 between the two prices.
    expect(cheapest(day(1_345, 1_200, 944, 907, 950, 952, 1_300), terms)).toEqual({
      start: 2 * HOUR,
      end: 5 * HOUR,
      price: 950_000n,
    });
    expect(cheapest(day(1_345, 907, 952), terms)).toEqual({
      start: HOUR,
      end: 2 * HOUR,
      price: 907_000n,
    });
  });

  test("costs in words what the table beside says of one of these hours, and with the fee what is paid", () => {
    const hours = day(1_345, 944, 907);
    hours[1]!.price!.median = 944_125n;
    const english = withWords(makeI18n("en", en), hoodWords);
    const cheap = cheapest(hours, terms)!;
    const said = cheapWords(cheap, terms, english).replaceAll("\u00a0", " ");
    const inTable = hours.map(({ price }) => english.format.price(price!.median).replaceAll("\u00a0", " "));
    expect(inTable[1]).toBe("Rp 944.12/kWh");
    expect(said).toContain(
      `from 08:00 to 10:00: mostly ${inTable[1]} or less, Rp 1,044.12/kWh with the network fee`,
    );
  });

  test("ends where an hour's price is not known, and is not told where none is", () => {
    expect(cheapest(day(910, null, 905, 906), terms)).toMatchObject({ start: 2 * HOUR, end: 4 * HOUR });
    expect(cheapest(day(null, null), terms)).toBeUndefined();
    expect(cheapest([], terms)).toBeUndefined();
  });
});
