import { expect, test } from "vitest";
import { makeFormat } from "../format/index.ts";
import type { PartOf } from "./data.ts";
import { namesOf, partnersOf, sharedBy } from "./partners.ts";

const part = (serial: string, slotEnd: number, side: PartOf["side"], sharedWh: bigint): PartOf => ({
  ...{ meterId: `0x${serial}`, meter: { serial }, slotEnd, side, sharedWh },
});
const parts = [
  part("own", 60, "SOLD", 300n),
  part("east", 60, "BOUGHT", 100n),
  part("west", 60, "BOUGHT", 200n),
  part("east", 120, "BOUGHT", 250n),
  part("north", 180, "BOUGHT", 900n),
  part("own", 240, "BOUGHT", 50n),
  part("south", 240, "SOLD", 50n),
];
const own = [
  { slotEnd: 60, side: "SOLD", sharedWh: 300n },
  { slotEnd: 120, side: "SOLD", sharedWh: 250n },
  // There it sold nothing to them.
  { slotEnd: 180, side: "SOLD", sharedWh: 0n },
  { slotEnd: 240, side: "BOUGHT", sharedWh: 50n },
] as const;

test("partners are those of the other side in the slots that the home shared, most first", () => {
  expect(partnersOf(parts, own, "BOUGHT")).toEqual([
    { serial: "east", sharedWh: 350n },
    { serial: "west", sharedWh: 200n },
  ]);
  expect(partnersOf(parts, own, "SOLD")).toEqual([{ serial: "south", sharedWh: 50n }]);
});

test("they are named as they are called, the others counted", () => {
  const partners = ["a", "b", "c", "d", "e", "f", "g"].map((serial) => ({ serial, sharedWh: 10n }));
  const called = (serial: string) => (serial === "a" ? "Rumah Senen" : serial);
  const names = namesOf(partners, called, (count) => `${count} others`, makeFormat("en")).replaceAll(
    "\u00a0",
    " ",
  );
  expect(names).toBe("Rumah Senen (10 Wh), b (10 Wh), c (10 Wh), d (10 Wh), e (10 Wh) and 2 others");
  expect(namesOf([], called, String, makeFormat("en"))).toBe("");
});

test("what all of them shared says whether the home was alone on its side", () => {
  const partners = partnersOf(parts, own, "BOUGHT");
  expect(sharedBy(partners)).toBe(550n);
  expect(sharedBy(own.filter(({ side }) => side === "SOLD"))).toBe(550n);
  expect(sharedBy([])).toBe(0n);
});
