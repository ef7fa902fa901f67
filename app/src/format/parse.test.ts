import { formatDecimal } from "@enerlink/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AmountKind, amountText, decimalsOf, readAmount } from "./parse.ts";

const amount = (value: bigint) => ({ is: "amount", value });

describe("an amount", () => {
  test.each<[string, AmountKind, bigint]>([
    ["0.500", "energy", 500n],
    ["0,500", "energy", 500n],
    [".5", "energy", 500n],
    ["5,", "energy", 5_000n],
    [" 7 ", "energy", 7_000n],
    ["3,2", "energy", 3_200n],
    ["3.5420", "energy", 3_542n],
    ["1234.567", "energy", 1_234_567n],
    ["1,5 kWh", "energy", 1_500n],
    ["1.5kWh", "energy", 1_500n],
    ["542 Wh", "energy", 542n],
    ["1 310", "energy", 1_310_000n],
    ["1\u00a0310,5", "energy", 1_310_500n],
    ["1'000", "energy", 1_000_000n],
    ["1’000.25", "energy", 1_000_250n],
    ["1.310,50", "energy", 1_310_500n],
    ["1,310.50", "energy", 1_310_500n],
    ["1.234.567", "energy", 1_234_567_000n],
    ["２", "energy", 2_000n],
    ["２．５", "energy", 2_500n],
    ["٢", "energy", 2_000n],
    ["٢٫٥", "energy", 2_500n],
    ["١٬٣١٠", "energy", 1_310_000n],
    ["\u200e2.5\u200f", "energy", 2_500n],
    ["+2,5", "energy", 2_500n],
    // A whole number can be meant in one way only.
    ["Rp 1.310", "tick", 1_310n],
    ["Rp\u00a01,310/kWh", "tick", 1_310n],
    ["1310 per kWh", "tick", 1_310n],
    ["1.310,-", "money", 1_310_000_000n],
    ["Rp.50000", "money", 50_000_000_000n],
    ["Rp 1.250.000", "money", 1_250_000_000_000n],
    ["1444,7", "price", 1_444_700n],
    ["12.345678", "money", 12_345_678n],
    ["60 detik", "seconds", 60n],
  ])("written %j into a field for %s is taken exactly", (text, kind, value) => {
    expect(readAmount(text, kind)).toEqual(amount(value));
  });

  test.each<[string, AmountKind, bigint, bigint]>([
    ["1.310", "energy", 1_310n, 1_310_000n],
    ["1,310", "energy", 1_310n, 1_310_000n],
    ["12.500 kWh", "energy", 12_500n, 12_500_000n],
    ["Rp 1.310", "money", 1_310_000n, 1_310_000_000n],
    ["50,000", "money", 50_000_000n, 50_000_000_000n],
    ["1.000", "tick", 1n, 1_000n],
    ["1.000 Wh", "energy", 1n, 1_000n],
  ])("written %j into a field for %s is not guessed", (text, kind, small, large) => {
    expect(readAmount(text, kind)).toEqual({ is: "ambiguous", meanings: [small, large] });
  });

  test.each<[string, AmountKind, string]>([
    ["1e3", "energy", "number"],
    ["0x10", "energy", "number"],
    ["1/2", "energy", "number"],
    ["½", "energy", "number"],
    ["10²", "energy", "number"],
    ["1,2,3", "energy", "number"],
    ["1.2.3", "energy", "number"],
    ["1,23,456", "energy", "number"],
    ["0.500.000", "energy", "number"],
    ["1.310.", "energy", "number"],
    ["1 5", "energy", "number"],
    ["1\t310", "energy", "number"],
    ["1 310'000", "energy", "number"],
    ["3 kWh 542 Wh", "energy", "number"],
    ["5%", "energy", "number"],
    [".", "energy", "number"],
    ["9".repeat(101), "energy", "number"],
    ["-5", "energy", "negative"],
    ["−5", "energy", "negative"],
    ["Rp -5", "money", "negative"],
    ["50rb", "money", "unit"],
    ["$5", "money", "unit"],
    ["1,5 kWh", "money", "unit"],
    ["Rp 5", "energy", "unit"],
    ["2 MWh", "energy", "unit"],
    ["0.1234", "energy", "decimals"],
    ["542,5 Wh", "energy", "decimals"],
    ["1444.7", "tick", "decimals"],
  ])("written %j into a field for %s is refused", (text, kind, why) => {
    expect(readAmount(text, kind)).toEqual({ is: "refused", why });
  });

  test("that is not written is not zero", () => {
    expect(readAmount(" \u00a0 ", "energy")).toEqual({ is: "empty" });
  });

  const kinds = ["energy", "money", "price", "tick", "seconds"] as const;
  const amounts = fc.oneof(
    fc.bigInt(0n, 10n ** 13n),
    fc.bigInt(0n, 3_000n),
    fc.bigInt(1n, 3_000n).map((n) => n * 1_000n),
  );

  test("that a field was filled with is read back, whatever the reader's language", () => {
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom(...kinds),
        fc.constantFrom("id", "en"),
        (value, kind, language) => {
          expect(readAmount(amountText(value, kind, language), kind)).toEqual(amount(value));
        },
      ),
    );
  });

  /** Writes decimal text as people do: marks, decimals that are filled up, another script's digits, units around it. */
  function write(
    value: bigint,
    kind: AmountKind,
    {
      group,
      decimal,
      least,
      zero,
      before,
      after,
    }: Record<"group" | "decimal" | "zero" | "before" | "after", string> & { least: number },
  ): string {
    const [whole = "", fraction = ""] = formatDecimal(value, decimalsOf(kind)).split(".");
    const filled = fraction.padEnd(least, "0");
    const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, group);
    const text = filled ? `${grouped}${decimal}${filled}` : grouped;
    const digits = text.replaceAll(/\d/g, (digit) =>
      String.fromCodePoint(zero.codePointAt(0)! + Number(digit)),
    );
    return `${before}${digits}${after}`;
  }
  const writings = fc
    .record({
      group: fc.constantFrom("", ".", ",", " ", "\u00a0", "\u202f", "'", "’", "٬"),
      decimal: fc.constantFrom(".", ",", "٫"),
      least: fc.nat(6),
      zero: fc.constantFrom("0", "０", "٠", "۰", "꧐"),
      before: fc.constantFrom("", "Rp", "Rp ", "rp.", "IDR\u00a0", "+", " "),
      after: fc.constantFrom("", " kWh", "/kWh", " Wh", "\u00a0", ",-"),
    })
    .filter(({ group, decimal }) => group !== decimal);

  test("is understood as it is written, asked about or refused: never another one", () => {
    let taken = 0;
    fc.assert(
      fc.property(amounts, fc.constantFrom(...kinds), writings, (value, kind, writing) => {
        // Digits in Wh are another amount than in kWh, and ",-" says that there are no decimals.
        const { after, least } = writing;
        const whole = value % 10n ** BigInt(decimalsOf(kind)) === 0n && least === 0;
        fc.pre(after !== " Wh" && (after !== ",-" || whole));
        const read = readAmount(write(value, kind, writing), kind);
        if (read.is === "amount") expect(read.value).toBe(value);
        if (read.is === "ambiguous") expect(read.meanings).toContain(value);
        if (read.is === "amount") taken++;
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
  }, 30_000);

  test("without marks between thousands and with other than three decimals is always understood", () => {
    const plain = fc.record({ decimal: fc.constantFrom(".", ","), least: fc.constantFrom(0, 1, 2, 4, 5) });
    fc.assert(
      fc.property(amounts, fc.constantFrom(...kinds), plain, (value, kind, { decimal, least }) => {
        const text = write(value, kind, { group: "", decimal, least, zero: "0", before: "", after: "" });
        fc.pre(!/^[1-9]\d{0,2}[.,]\d{3}$/.test(text));
        expect(readAmount(text, kind)).toEqual(amount(value));
      }),
    );
  });
});
