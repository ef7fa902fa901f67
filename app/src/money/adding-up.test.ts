import fc from "fast-check";
import { expect, test } from "vitest";
import { addingUp } from "./adding-up.ts";

test("a printed column adds up to its total, and each of its amounts is right to a unit", () => {
  expect(addingUp([395n, 395n, 395n], 10n)).toEqual([390n, 400n, 390n]);
  expect(addingUp([395n, null, 395n], 10n)).toEqual([390n, null, 400n]);
  fc.assert(
    fc.property(fc.array(fc.bigInt(-(10n ** 12n), 10n ** 12n)), fc.bigInt(1n, 10n ** 6n), (amounts, unit) => {
      const shown = addingUp(amounts, unit);
      const total = amounts.reduce((sum, amount) => sum + amount, 0n);
      expect(shown.reduce((sum, amount) => sum + amount, 0n)).toBe(total - (total % unit));
      shown.forEach((amount, index) => {
        expect(amount % unit).toBe(0n);
        const off = amount - amounts[index]!;
        expect(off < 2n * unit && off > -2n * unit).toBe(true);
      });
    }),
  );
});
