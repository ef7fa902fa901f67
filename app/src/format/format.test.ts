import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csv } from "./csv.ts";
import { makeFormat, startOfDay } from "./format.ts";

/** Numbers keep together with their units. */
const nb = (text: string) => text.replaceAll(" ", "\u00a0");
const id = makeFormat("id");
const en = makeFormat("en");

describe("amounts", () => {
  test("are written in the reader's way", () => {
    expect(id.energy(3_200n)).toBe(nb("3,2 kWh"));
    expect(en.energy(1_234_560n)).toBe(nb("1,234.56 kWh"));
    expect(en.energy(-596n)).toBe(nb("−596 Wh"));
    expect(id.money(1_444_700_000n)).toBe(nb("Rp 1.444,70"));
    expect(id.money(-2_500_000n)).toBe(nb("−Rp 2,50"));
    expect(en.price(1_310_000n)).toBe(nb("Rp 1,310/kWh"));
    expect(id.tickPrice(65_535)).toBe(nb("Rp 65.535/kWh"));
  });

  test("are cut after two decimals, and never to nothing", () => {
    expect(en.energy(3_549n)).toBe(nb("3.54 kWh"));
    expect(en.energy(-3_549n)).toBe(nb("−3.54 kWh"));
    expect(en.money(722_509_999n)).toBe(nb("Rp 722.50"));
    expect(en.money(9_999n)).toBe(nb("Rp 0.009999"));
    expect(en.price(1_310_345n)).toBe(nb("Rp 1,310.34/kWh"));
    expect(en.energyColumn(1_319n)).toBe("1.31");
    expect(en.energyColumn(5n)).toBe("<0.01");
    expect(en.energyColumn(0n)).toBe("0.00");
  });

  test("are rounded where they are told in whole rupiah, and exact where a column is added up", () => {
    const whole = (idrs: bigint) => en.parts.wholeMoney(idrs).number;
    expect([8_237_499_999n, 8_237_500_000n, 499_999n].map(whole)).toEqual(["8,237", "8,238", "0.49"]);
    expect(en.parts.wholeMoney(-8_237_500_000n)).toMatchObject({ before: nb("−Rp "), number: "8,238" });
    expect(en.parts.wholePrice(1_310_500n).number).toBe("1,311");
    expect([395n, 1_000n, 0n].map(id.energyExactColumn)).toEqual(["0,395", "1,000", "0,000"]);
    expect([8_237_075_000n, -5_000_000n].map(en.moneyColumn)).toEqual(["8,237.07", "−5.00"]);
    expect(en.moneyUp(8_237_075_000n)).toBe(nb("Rp 8,237.08"));
    expect(en.moneyUp(8_237_070_000n)).toBe(nb("Rp 8,237.07"));
  });

  test("of one picture are in one unit, that of the largest, and never nothing", () => {
    const small = en.energyIn(999n);
    expect([small.unit, small.axis(500n), small.text(7n)]).toEqual(["Wh", "500", nb("7 Wh")]);
    const large = id.energyIn(1_000n);
    expect([large.unit, large.axis(500n), large.text(1_234n)]).toEqual(["kWh", "0,5", nb("1,23 kWh")]);
    expect([0n, 7n, 10n].map(large.text)).toEqual(["0 kWh", "<0,01 kWh", "0,01 kWh"].map(nb));
    expect([3, 640].map(en.wattsIn(999))).toEqual(["3 W", "640 W"].map(nb));
    expect([0, 64, 640, 1_500].map(en.wattsIn(1_500))).toEqual(
      ["0 kW", "0.06 kW", "0.64 kW", "1.5 kW"].map(nb),
    );
    expect([0, 3].map(en.wattsIn(1_500))).toEqual(["0 kW", "<0.01 kW"].map(nb));
  });

  test("are exact where that is asked for, beyond 2^53 too", () => {
    expect(id.exactEnergy(3_542n)).toBe(nb("3542 Wh"));
    expect(id.exactEnergy(3_540n)).toBe(nb("3,54 kWh"));
    expect(id.exactEnergy(12_345_678_901_234_567_891n)).toBe(nb("12.345.678.901.234.567,891 kWh"));
    expect(en.exactMoney(9_007_199_254_740_993_000_001n)).toBe(nb("Rp 9,007,199,254,740,993.000001"));
    expect(en.exactMoney(-722_505_000n)).toBe(nb("−Rp 722.5050"));
    expect(en.exactPrice(1_444_705n)).toBe(nb("Rp 1,444.7050/kWh"));
    expect(id.exactMoney(8_237_075_000n)).toBe(nb("Rp 8.237,0750"));
  });

  test("never end in three decimals that could be thousands", () => {
    const texts = fc
      .bigInt(0n, 10n ** 16n)
      .map((value) =>
        [en, id].flatMap((format) => [
          format.energy(value),
          format.exactEnergy(value),
          format.money(value),
          format.exactMoney(value),
          format.price(value),
          format.exactPrice(value),
        ]),
      );
    fc.assert(
      fc.property(texts, (all) => {
        for (const text of all)
          if (/(^|\D)[1-9]\d{0,2}[.,]\d{3}($|\D)/.test(text))
            expect(text).toMatch(/\d[.,]\d{3}([.,]\d+)?(\D|$)/);
      }),
    );
  });

  test("are written as a bank writes them where they were typed: with decimals, to the last unit", () => {
    expect(en.words.energy(500n)).toBe(nb("500 Wh"));
    expect(id.words.energy(3_000n)).toBe(nb("3,00 kWh"));
    expect(id.words.energy(1_310_000n)).toBe(nb("1.310,00 kWh"));
    expect(en.words.energy(3_542n)).toBe(nb("3.5420 kWh"));
    expect(id.words.money(50_000_000_000n)).toBe(nb("Rp 50.000,00"));
    expect(en.words.money(1_250_500_250_000n)).toBe(nb("Rp 1,250,500.25"));
    expect(en.words.money(5_000n)).toBe(nb("Rp 0.0050"));
    expect(en.words.money(9_007_199_254_740_993_000_001n)).toBe(nb("Rp 9,007,199,254,740,993.000001"));
    expect(id.words.price(1_444_700n)).toBe(nb("Rp 1.444,70/kWh"));
    expect(en.words.tick(1_445n)).toBe(nb("Rp 1,445.00/kWh"));
    expect(id.words.tick(0n)).toBe(nb("Rp 0,00/kWh"));
    expect(en.words.seconds(3_600n)).toBe(nb("3600 seconds"));
  });

  test("a thousand times as much is never written alike, whichever mark its reader takes for thousands", () => {
    for (const { words } of [en, id])
      for (const idrs of [1_310_000n, 1_234_000n, 500_000n, 123_456_000_000n]) {
        const [once, thousandfold] = [words.money(idrs), words.money(idrs * 1_000n)];
        expect(once.replaceAll(/[.,]/g, "")).not.toBe(thousandfold.replaceAll(/[.,]/g, ""));
      }
  });

  test("a share is never rounded up to all, and there is none of nothing", () => {
    expect(en.percent(999n, 1_000n)).toBe("99%");
    expect(en.percent(0n, 0n)).toBe("–");
  });
});

describe("times", () => {
  const noon = Date.UTC(2026, 10, 21, 5) / 1_000;

  test("are in WIB and name the day only when it is another", () => {
    expect(id.clock(noon, noon)).toBe(nb("12.00 WIB"));
    expect(en.clock(noon + 86_400, noon)).toBe("22 Nov, 12:00\u00a0WIB");
    expect(en.moment(noon + 59)).toBe("21 Nov, 12:00\u00a0WIB");
    expect(id.moment(noon)).toBe("21 Nov, 12.00\u00a0WIB");
  });

  test("are told from now", () => {
    expect(id.ago(noon - 720, noon)).toBe("12 menit yang lalu");
    expect(en.ago(noon + 7_200, noon)).toBe("in 2 hours");
  });

  test("how long something takes is told in hours and minutes", () => {
    expect([45, 120, 9_519, 7_200].map(en.duration)).toEqual([
      "45 seconds",
      "2 minutes",
      "2 hours and 38 minutes",
      "2 hours",
    ]);
    expect(id.duration(9_519)).toBe("2 jam dan 38 menit");
  });

  test("a day begins at midnight in Jakarta", () => {
    expect(startOfDay(noon)).toBe(noon - 12 * 3_600);
    expect(startOfDay(startOfDay(noon))).toBe(startOfDay(noon));
    expect(startOfDay(startOfDay(noon) - 1)).toBe(startOfDay(noon) - 86_400);
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
