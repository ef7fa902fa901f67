/** How good the outlook is, on what ten homes recorded: pinball loss, against "as yesterday". */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { NEEDED_DAYS, SEASON_DAYS, usualOf, valuesBefore } from "./usual.ts";

const DAY = 86_400n;
const recorded = new URL("../../../../oracle/simulator/data/household-registers.csv", import.meta.url);

/** Surplus of each hour, Wh, by when it begins; need is negative. */
function surplusesOf(csv: string) {
  const homes = new Map<string, Map<bigint, bigint>>();
  const last = new Map<string, bigint>();
  for (const line of csv.trimEnd().split("\n").slice(1)) {
    const [time, home, exportWh, importWh] = line.split(",") as [string, string, string, string];
    const end = BigInt(Date.parse(time) / 1_000);
    const net = BigInt(exportWh) - BigInt(importWh);
    if (!homes.has(home)) homes.set(home, new Map());
    else homes.get(home)!.set(end - 3_600n, net - last.get(home)!);
    last.set(home, net);
  }
  return homes;
}

/** The pool's price where both sides are there, IDRS base units per Wh, at a tariff of 1,445 and 900 and a fee of 100. */
function pricesOf(homes: Map<string, Map<bigint, bigint>>) {
  const prices = new Map<bigint, bigint>();
  for (const start of [...homes.values()][0]!.keys()) {
    const nets = [...homes.values()].map((values) => values.get(start)!);
    const supply = nets.reduce((sum, net) => (net > 0n ? sum + net : sum), 0n);
    const demand = nets.reduce((sum, net) => (net < 0n ? sum - net : sum), 0n);
    if (supply === 0n || demand === 0n) continue;
    const whole = 2n * (supply + demand);
    const part = 4n * demand - 2n * supply;
    const within = part < 0n ? 0n : part > whole ? whole : part;
    prices.set(start, 900_000n + (445_000n * within) / whole);
  }
  return prices;
}

const pinball = (level: number, forecast: bigint, actual: bigint) => {
  const miss = Number(actual - forecast);
  return miss >= 0 ? level * miss : (level - 1) * miss;
};
const levels = { low: 0.1, median: 0.5, high: 0.9 };

/** Mean loss of the outlook and of yesterday's value, at the hours of which both know something. */
function lossesOf(values: Map<bigint, bigint>) {
  const losses = { outlook: 0, yesterday: 0, hours: 0, within: 0 };
  for (const [start, actual] of values) {
    const usual = usualOf(valuesBefore(values, start));
    const yesterday = values.get(start - DAY);
    if (!usual || yesterday === undefined) continue;
    losses.hours++;
    if (usual.low <= actual && actual <= usual.high) losses.within++;
    for (const [name, level] of Object.entries(levels) as [keyof typeof levels, number][]) {
      losses.outlook += pinball(level, usual[name], actual) / 3;
      losses.yesterday += pinball(level, yesterday, actual) / 3;
    }
  }
  return {
    outlook: losses.outlook / losses.hours,
    yesterday: losses.yesterday / losses.hours,
    within: losses.within / losses.hours,
    hours: losses.hours,
  };
}

describe("what is usual", () => {
  const homes = surplusesOf(readFileSync(recorded, "utf8"));
  const report = (name: string, { outlook, yesterday, within, hours }: ReturnType<typeof lossesOf>) =>
    console.info(
      `${name}: pinball loss ${outlook.toFixed(1)}, of yesterday's value ${yesterday.toFixed(1)}; ` +
        `${Math.round(100 * within)} % within the range; ${hours} hours`,
    );

  test.each([...homes.keys()])("foretells the surplus of %s better than yesterday's value", (home) => {
    const losses = lossesOf(homes.get(home)!);
    report(`surplus of ${home}, Wh`, losses);
    expect(losses.hours).toBeGreaterThan(300);
    expect(losses.outlook).toBeLessThan(losses.yesterday);
    // Eight of ten, as its ends promise, and no range so wide that it says nothing.
    expect(losses.within).toBeGreaterThan(0.7);
    expect(losses.within).toBeLessThan(0.9);
  });

  test("foretells the slots' price better than yesterday's value", () => {
    const losses = lossesOf(pricesOf(homes));
    report("price, millionths of a rupiah per Wh", losses);
    expect(losses.hours).toBeGreaterThan(100);
    expect(losses.outlook).toBeLessThan(losses.yesterday);
  });

  test("is told by quantiles of the known days, and not at all where too few are known", () => {
    expect(usualOf([])).toBeNull();
    expect(usualOf([1n, 2n, 3n, 4n, 5n, 6n])).toBeNull();
    expect(usualOf([7n, 1n, 3n, 2n, 6n, 5n, 4n])).toEqual({ low: 1n, median: 4n, high: 7n });
    expect(usualOf([-10n, 0n, 10n, 20n, 30n, 40n, 50n, 60n, 70n, 80n, 90n])).toEqual({
      low: -8n,
      median: 40n,
      high: 88n,
    });
    expect(usualOf(Array(SEASON_DAYS).fill(-5n))).toEqual({ low: -5n, median: -5n, high: -5n });
  });

  test("looks at the same hour of the days before, and no farther", () => {
    const start = 100n * DAY + 3_600n;
    const values = new Map([0n, 1n, 2n, 14n, 15n].map((day) => [start - day * DAY, day]));
    values.set(start - DAY + 3_600n, 99n);
    expect(valuesBefore(values, start)).toEqual([1n, 2n, 14n]);
    expect(NEEDED_DAYS).toBeLessThanOrEqual(SEASON_DAYS);
  });
});
