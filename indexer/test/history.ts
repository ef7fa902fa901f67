/** How the market went over time, held against the chain's own logs and balances; offers by price; candles of quiet spans. */
import { namesOf, SkipReason } from "@enerlink/protocol";
import { type Hex, zeroAddress } from "viem";
import { expect, test } from "vitest";
import type { Answer } from "./harness.ts";
import type { World } from "./index.service.test.ts";

const DAY = 86_400;
const wh = (kwh: string) => BigInt(Math.round(Number(kwh) * 1_000));

export const history = (world: World) => () => {
  const get = async (path: string): Promise<Answer> => {
    const { status, answer } = await world.harness.rest("GET", path);
    expect(status, `${path} ${JSON.stringify(answer)}`).toBe(200);
    return answer;
  };
  const seconds = (time: string) => Date.parse(time) / 1_000;
  const sum = (values: bigint[]) => values.reduce((total, value) => total + value, 0n);

  /** Every log of an event, with its block's time. */
  async function logsOf(contract: "energy" | "rupiah" | "converter", eventName: string): Promise<Answer[]> {
    const { client, contracts } = world.harness;
    const logs = await client.getContractEvents({
      ...contracts[contract],
      eventName,
      fromBlock: 0n,
    } as never);
    return Promise.all(
      (logs as Answer[]).map(async ({ args, blockNumber, transactionHash }) => ({
        args,
        hash: transactionHash,
        at: Number((await client.getBlock({ blockNumber })).timestamp),
      })),
    );
  }

  /** What each transaction of `logs` cost, once. */
  async function receiptsOf(logs: Answer[]) {
    const times = new Map<Hex, number>(logs.map(({ hash, at }) => [hash, at]));
    return Promise.all(
      [...times].map(async ([hash, at]) => {
        const { gasUsed, effectiveGasPrice } = await world.harness.client.getTransactionReceipt({ hash });
        return { at, gasUsed, feeWei: gasUsed * effectiveGasPrice };
      }),
    );
  }

  /** The last block before a time, unix seconds. */
  async function blockBefore(time: number): Promise<bigint> {
    const { client } = world.harness;
    let [low, high] = [0n, await client.getBlockNumber({ cacheTime: 0 })];
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      if (Number((await client.getBlock({ blockNumber: middle })).timestamp) < time) low = middle;
      else high = middle - 1n;
    }
    return low;
  }

  test("supply, debt, settlements, what was skipped and what reports cost are what the chain says, day by day", async () => {
    const { harness, activity } = world;
    const now = await harness.now();
    const range = `from=${new Date((now - 40 * DAY) * 1_000).toISOString()}`;
    const { items } = await get(`/energy/history?${range}&timeZone=Asia/Jakarta`);
    // Of days to come nothing is known.
    const to = new Date((now + 3 * DAY) * 1_000).toISOString();
    const further = await get(`/energy/history?${range}&timeZone=Asia/Jakarta&to=${to}`);
    expect(further.items.map(({ start }: Answer) => start)).toEqual(items.map(({ start }: Answer) => start));
    const owed = await get(`/statements/${harness.address(1)}?${range}&timeZone=Asia/Jakarta&to=${to}`);
    expect(owed.items).toHaveLength(items.length);
    const ahead = `from=${to}&to=${new Date((now + 9 * DAY) * 1_000).toISOString()}`;
    expect((await get(`/energy/history?${ahead}`)).items).toEqual([]);
    expect((await get(`/statements/${harness.address(1)}?${ahead}`)).items).toEqual([]);
    const [etk, idrs, skipped, settled] = await Promise.all([
      logsOf("energy", "Transfer"),
      logsOf("rupiah", "Transfer"),
      logsOf("converter", "ReportSkipped"),
      logsOf("converter", "MeterSettled"),
    ]);
    expect(skipped.length).toBeGreaterThan(0);
    const from = (logs: Answer[], side: "from" | "to", test: (at: number) => boolean) =>
      sum(
        logs.filter(({ args, at }) => args[side] === zeroAddress && test(at)).map(({ args }) => args.value),
      );
    const registers = activity.meters.map(({ id }) => id);
    const receipts = await receiptsOf([...skipped, ...settled]);
    for (const [i, period] of items.entries()) {
      const [start, end] = [seconds(period.start), seconds(period.end)];
      const within = (at: number) => at >= start && at < end;
      const until = (at: number) => at < end;
      const label = `period ${i} from ${period.localStart}`;
      expect(wh(period.mintedKwh), label).toBe(from(etk, "from", within));
      expect(wh(period.burnedKwh), label).toBe(from(etk, "to", within));
      expect(wh(period.supplyKwh), label).toBe(from(etk, "from", until) - from(etk, "to", until));
      const money = from(idrs, "from", until) - from(idrs, "to", until);
      expect(Math.round(Number(period.supplyIdr)), label).toBe(Math.round(Number(money) / 1e6));
      expect(period.settlements, label).toBe(settled.filter(({ at }) => within(at)).length);
      const paid = receipts.filter(({ at }) => within(at));
      expect(period.reports, label).toEqual({
        transactions: paid.length,
        gasUsed: String(sum(paid.map(({ gasUsed }) => gasUsed))),
        feeWei: String(sum(paid.map(({ feeWei }) => feeWei))),
      });
      for (const reason of namesOf(SkipReason)) {
        const own = skipped.filter(({ at, args }) => within(at) && args.reason === SkipReason[reason]);
        expect(period.skipped[reason], `${label} ${reason}`).toBe(own.length);
      }
      if (!settled.some(({ at }) => within(at))) continue;
      const blockNumber = await blockBefore(end);
      const debts = await Promise.all(
        registers.map(async (id) => {
          const read = await harness.client.readContract({
            ...harness.contracts.converter,
            functionName: "settled",
            args: [id],
            blockNumber,
          } as never);
          return debtOf(read);
        }),
      );
      expect(wh(period.debtKwh), label).toBe(sum(debts));
    }
    expect(receipts.length).toBeGreaterThan(0);
    const { reportTransactions } = await harness.query(
      "{ reportTransactions(limit: 1) { totalCount items { id sender gasUsed feeWei settled skipped } } }",
    );
    expect(reportTransactions.totalCount).toBe(receipts.length);
    expect(wh(items.at(-1).supplyKwh)).toBe(await harness.read("energy", "totalSupply"));
    const table = await fetch(`${harness.url}/api/v1/energy/history?${range}&format=csv&groupBy=month`);
    expect((await table.text()).split("\r\n")[0]).toContain(
      "settlements,reports.transactions,reports.gasUsed,reports.feeWei,skipped.UnknownMeter,",
    );
  });

  /** The third of a meter's registers is what it owes. */
  const debtOf = (read: unknown): bigint => BigInt((read as bigint[])[2]!);

  test("offers by price are all that can be bought", async () => {
    const { items } = await get("/energy-trading/offer-prices");
    const { offers } = await world.harness.query(
      "{ offers(limit: 1000) { items { remainingWh price currentStatus } } }",
    );
    const open = offers.items.filter(
      ({ remainingWh, currentStatus }: Answer) => currentStatus === "ACTIVE" && BigInt(remainingWh) > 0n,
    );
    expect(items.length).toBe(new Set(open.map(({ price }: Answer) => price)).size);
    let total = 0n;
    for (const level of items) {
      const own = open.filter(({ price }: Answer) => BigInt(price) === wh(level.pricePerKwh));
      const wattHours = sum(own.map(({ remainingWh }: Answer) => BigInt(remainingWh)));
      total += wattHours;
      expect([wh(level.energyAmount), level.offers, wh(level.totalEnergy)]).toEqual([
        wattHours,
        own.length,
        total,
      ]);
    }
    expect(total).toBe(sum(open.map(({ remainingWh }: Answer) => BigInt(remainingWh))));
  });

  test("quiet spans have a candle on request, at the price before them", async () => {
    const { items: traded } = await get("/trading/price-history?interval=5m");
    const from = traded[0].start;
    const { items } = await get(`/trading/price-history?interval=5m&empty=true&from=${from}`);
    expect(items.filter(({ fills }: Answer) => fills > 0)).toEqual(traded);
    expect(items.length).toBeGreaterThan(traded.length);
    for (const [i, candle] of items.entries()) {
      expect(seconds(candle.start)).toBe(seconds(from) + i * 300);
      if (candle.fills > 0) continue;
      const { close } = items[i - 1];
      expect(candle).toMatchObject({ open: close, high: close, low: close, close, volume: "0", value: "0" });
    }
    expect(seconds(items.at(-1).start)).toBeGreaterThan((await world.harness.now()) - 300);
    const before = new Date((seconds(from) + 1) * 1_000).toISOString();
    const later = await get(`/trading/price-history?interval=5m&empty=true&from=${before}`);
    expect(later.items).toEqual(items.slice(1));
    const weeks = await get("/trading/price-history?interval=1w&format=json");
    for (const { start } of weeks.items) expect(new Date(start).getUTCDay()).toBe(1);
  });

  test("candles of days and weeks begin where one lives, and hold the quarters of an hour within", async () => {
    const since = new Date(((await world.harness.now()) - 50 * DAY) * 1_000).toISOString();
    const { items: quarters } = await get(`/trading/price-history?interval=15m&from=${since}`);
    expect(quarters.length).toBeGreaterThan(1);
    const zone = "timeZone=Asia/Jakarta";
    const range = `from=${new Date((seconds(quarters[0].start) - 8 * DAY) * 1_000).toISOString()}`;
    for (const [interval, length] of [
      ["1d", DAY],
      ["1w", 7 * DAY],
    ] as const) {
      const { items } = await get(`/trading/price-history?interval=${interval}&${zone}&${range}`);
      for (const candle of items) {
        const start = seconds(candle.start);
        expect([interval, new Date((start + 7 * 3_600) * 1_000).getUTCHours()]).toEqual([interval, 0]);
        if (interval === "1w") expect(new Date((start + 7 * 3_600) * 1_000).getUTCDay()).toBe(1);
        const own = quarters.filter(
          (one: Answer) => seconds(one.start) >= start && seconds(one.start) < start + length,
        );
        const all = (name: string): number[] => own.map((one: Answer) => Number(one[name]));
        expect([interval, candle]).toEqual([
          interval,
          {
            start: candle.start,
            open: own[0].open,
            close: own.at(-1).close,
            high: String(Math.max(...all("high"))),
            low: String(Math.min(...all("low"))),
            volume: expect.any(String),
            value: expect.any(String),
            fills: all("fills").reduce((sum, one) => sum + one, 0),
          },
        ]);
        expect(wh(candle.volume)).toBe(sum(own.map((one: Answer) => wh(one.volume))));
      }
      const fills = (candles: Answer[]) => candles.reduce((total, one) => total + one.fills, 0);
      if (interval === "1d") expect(fills(items)).toBe(fills(quarters));
      const { items: all } = await get(
        `/trading/price-history?interval=${interval}&${zone}&${range}&empty=true`,
      );
      expect(all.filter(({ fills }: Answer) => fills > 0)).toEqual(items);
      const { candles } = await world.harness.query(
        `{ candles(interval: ${interval === "1d" ? "DAY" : "WEEK"}, timeZone: "Asia/Jakarta") { start open fills } }`,
      );
      expect(candles.at(-1)).toMatchObject({ open: Number(items.at(-1).open), fills: items.at(-1).fills });
    }
    const none = await world.harness.rest("GET", "/trading/price-history?timeZone=Mars");
    expect([none.status, none.answer.errors[0].field]).toEqual([400, "timeZone"]);
  });
};
