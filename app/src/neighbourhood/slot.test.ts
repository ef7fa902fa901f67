import { describe, expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import {
  accepts,
  type Limits,
  meant,
  type Own,
  priceOf,
  type Share,
  type Slot,
  sumOf,
  widest,
} from "./slot.ts";
import { slotWords } from "./slot-words.ts";
import { reasonOf, whyWords } from "./why.ts";
import { hoodWords } from "./words.ts";

const STEEPNESS = 3n;
const terms = { retail: 1_445, feedIn: 900, fee: 100 };
const noon = {
  ...terms,
  slotStart: 0,
  slotEnd: 3_600,
  price: 1_000_000n,
  sharedWh: 800n,
  surplusWh: 1_500n,
  needWh: 800n,
} satisfies Slot;
const any = widest(terms);
const sold = (sharedWh: bigint, utilityWh: bigint, leftWh = 0n): Share => ({
  side: "SOLD",
  sharedWh,
  utilityWh,
  leftWh,
});
const bought = (sharedWh: bigint, utilityWh: bigint, leftWh = 0n): Share => ({
  ...sold(sharedWh, utilityWh, leftWh),
  side: "BOUGHT",
});

describe("the price of a slot", () => {
  test("runs from feed-in at twice the surplus to retail less the fee at twice the need", () => {
    expect(priceOf(terms, 2_000n, 1_000n, STEEPNESS)).toBe(900_000n);
    expect(priceOf(terms, 5_000n, 1_000n, STEEPNESS)).toBe(900_000n);
    expect(priceOf(terms, 1_000n, 1_000n, STEEPNESS)).toBe(1_122_500n);
    expect(priceOf(terms, 1_000n, 2_000n, STEEPNESS)).toBe(1_345_000n);
    expect(priceOf(terms, 1n, 9_000n, STEEPNESS)).toBe(1_345_000n);
  });

  test("is rounded down, as the contract does", () => {
    // 900,000 + 445,000 x (4 x 800 - 2 x 1,500) / 4,600
    expect(priceOf(terms, 1_500n, 800n, STEEPNESS)).toBe(919_347n);
  });

  test("is none where one side has nothing", () => {
    expect(priceOf(terms, 0n, 9n, STEEPNESS)).toBeUndefined();
    expect(priceOf(terms, 9n, 0n, STEEPNESS)).toBeUndefined();
  });
});

test("the widest limits accept every price that can come, the fee counted", () => {
  for (const [surplusWh, needWh] of [
    [9n, 1n],
    [1n, 1n],
    [1n, 9n],
  ] as const) {
    const price = priceOf(terms, surplusWh, needWh, STEEPNESS)!;
    for (const side of ["SOLD", "BOUGHT"] as const) expect(accepts(any, side, price, terms.fee)).toBe(true);
  }
  expect(accepts({ ...any, buyUpTo: 1_099 }, "BOUGHT", 1_000_000n, 100)).toBe(false);
  expect(accepts({ ...any, buyUpTo: 1_100 }, "BOUGHT", 1_000_000n, 100)).toBe(true);
  // Where exports earn nothing, the least that can be asked is a rupiah.
  expect(widest({ ...terms, feedIn: 0 })).toEqual({ sellFrom: 1, buyUpTo: 1_445 });
});

describe("what limits would have meant", () => {
  const own = (side: Own["side"], wattHours: bigint) => new Map([[noon.slotEnd, { side, wattHours }]]);
  const of = (map: Map<number, Own>, limits: Limits, among: boolean) =>
    meant([noon], map, limits, STEEPNESS, among);

  test("for a neighbour: its part at the price that was", () => {
    expect(of(own("SOLD", 300n), any, true)).toEqual([
      // 300 x 800 / 1,500, each Wh 100 IDR/kWh better
      {
        side: "SOLD",
        wattHours: 300n,
        slotStart: 0,
        price: 1_000_000n,
        sharedWh: 160n,
        betterIdrs: 160n * 100_000n,
      },
    ]);
    expect(of(own("BOUGHT", 100n), any, true)).toMatchObject([
      { sharedWh: 100n, betterIdrs: 100n * 345_000n },
    ]);
  });

  test("for a home outside: its own energy moves the price and is counted in", () => {
    const [one] = of(own("BOUGHT", 700n), any, false);
    // Surplus and need are 1,500 both: half-way, and all of it is shared.
    expect(one).toMatchObject({ price: 1_122_500n, sharedWh: 700n, betterIdrs: 700n * 222_500n });
  });

  test("nothing where the limit declines the price, and nothing of slots that are not known", () => {
    expect(of(own("SOLD", 300n), { ...any, sellFrom: 1_001 }, true)).toMatchObject([
      { sharedWh: 0n, betterIdrs: 0n },
    ]);
    expect(of(new Map(), any, true)).toEqual([]);
    const alone = { ...noon, needWh: 0n, sharedWh: 0n, price: null };
    expect(meant([alone], own("SOLD", 300n), any, STEEPNESS, true)).toMatchObject([
      { price: undefined, sharedWh: 0n, betterIdrs: 0n },
    ]);
  });

  test("is added up", () => {
    const all = [
      ...of(own("SOLD", 300n), any, true),
      ...of(own("BOUGHT", 100n), any, true),
      ...of(own("SOLD", 300n), { ...any, sellFrom: 1_400 }, true),
    ];
    expect(sumOf(all)).toEqual({
      slots: 3,
      shared: 2,
      soldWh: 160n,
      boughtWh: 100n,
      betterIdrs: 160n * 100_000n + 100n * 345_000n,
    });
    expect(sumOf([])).toMatchObject({ slots: 0, betterIdrs: 0n });
  });
});

describe("why a slot went as it did", () => {
  const english = withWords(makeI18n("en", en), hoodWords);
  const say = (slot: Slot, share: Share | undefined, limits: Limits = any) =>
    whyWords(slot, share, limits, STEEPNESS, english).join(" ").replaceAll("\u00a0", " ");
  const none = { ...noon, sharedWh: 0n, price: null };

  test("a part to neighbours, the rest to the utility", () => {
    expect(say(noon, sold(800n, 700n))).toBe(
      "You sold 800 Wh to neighbours at Rp 1,000/kWh. The rest, 700 Wh, went to PLN at Rp 900/kWh, because there was more left over than neighbours needed.",
    );
    expect(say(noon, sold(800n, 0n))).toBe("You sold 800 Wh to neighbours at Rp 1,000/kWh.");
  });

  test("bought with the fee", () => {
    expect(say({ ...noon, needWh: 3_000n }, bought(500n, 1_200n))).toBe(
      "You bought 500 Wh from neighbours at Rp 1,100/kWh, network fee of Rp 100/kWh included. The rest, 1.2 kWh, came from PLN at Rp 1,445/kWh, because neighbours needed more than was left over.",
    );
  });

  test("a part only though the other side had enough: not everybody shared at that price", () => {
    expect(say({ ...noon, surplusWh: 1_550n, needWh: 959n }, bought(314n, 172n))).toContain(
      "because not everybody who had some left over sold at the neighbours' price.",
    );
    expect(say({ ...noon, surplusWh: 900n, needWh: 959n }, sold(314n, 172n))).toContain(
      "because not everybody who needed energy bought at the neighbours' price.",
    );
  });

  test("nothing shared, for each reason", () => {
    expect(say({ ...none, needWh: 0n }, sold(0n, 1_500n))).toContain("no neighbour needed energy");
    expect(say({ ...none, surplusWh: 0n }, bought(0n, 800n))).toContain("no neighbour had any left over");
    expect(say(noon, sold(0n, 1_500n), { ...any, sellFrom: 1_200 })).toContain(
      "neighbours paid Rp 1,000/kWh and you sell from Rp 1,200/kWh",
    );
    expect(say(noon, bought(0n, 800n), { ...any, buyUpTo: 1_050 })).toContain(
      "neighbours asked Rp 1,100/kWh with the fee and you buy up to Rp 1,050/kWh",
    );
    // Nobody shared: the price that the limit declined is reckoned.
    expect(say(none, sold(0n, 1_500n), { ...any, sellFrom: 1_200 })).toContain(
      "neighbours paid Rp 919.34/kWh",
    );
    expect(reasonOf(none, sold(0n, 1_500n), any, 919_347n)).toBe("others");
    expect(reasonOf(noon, sold(0n, 1_500n), any, 1_000_000n)).toBe("unread");
    for (const one of [sold(0n, 1_500n), bought(0n, 800n)])
      expect(say(noon, one)).toContain("your home's meter was not read at the start");
  });

  test("what could not be paid, and who was not there", () => {
    expect(say(noon, bought(0n, 0n, 800n))).toContain("800 Wh are owed: nobody could sell them");
    expect(say(noon, sold(0n, 0n, 800n))).toContain("PLN could not pay for 800 Wh");
    expect(say(noon, undefined)).toContain("not read in time");
  });

  test("what is left where the utility pays nothing", () => {
    const free = { ...noon, feedIn: 0 };
    expect(say(free, sold(0n, 0n, 800n))).toBe(
      "No neighbour took 800 Wh and PLN pays nothing for it; you keep it as your own energy.",
    );
    expect(slotWords({ ...none, feedIn: 0, needWh: 0n }, english)).toContain("so each home kept its own");
  });

  test("the neighbourhood's own sentence, in both languages", () => {
    const slots: Slot[] = [
      noon,
      none,
      { ...none, needWh: 0n },
      { ...none, surplusWh: 0n },
      { ...none, surplusWh: 0n, needWh: 0n },
    ];
    for (const words of [english, withWords(makeI18n("id", id), hoodWords)]) {
      const said = slots.map((slot) => slotWords(slot, words));
      expect(new Set(said).size).toBe(slots.length);
      for (const one of said) expect(one).not.toMatch(/[{}]/);
    }
    expect(slotWords(noon, english).replaceAll("\u00a0", " ")).toBe(
      "Neighbours had 1.5 kWh left over and needed 800 Wh. They shared 800 Wh at Rp 1,000/kWh.",
    );
  });
});
