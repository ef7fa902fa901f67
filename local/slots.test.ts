import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outcomeOf, priceOf, type Read, shareOut } from "./slots.ts";

const terms = { retail: 1_445_000n, feedIn: 900_000n, fee: 100_000n };
const rich = { idrs: 10n ** 15n, wattHours: 10n ** 9n };
const member = (openWh: bigint, values: Partial<Read> = {}): Read => ({
  openWh,
  shares: true,
  sellFrom: 900_000n,
  buyUpTo: 1_445_000n,
  idrs: 10n ** 15n,
  ...values,
});
const outcome = (members: Read[], utility = rich) => outcomeOf(members, terms, 3n, utility);

describe("the price", () => {
  test("is feed-in from twice as much surplus as need, retail less the fee from twice as much need", () => {
    expect(priceOf(terms, 2_000n, 1_000n, 3n)).toBe(900_000n);
    expect(priceOf(terms, 5_000n, 1_000n, 3n)).toBe(900_000n);
    expect(priceOf(terms, 1_000n, 2_000n, 3n)).toBe(1_345_000n);
    expect(priceOf(terms, 1_000n, 9_000n, 3n)).toBe(1_345_000n);
  });

  test("lies in the middle where both are equal, and is rounded down", () => {
    expect(priceOf(terms, 1_000n, 1_000n, 3n)).toBe(1_122_500n);
    // (203 + 3 x 3) of 2 x 203 parts.
    expect(priceOf(terms, 100n, 103n, 3n)).toBe(900_000n + (445_000n * 212n) / 406n);
  });
});

test("what is shared out adds up, and nobody gets more than its amount", () => {
  const amounts = fc.array(fc.bigInt(0n, 10_000n), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(amounts, fc.nat(1_000), (all, part) => {
      const total = (all.reduce((sum, one) => sum + one, 0n) * BigInt(part)) / 1_000n;
      const parts = shareOut(total, all);
      expect(parts.reduce((sum, one) => sum + one, 0n)).toBe(total);
      for (const [i, one] of parts.entries()) expect(one >= 0n && one <= all[i]!).toBe(true);
    }),
  );
});

describe("a slot", () => {
  test("goes to neighbours first, the rest to the utility at its two prices", () => {
    const { price, sharedWh, parts, utility } = outcome([member(-3_000n), member(1_000n), member(0n)]);
    expect([price, sharedWh, utility]).toEqual([900_000n, 1_000n, { takenWh: 2_000n, givenWh: 0n }]);
    expect(parts).toEqual([
      { side: "SOLD", sharedWh: 1_000n, utilityWh: 2_000n, leftWh: 0n, idrs: 3_000n * 900_000n },
      { side: "BOUGHT", sharedWh: 1_000n, utilityWh: 0n, leftWh: 0n, idrs: 1_000n * 1_000_000n },
      { side: undefined, sharedWh: 0n, utilityWh: 0n, leftWh: 0n, idrs: 0n },
    ]);
  });

  test("leaves out who declines the price or was absent at its beginning, without moving it for a decline", () => {
    const honest = outcome([member(-1_000n), member(1_000n), member(1_000n)]);
    const declined = outcome([member(-1_000n), member(1_000n, { buyUpTo: 1_400_000n }), member(1_000n)]);
    expect(declined.price).toBe(honest.price);
    expect(declined.parts[1]).toMatchObject({ sharedWh: 0n, utilityWh: 1_000n, idrs: 1_445_000_000n });
    expect(declined.parts[2]).toMatchObject({ sharedWh: 1_000n });
    const absent = outcome([member(-1_000n), member(1_000n, { shares: false }), member(1_000n)]);
    expect(absent.price).toBe(1_122_500n);
    expect(absent.parts[1]).toMatchObject({ sharedWh: 0n, utilityWh: 1_000n });
  });

  test("leaves what nobody can pay or deliver", () => {
    const poor = outcome([member(-500n), member(1_000n, { idrs: 300n * 1_445_000n })]);
    expect(poor.parts[1]).toMatchObject({ sharedWh: 300n, utilityWh: 0n, leftWh: 700n });
    const away = outcome([member(-500n), member(-100n), member(200n)], {
      idrs: 900_000n * 50n,
      wattHours: 0n,
    });
    expect(away.utility).toEqual({ takenWh: 50n, givenWh: 0n });
    expect(away.parts.map(({ leftWh }) => leftWh)).toEqual([293n, 57n, 0n]);
  });

  test("leaves members what no neighbour took where the utility pays nothing", () => {
    const free = outcomeOf(
      [member(-1_000n, { sellFrom: 1_000n }), member(-500n), member(300n), member(200n, { shares: false })],
      { ...terms, feedIn: 0n },
      3n,
      rich,
    );
    expect(free.utility).toEqual({ takenWh: 0n, givenWh: 500n });
    expect(free.parts.slice(0, 2)).toMatchObject([
      { side: "SOLD", sharedWh: 0n, utilityWh: 0n, leftWh: 1_000n, idrs: 0n },
      { side: "SOLD", sharedWh: 0n, utilityWh: 0n, leftWh: 500n, idrs: 0n },
    ]);
  });

  test("pays out what it takes in, and nobody with limits at the tariff is worse off than at the utility", () => {
    const open = fc.array(fc.bigInt(-5_000n, 5_000n), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(open, (all) => {
        const { price, sharedWh, parts, utility } = outcome(all.map((openWh) => member(openWh)));
        const net = parts.reduce((sum, { side, idrs }) => sum + (side === "SOLD" ? idrs : -idrs), 0n);
        const byUtility = utility.givenWh * terms.retail - utility.takenWh * terms.feedIn;
        expect(net + byUtility + sharedWh * terms.fee).toBe(0n);
        for (const [i, { side, idrs }] of parts.entries()) {
          if (side === "SOLD") expect(idrs >= -all[i]! * terms.feedIn).toBe(true);
          if (side === "BOUGHT") expect(idrs <= all[i]! * terms.retail).toBe(true);
        }
        if (sharedWh > 0n) expect(price >= terms.feedIn && price <= terms.retail - terms.fee).toBe(true);
      }),
    );
  });
});
