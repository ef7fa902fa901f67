import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amountText } from "../format/index.ts";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { makeAmounts } from "./form.ts";

const inEnglish = makeAmounts(makeI18n("en", en));
const inIndonesian = makeAmounts(makeI18n("id", id));
const nb = (text: string) => text.replaceAll(" ", "\u00a0");

describe("a typed amount", () => {
  const energy = inEnglish.energy({ least: 100n, most: 4_294_967_295n });
  const problem = (schema: typeof energy, text: string) => schema.safeParse(text).error?.issues[0]?.message;

  test("becomes exact base units, both ends of the range included", () => {
    expect(energy.parse("0.1")).toBe(100n);
    expect(energy.parse("4,294,967.295")).toBe(4_294_967_295n);
    expect(inIndonesian.money().parse("1.250,5")).toBe(1_250_500_000n);
    expect(inEnglish.price().parse("1444.7")).toBe(1_444_700n);
  });

  test.each(["0.099", "4294967.296", "", "  "])("outside its range is told the range: %j", (text) => {
    expect(problem(energy, text)).toBe(`From ${nb("100 Wh")} to ${nb("4,294,967.295 kWh")}.`);
  });

  test("is told its range in the reader's language, whichever ends it has", () => {
    expect(problem(inIndonesian.energy({ least: 100n }), "0")).toBe(`Paling sedikit ${nb("100 Wh")}.`);
    expect(problem(inEnglish.tick({ most: 65_535n }), "65536")).toBe(
      `More than zero, at most ${nb("Rp 65,535/kWh")}.`,
    );
    expect(problem(inEnglish.money(), "0")).toBe("More than zero.");
    expect(problem(inEnglish.energy({ least: 100n, most: 68n }), "0.1")).toBe(
      `There is only ${nb("68 Wh")}.`,
    );
    // Every digit: an end that was rounded up could not be entered.
    expect(problem(inEnglish.money({ most: 12_345_678n }), "13")).toBe(
      `More than zero, at most ${nb("Rp 12.345678")}.`,
    );
  });

  test("that cannot be taken as it is written is told why", () => {
    expect(problem(energy, "twelve")).toBe("This is not an amount. Write digits, such as 1.5 or 1500.");
    expect(problem(energy, "-1")).toBe("An amount has no minus sign.");
    expect(problem(energy, "Rp 5")).toBe("Write it in kWh, digits only.");
    expect(problem(energy, "0.1234")).toBe("At most 3 decimals of kWh: nothing is rounded for you.");
    expect(problem(inEnglish.seconds({ most: 3_600n }), "1.5")).toBe("Enter a whole number, such as 1310.");
  });

  test("that may be a thousand times another one is neither taken nor guessed", () => {
    expect(problem(energy, "1.310")).toBe("This can mean two amounts. Which one?");
    expect(problem(inIndonesian.money(), "Rp 1.310")).toBe("Ini bisa berarti dua jumlah. Yang mana?");
    expect(inIndonesian.tick({ most: 65_535n }).parse("Rp 1.310")).toBe(1_310n);
  });

  test("is taken exactly when it is within its range", () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 12n),
        fc.bigInt(1n, 10n ** 12n),
        fc.bigInt(1n, 10n ** 12n),
        (value, a, b) => {
          const [least, most] = a < b ? [a, b] : [b, a];
          const text = amountText(value, "energy", "en");
          const { success, data } = inEnglish.energy({ least, most }).safeParse(text);
          expect(success).toBe(value >= least && value <= most);
          if (success) expect(data).toBe(value);
        },
      ),
    );
  });
});
