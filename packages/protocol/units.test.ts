import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { energyMarketAbi } from "./generated/abis.ts";
import {
  formatDecimal,
  formatPrice,
  MOST_TICK,
  MOST_WH,
  parseDecimal,
  parseIdr,
  parseKwh,
  parsePrice,
} from "./units.ts";

describe("decimal text", () => {
  test("is read digit by digit", () => {
    expect(parsePrice("1444.70")).toBe(1_444_700n);
    expect(parseKwh("3.2")).toBe(3_200n);
    expect(parseIdr("0.000001")).toBe(1n);
    expect(formatPrice(1_444_700n)).toBe("1444.7");
  });

  test("refuses what would be rounded or is no number", () => {
    expect(() => parseKwh("0.0001")).toThrow("more than 3 decimals");
    for (const text of ["", ".5", "1.", "1e3", "NaN", "0x10", "1,5", "--1", "１"]) {
      expect(() => parseKwh(text), text).toThrow("not a decimal number");
    }
  });

  test("writing and reading are inverse", () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(2n ** 200n), 2n ** 200n),
        fc.integer({ min: 0, max: 30 }),
        (value, decimals) => {
          expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value);
        },
      ),
    );
  });

  test("never throws anything but a RangeError", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseDecimal(text, 3);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

test("the largest tick and amount are what the market's functions can be told", () => {
  const { inputs } = energyMarketAbi.find((item) => item.type === "function" && item.name === "placeOrder")!;
  const largest = (name: string) => {
    const { type } = (inputs as readonly { name: string; type: string }[]).find((one) => one.name === name)!;
    return 2n ** BigInt(type.replace("uint", "")) - 1n;
  };
  expect(BigInt(MOST_TICK)).toBe(largest("tick"));
  expect(MOST_WH).toBe(largest("wattHours"));
});
