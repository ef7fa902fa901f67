import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { wordsOf } from "./tour.ts";

test("the step to the map says that nothing is on offer, and what to do, where that is so", () => {
  expect(en[wordsOf("nearby", false, undefined, false)]).toContain(
    "No neighbour offers energy from a battery now",
  );
  for (const anyOffer of [true, undefined])
    expect(en[wordsOf("nearby", false, undefined, anyOffer)]).toContain("Find a neighbour's offer");
  // Done is done, whatever is on offer since.
  expect(wordsOf("nearby", true, undefined, false)).toBe("tour.nearby");
});

test("the step to the market says which side is filled in", () => {
  expect([wordsOf("sell", false, "buy", true), wordsOf("sell", false, "sell", true)]).toEqual([
    "tour.buy",
    "tour.sell",
  ]);
  expect([wordsOf("sell", true, "buy", true), wordsOf("sell", false, undefined, true)]).toEqual([
    "tour.trade",
    "tour.trade",
  ]);
  expect(wordsOf("month", false, undefined, undefined)).toBe("tour.month");
});
