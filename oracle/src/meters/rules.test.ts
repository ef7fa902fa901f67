import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deviceKey } from "../../simulator/device-key.ts";
import { devicePublicKey, signReading, type UnsignedReading } from "./reading.ts";
import { isPossible, type Judged, judge } from "./rules.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const key = deviceKey("test", "home-01");
const meter = { key: devicePublicKey(key.x, key.y), epoch: 1, exportWatts: 5_000, importWatts: 2_000 };
const last = { epoch: 1, sequence: 10n, timestamp: 10_000, exportWh: 500n, importWh: 900n, storedWh: 0n };
const next: UnsignedReading = { ...last, serial: "home-01", sequence: 11n, timestamp: 10_900 };

function verdict(fields: Partial<UnsignedReading>, judged: Partial<Judged> = {}) {
  const reading = signReading(domain, { ...next, ...fields }, key.privateKey);
  const all = {
    domain,
    reading,
    topicSerial: "home-01",
    meter,
    last,
    same: () => undefined,
    now: 11_000,
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
    ["wrong-serial", {}, { topicSerial: "home-02" }],
    ["unknown-meter", {}, { meter: undefined }],
    ["wrong-signature", {}, { meter: { ...meter, key: undefined } }],
    ["wrong-signature", {}, { domain: { ...domain, chainId: 1 } }],
    ["wrong-epoch", { epoch: 2 }, {}],
    ["future", { timestamp: 11_121 }, {}],
    ["decreasing", { exportWh: 499n }, {}],
    ["decreasing", { importWh: 899n }, {}],
    ["impossible", { exportWh: 500n + 1_378n }, {}],
    ["impossible", { importWh: 900n + 553n }, {}],
    ["equivocation", { sequence: 10n }, { same: () => ({ ...last, exportWh: 499n }) }],
    ["duplicate", { ...last }, { same: () => last }],
    ["stale", { sequence: 9n }, {}],
    ["stale", { timestamp: 10_000 }, {}],
  ])("%s", (expected, fields, judged) => {
    expect(verdict(fields, judged)).toBe(expected);
  });

  test("the bound is the converter's: rated power, ten percent and 2 Wh more", () => {
    expect(verdict({ exportWh: 500n + 1_377n, importWh: 900n + 552n })).toBe("accept");
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e6), fc.nat(1e6), (delta, watts, seconds) => {
        const exact = BigInt(watts) * BigInt(seconds) * 11n + 72_000n;
        expect(isPossible(BigInt(delta), watts, seconds)).toBe(BigInt(delta) * 36_000n <= exact);
      }),
    );
  });

  test("an outage locks no meter out: the allowance grows with time", () => {
    expect(verdict({ exportWh: 500n + 100_000n, timestamp: 10_000 + 72_000 }, { now: 90_000 })).toBe(
      "accept",
    );
  });
});
