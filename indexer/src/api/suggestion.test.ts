import fc from "fast-check";
import { expect, test } from "vitest";
import { type PriceBasis, suggestPrice } from "./suggestion.ts";

const price = fc.bigInt(1n, 4_294_967_295n);
const energy = fc.bigInt(0n, 2n ** 56n);
const basis = fc.record({
  average: fc.option(price),
  middle: fc.option(price),
  tariff: price,
  minimum: price,
  exportedWh: energy,
  importedWh: energy,
});
const calm: PriceBasis = {
  average: 1_400_000n,
  middle: 1_300_000n,
  tariff: 1_444_700n,
  minimum: 1_000n,
  exportedWh: 500n,
  importedWh: 500n,
};

test("a balanced community keeps the average price, else the middle of the book, else the tariff", () => {
  expect(suggestPrice(calm)).toBe(1_400_000n);
  expect(suggestPrice({ ...calm, average: null })).toBe(1_300_000n);
  expect(suggestPrice({ ...calm, average: null, middle: null })).toBe(1_444_700n);
});

test("surplus lowers it by up to a tenth, want raises it up to the tariff", () => {
  expect(suggestPrice({ ...calm, importedWh: 0n })).toBe(1_260_000n);
  expect(suggestPrice({ ...calm, exportedWh: 0n })).toBe(1_444_700n);
});

test("stays between the minimum and the tariff, or at the minimum where that is higher", () => {
  fc.assert(
    fc.property(basis, (given) => {
      const suggested = suggestPrice(given);
      expect(suggested >= given.minimum).toBe(true);
      expect(suggested <= (given.tariff > given.minimum ? given.tariff : given.minimum)).toBe(true);
    }),
  );
});

test("more demand never makes it cheaper, more supply never dearer", () => {
  fc.assert(
    fc.property(basis, energy, (given, more) => {
      const suggested = suggestPrice(given);
      expect(suggestPrice({ ...given, importedWh: given.importedWh + more }) >= suggested).toBe(true);
      expect(suggestPrice({ ...given, exportedWh: given.exportedWh + more }) <= suggested).toBe(true);
    }),
  );
});
