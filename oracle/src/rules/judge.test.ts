import type { UnsignedReading } from "@enerlink/protocol/wire/reading";
import { devicePublicKey, signReading, verifyReading } from "@enerlink/protocol/wire/reading-signature";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deviceKey } from "../../simulator/device-key.ts";
import { mostWh } from "./connection.ts";
import { type Judged, judge, judgeRegisters, unrolled } from "./judge.ts";
import type { Levels } from "./levels.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const key = deviceKey("test", "home-01");
const meter = {
  key: devicePublicKey(key.x, key.y),
  epoch: 1,
  epochDeclaredAt: 1,
  exportWatts: 5_000,
  importWatts: 2_000,
};
const last = { epoch: 1, sequence: 10n, timestamp: 10_000, exportWh: 500n, importWh: 900n, storedWh: 0n };
const next: UnsignedReading = { ...last, serial: "home-01", sequence: 11n, timestamp: 10_900 };

function verdict(fields: Partial<UnsignedReading>, judged: Partial<Judged> = {}) {
  const reading = signReading(domain, { ...next, ...fields }, key.privateKey);
  const all = {
    reading,
    authentic: verifyReading(domain, reading, meter.key),
    meter,
    last,
    levels: undefined,
    isReported: () => true,
    same: () => undefined,
    neighbours: () => ({ before: undefined, after: last }),
    hold: undefined,
    now: 11_000,
    interval: 900,
    ...judged,
  };
  const { outcome, ...rest } = judge(all);
  return "reason" in rest ? rest.reason : outcome;
}

describe("a reading is judged", () => {
  test("accepted when it is signed, in time and possible", () => {
    expect(verdict({})).toBe("accept");
    expect(verdict({ exportWh: 501n, importWh: 901n, storedWh: 7n })).toBe("accept");
    expect(verdict({ timestamp: 11_120 })).toBe("accept");
    expect(verdict({}, { last: undefined })).toBe("accept");
  });

  test.each<[string, Partial<UnsignedReading>, Partial<Judged>]>([
    ["unknown-meter", {}, { meter: undefined }],
    ["wrong-signature", {}, { meter: { ...meter, key: undefined } }],
    ["wrong-signature", {}, { authentic: false }],
    ["wrong-epoch", { epoch: 2 }, {}],
    ["wrong-epoch", { epoch: 0 }, {}],
    ["future", { timestamp: 11_121 }, {}],
    ["decreasing", { exportWh: 499n }, {}],
    ["decreasing", { importWh: 899n }, {}],
    ["impossible", { exportWh: 500n + 1_378n }, {}],
    ["impossible", { importWh: 900n + 553n }, {}],
    ["equivocation", { sequence: 10n }, { same: () => ({ ...last, exportWh: 499n }) }],
    ["duplicate", { ...last }, { same: () => last }],
    ["stale", { sequence: 9n }, {}],
    ["stale", { timestamp: 10_000 }, {}],
    ["late", { sequence: 9n, timestamp: 9_000, exportWh: 450n, importWh: 850n }, {}],
    ["stale", { sequence: 9n, timestamp: 9_000, exportWh: 501n, importWh: 850n }, {}],
    ["stale", { sequence: 9n, timestamp: 10_001, exportWh: 450n, importWh: 850n }, {}],
    [
      "stale",
      { sequence: 9n, timestamp: 9_000, exportWh: 450n, importWh: 850n },
      { neighbours: () => ({ before: { ...last, timestamp: 8_000, exportWh: 451n }, after: last }) },
    ],
    ["tamper", {}, { hold: { reason: "tamper" } }],
    ["frozen", {}, { hold: { reason: "equivocation" } }],
    ["frozen", { ...last }, { same: () => last, hold: { reason: "equivocation" } }],
    ["accept", {}, { hold: { reason: "decreasing" } }],
  ])("%s", (expected, fields, judged) => {
    expect(verdict(fields, judged)).toBe(expected);
  });

  test("the bound is the converter's: rated power, ten percent and 2 Wh more", () => {
    expect(verdict({ exportWh: 500n + 1_377n, importWh: 900n + 552n })).toBe("accept");
  });

  test("an outage locks no meter out: the allowance grows with time", () => {
    expect(verdict({ exportWh: 500n + 100_000n, timestamp: 10_000 + 72_000 }, { now: 90_000 })).toBe(
      "accept",
    );
  });

  describe("a jump between units", () => {
    const before = { ...last, exportWh: 12_345n, importWh: 6_789n };
    const jump = (exportWh: bigint, importWh: bigint, judged: Partial<Judged> = {}) =>
      verdict({ exportWh, importWh }, { last: before, ...judged });

    test("is told from other values that do not fit", () => {
      expect(jump(12_346_000n, 6_790_500n)).toBe("unit-jump");
      expect(jump(12n, 6n)).toBe("unit-jump");
      expect(jump(12n, 7n)).toBe("unit-jump");
      expect(jump(0n, 0n)).toBe("decreasing");
      expect(jump(12_345n, 6_788n)).toBe("decreasing");
      expect(jump(1_234_500n, 678_900n)).toBe("impossible");
    });

    test("holds even when time makes it possible, until the registers fit in their own unit", () => {
      const year = 365 * 86_400;
      const later = { last: before, now: 10_000 + year };
      const jumped = { exportWh: 12_346_000n, importWh: 6_790_000n, timestamp: 10_000 + year };
      expect(verdict(jumped, later)).toBe("accept");
      expect(verdict(jumped, { ...later, hold: { reason: "unit-jump" } })).toBe("unit-jump");
      expect(jump(12_346n, 6_790n, { hold: { reason: "unit-jump" } })).toBe("accept");
    });

    test("needs a kWh of evidence", () => {
      expect(verdict({ exportWh: 400_000n }, { last: { ...last, exportWh: 399n, importWh: 600n } })).toBe(
        "impossible",
      );
    });
  });

  test.each([0n, 500n])(
    "a register of %s Wh that has jumped away counts again when it is back",
    (exportWh) => {
      const before = { ...last, exportWh };
      const judged = { meter, last: before, hold: undefined, now: 11_000, interval: 900, signed: true };
      let levels: Levels | undefined;
      const at = (timestamp: number, register: bigint) => {
        const reading = { ...next, timestamp, exportWh: register };
        const result = judgeRegisters({ ...judged, reading, levels, isReported: () => true });
        if ("levels" in result) levels = result.levels;
        return "reason" in result ? result.reason : result.outcome;
      };
      expect(at(10_030, exportWh + 1_000_000_000n)).toBe("impossible");
      expect(at(10_060, exportWh + 1_000_000_000n)).toBe("impossible");
      expect(at(10_900, exportWh)).toBe("accept");
    },
  );

  test("what counts but is odd is flagged", () => {
    const flagged = (fields: Partial<UnsignedReading>, now: number) => {
      const reading = { ...next, ...fields };
      const judged = { reading, meter, last, levels: undefined, hold: undefined, now, interval: 900 };
      const result = judgeRegisters({ ...judged, signed: true, isReported: () => true });
      return result.outcome === "accept" ? result.flags : result.outcome;
    };
    expect(flagged({ timestamp: 10_800 }, 10_920)).toEqual([]);
    expect(flagged({ timestamp: 10_800 }, 10_921)).toEqual(["clock"]);
    expect(flagged({ timestamp: 11_700 }, 11_700)).toEqual([]);
    expect(flagged({ timestamp: 11_701 }, 11_701)).toEqual(["gap"]);
    // 15 minutes at 5 kW out and 2 kW in: half of each fits, most of each does not.
    expect(flagged({ exportWh: 500n + 625n, importWh: 900n + 250n }, 10_900)).toEqual([]);
    expect(flagged({ exportWh: 500n + 1_000n, importWh: 900n + 400n }, 10_900)).toEqual(["both-ways"]);
  });
});

describe("a register that begins anew", () => {
  const MODULUS = 1_000_000n;

  test("goes on where it fell no further than a rollover explains", () => {
    expect(unrolled(999_990n, 999_980n, MODULUS, 100n)).toEqual({ wattHours: 999_990n, rolled: 0n });
    expect(unrolled(20n, 999_990n, MODULUS, 100n)).toEqual({ wattHours: 1_000_020n, rolled: MODULUS });
    expect(unrolled(50n, 3_000_020n, MODULUS, 100n)).toEqual({ wattHours: 3_000_050n, rolled: 0n });
    // Beyond what the connection carries it is a decrease, for the other rules to refuse.
    expect(unrolled(200n, 999_990n, MODULUS, 100n)).toEqual({ wattHours: 200n, rolled: 0n });
    expect(unrolled(20n, 999_990n, undefined, 100n)).toEqual({ wattHours: 20n, rolled: 0n });
  });

  test("is not taken to where one of several counters shows a 0, as when it has just started", () => {
    const sum = { counters: 2 };
    expect(unrolled(500_010n, 1_499_990n, MODULUS, 100n, sum)).toMatchObject({ wattHours: 1_500_010n });
    expect(unrolled(500_000n, 1_499_990n, MODULUS, 100n, { ...sum, blank: true })).toEqual({
      wattHours: 500_000n,
      rolled: 0n,
    });
  });

  test("never loses a Wh, however often it rolls over", () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, MODULUS - 1n),
        fc.array(fc.bigInt(0n, MODULUS / 2n - 1n), { maxLength: 50 }),
        (start, steps) => {
          let real = start;
          let counted = start;
          for (const step of steps) {
            real += step;
            const observed = real % MODULUS;
            const { wattHours } = unrolled(observed, counted, MODULUS, MODULUS);
            // A 0 is also what a device shows when it starts: it waits, and the reading after it makes up for it.
            const waits = observed === 0n && real > counted;
            expect(wattHours).toBe(waits ? 0n : real);
            if (!waits) counted = real;
          }
        },
      ),
    );
  });

  test("the most that fits is the converter's bound", () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), (watts, seconds) => {
        const carried = BigInt(watts) * BigInt(seconds) * 11n + 72_000n;
        expect(mostWh(watts, seconds) * 36_000n).toBeLessThanOrEqual(carried);
        expect((mostWh(watts, seconds) + 1n) * 36_000n).toBeGreaterThan(carried);
      }),
    );
  });
});
