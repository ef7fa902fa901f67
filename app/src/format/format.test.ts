import { formatKwh } from "@enerlink/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csv } from "./csv.ts";
import { makeFormat, startOfDay } from "./format.ts";
import { amountText, parseAmount } from "./parse.ts";

/** Numbers keep together with their units. */
const nb = (text: string) => text.replaceAll(" ", "\u00a0");
const id = makeFormat("id");
const en = makeFormat("en");

describe("amounts", () => {
  test("are written in the reader's way", () => {
    expect(id.energy(3_200n)).toBe(nb("3,2 kWh"));
    expect(en.energy(1_234_567n)).toBe(nb("1,234.567 kWh"));
    expect(en.energy(-596n)).toBe(nb("−0.596 kWh"));
    expect(id.money(1_444_700_000n)).toBe(nb("Rp 1.444,7"));
    expect(id.money(-2_500_000n)).toBe(nb("−Rp 2,5"));
    expect(en.price(1_310_000n)).toBe(nb("Rp 1,310/kWh"));
    expect(id.tickPrice(65_535)).toBe(nb("Rp 65.535/kWh"));
  });

  test("beyond 2^53 keep every digit", () => {
    expect(id.energy(12_345_678_901_234_567_891n)).toBe(nb("12.345.678.901.234.567,891 kWh"));
    expect(en.exactMoney(9_007_199_254_740_993_000_001n)).toBe(nb("Rp 9,007,199,254,740,993.000001"));
  });

  test("a share is never rounded up to all", () => {
    expect(en.percent(999n, 1_000n)).toBe("99%");
    expect(en.percent(0n, 0n)).toBe("0%");
  });
});

describe("times", () => {
  const noon = Date.UTC(2026, 10, 21, 5) / 1_000;

  test("are in WIB and name the day only when it is another", () => {
    expect(id.clock(noon, noon)).toBe(nb("12.00 WIB"));
    expect(en.clock(noon + 86_400, noon)).toBe("22 Nov, 12:00\u00a0WIB");
  });

  test("are told from now", () => {
    expect(id.ago(noon - 720, noon)).toBe("12 menit yang lalu");
    expect(en.ago(noon + 7_200, noon)).toBe("in 2 hours");
  });

  test("a day begins at midnight in Jakarta", () => {
    expect(startOfDay(noon)).toBe(noon - 12 * 3_600);
    expect(startOfDay(startOfDay(noon))).toBe(startOfDay(noon));
    expect(startOfDay(startOfDay(noon) - 1)).toBe(startOfDay(noon) - 86_400);
  });
});

describe("typed amounts", () => {
  test.each([
    ["3,2", "id", 3_200n],
    ["3.2", "id", 3_200n],
    ["1.250", "id", 1_250_000n],
    ["1.250,5", "id", 1_250_500n],
    ["1250,5", "id", 1_250_500n],
    ["3.2", "en", 3_200n],
    ["3,2", "en", 3_200n],
    ["1,250", "en", 1_250_000n],
    ["1,250.5", "en", 1_250_500n],
    [" 7 ", "en", 7_000n],
  ] as const)("%j in %s", (text, language, wattHours) => {
    expect(parseAmount(text, 3, language)).toBe(wattHours);
  });

  test("nothing is not zero", () => {
    expect(parseAmount("  ", 3, "id")).toBeUndefined();
  });

  test.each(["1,2,3", "1.2.3", "abc", "1e3", "3,2001", "1.250.5"])("refuses %j", (text) => {
    expect(() => parseAmount(text, 3, "id")).toThrow(RangeError);
  });

  test("what the field shows is read back", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n), fc.constantFrom("id", "en"), (wattHours, language) => {
        const text = amountText(formatKwh(wattHours), language);
        // Three decimals after one to three digits look like a group in the other language only.
        expect(parseAmount(text, 3, language)).toBe(wattHours);
      }),
    );
  });
});

test("a table is written so that any spreadsheet reads it back", () => {
  expect(
    csv(
      ["day", "kWh"],
      [
        ["2026-11-21", "1.5"],
        ['a "b", c', ""],
      ],
    ),
  ).toBe('day,kWh\r\n2026-11-21,1.5\r\n"a ""b"", c",\r\n');
});
