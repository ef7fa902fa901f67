/** Self-sufficiency, reckoned anew from the chain's logs alone, and the same wherever it is asked for. */
import { expect, test } from "vitest";
import { makeRandom } from "./activity.ts";
import { type Answer, kinds } from "./harness.ts";
import type { World } from "./index.service.test.ts";

/** The settlement windows of the tests' index, seconds. */
export const WINDOW = 900;
const DAY = 86_400;
const random = makeRandom(11);

type Settled = { at: number; out: bigint; into: bigint };

export const energy = (world: World) => () => {
  /** What each settlement of the community's meters moved, and when its reading was made. */
  async function settledOnChain(): Promise<Settled[]> {
    const { client, contracts } = world.harness;
    const all = { fromBlock: 0n } as const;
    const registered = await client.getContractEvents({
      ...contracts.registry,
      eventName: "MeterRegistered",
      ...all,
    });
    const isGrid = new Set(
      registered
        .filter(({ args }) => kinds[args.registration!.kind] === "GRID")
        .map(({ args }) => args.meterId),
    );
    const last = new Map<string, { exportWh: bigint; importWh: bigint }>();
    const settled: Settled[] = [];
    for (const { eventName, args } of (await client.getContractEvents({
      ...contracts.converter,
      ...all,
    })) as Answer[]) {
      if (eventName === "EpochDeclared") last.delete(args.meterId);
      if (eventName !== "MeterSettled") continue;
      const before = last.get(args.meterId);
      last.set(args.meterId, args);
      if (!before || isGrid.has(args.meterId)) continue;
      settled.push({
        at: args.timestamp,
        out: args.exportWh - before.exportWh,
        into: args.importWh - before.importWh,
      });
    }
    return settled;
  }

  function sumOf(settled: Settled[], from: number, to: number) {
    const own = settled.filter(({ at }) => at > from && at <= to);
    const windows = Map.groupBy(own, ({ at }) => Math.ceil(at / WINDOW));
    const sum = (list: Settled[], part: "out" | "into") => list.reduce((total, one) => total + one[part], 0n);
    const [out, into] = [sum(own, "out"), sum(own, "into")];
    let shared = 0n;
    for (const window of windows.values()) {
      const [exported, imported] = [sum(window, "out"), sum(window, "into")];
      shared += exported < imported ? exported : imported;
    }
    const share = (whole: bigint) => (whole === 0n ? null : Number(shared) / Number(whole));
    return {
      exportedWh: String(out),
      importedWh: String(into),
      sharedWh: String(shared),
      selfSufficiency: share(into),
      selfConsumption: share(out),
    };
  }

  const parts = "exportedWh importedWh sharedWh selfSufficiency";
  const inGraphql = async (from: number, to: number, interval: string, timeZone = "UTC"): Promise<Answer> =>
    (
      await world.harness.query(
        `{ communityEnergy(from: "${from}", to: "${to}", interval: ${interval}, timeZone: "${timeZone}") {
          ${parts} selfConsumption windowSeconds windows { start ${parts} } } }`,
      )
    ).communityEnergy;
  const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const inRest = async (from: number, to: number, interval: string): Promise<Answer> =>
    (
      await world.harness.rest(
        "GET",
        `/energy/community?from=${iso(from)}&to=${iso(to)}&interval=${interval}`,
      )
    ).answer;
  const kwh = (wh: string) => String(Number(wh) / 1_000);

  test("is what the chain's logs say, whatever the interval, on every surface", async () => {
    const settled = await settledOnChain();
    const times = settled.map(({ at }) => at);
    const [first, last] = [Math.min(...times) - 1, Math.max(...times)];
    const whole = sumOf(settled, first, last);
    expect(whole.selfSufficiency).toBeGreaterThan(0);
    // Netting within a day would say more.
    const days = await inGraphql(first, last, "DAY");
    const netted = days.windows.reduce(
      (sum: number, { exportedWh, importedWh }: Answer) =>
        sum + Math.min(Number(exportedWh), Number(importedWh)),
      0,
    );
    expect(netted).toBeGreaterThan(Number(whole.sharedWh));

    const moment = () => random.between(first, last);
    const ranges = [
      [first, last],
      ...Array.from({ length: 10 }, () => [moment(), moment()].toSorted((a, b) => a - b)),
    ];
    for (const [from, to] of ranges as [number, number][]) {
      const right = sumOf(settled, from, to);
      for (const [interval, name, seconds] of [
        ["MINUTE", "15m", WINDOW],
        ["QUARTER_HOUR", "15m", WINDOW],
        ["HOUR", "1h", 3_600],
        ["DAY", "1d", DAY],
      ] as const) {
        const { windows: spans, windowSeconds, ...found } = await inGraphql(from, to, interval);
        expect([from, to, interval, found]).toEqual([from, to, interval, right]);
        expect(windowSeconds).toBe(WINDOW);
        for (const { start, ...span } of spans) {
          const begin = Math.max(from, Number(start));
          const { selfConsumption: _, ...own } = sumOf(settled, begin, Math.min(to, Number(start) + seconds));
          expect([interval, start, span]).toEqual([interval, start, own]);
        }
        if (interval === "DAY") await daysOf("Asia/Jakarta", 17 * 3_600, settled, from, to);
        const answer = await inRest(from, to, name);
        expect(answer).toMatchObject({
          exportedKwh: kwh(right.exportedWh),
          importedKwh: kwh(right.importedWh),
          sharedKwh: kwh(right.sharedWh),
          selfSufficiency: right.selfSufficiency,
          selfConsumption: right.selfConsumption,
          windowSeconds: WINDOW,
        });
      }
    }

    const { timestamp, energy } = (await world.harness.rest("GET", "/dashboard/stats")).answer;
    const now = Date.parse(timestamp) / 1_000;
    const day = sumOf(settled, now - DAY, now);
    expect(energy).toMatchObject({
      exported24h: kwh(day.exportedWh),
      imported24h: kwh(day.importedWh),
      selfSufficiency24h: day.selfSufficiency,
    });
  });

  /** The same by days that begin `begin` seconds after UTC's. */
  async function daysOf(
    timeZone: string,
    begin: number,
    settled: Awaited<ReturnType<typeof settledOnChain>>,
    from: number,
    to: number,
  ) {
    const { windows, exportedWh } = await inGraphql(from, to, "DAY", timeZone);
    expect(exportedWh).toBe(sumOf(settled, from, to).exportedWh);
    for (const { start, ...span } of windows) {
      expect(Number(start) % DAY).toBe(begin);
      const [since, until] = [Math.max(from, Number(start)), Math.min(to, Number(start) + DAY)];
      const { selfConsumption: _, ...own } = sumOf(settled, since, until);
      expect([timeZone, start, span]).toEqual([timeZone, start, own]);
    }
    const path = `/energy/community?from=${iso(from)}&to=${iso(to)}&interval=1d&timeZone=${timeZone}`;
    const { answer } = await world.harness.rest("GET", path);
    expect(answer.windows.map(({ start }: Answer) => Date.parse(start) / 1_000)).toEqual(
      windows.map(({ start }: Answer) => Number(start)),
    );
  }

  test("ranges beside each other add up to the range of both", async () => {
    const end = await world.harness.now();
    const cuts = [end - 2 * DAY, ...Array.from({ length: 5 }, () => end - random.between(0, 2 * DAY)), end];
    cuts.sort((a, b) => a - b);
    const parts = await Promise.all(
      cuts
        .slice(1)
        .map((to, i) =>
          cuts[i]! < to ? inGraphql(cuts[i]!, to, "DAY") : { exportedWh: "0", importedWh: "0" },
        ),
    );
    const whole = await inGraphql(cuts[0]!, end, "DAY");
    for (const column of ["exportedWh", "importedWh"]) {
      const sum = parts.reduce((total, part) => total + BigInt(part[column]), 0n);
      expect([column, String(sum)]).toEqual([column, whole[column]]);
    }
  });

  test("a range that is none, or too long, is refused", async () => {
    const refused = (asked: string, message: string) =>
      expect(world.harness.query(`{ communityEnergy(${asked}) { sharedWh } }`)).rejects.toThrow(message);
    await refused('from: "5", to: "5"', "from must be before to");
    await refused('from: "0", to: "99999999"', "at most 3000 spans of 900 s before to");
    await refused(
      'from: "0", to: "999999999", interval: DAY',
      "from must be at most 3000 spans of 86400 s before to",
    );
  });
};
