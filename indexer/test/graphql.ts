/** The market's own questions, subscriptions and limits. */
import { capitals, formatKwh, namesOf, OfferStatus } from "@enerlink/protocol";
import { latLngToCell } from "h3-js";
import { expect, test } from "vitest";
import { type Answer, places } from "./harness.ts";
import type { World } from "./index.service.test.ts";

const [jakarta] = places;

export const graphql = (world: World) => () => {
  const ask = async (text: string, variables?: Record<string, unknown>): Promise<Answer> =>
    world.harness.query(text, variables);

  const refused = async (text: string, message: string) =>
    expect(world.harness.query(text), text).rejects.toThrow(message);

  test("orderBook: the best levels, with what rests up to there", async () => {
    const { orderBook } = await ask(
      "{ orderBook(depth: 3) { bestBid bestAsk spread bids { tick wattHours totalWh } asks { tick wattHours totalWh } } }",
    );
    for (const [side, levels] of [
      [0, orderBook.bids],
      [1, orderBook.asks],
    ]) {
      const depth: Answer[] = await world.harness.read("market", "depth", [side, 3n]);
      let totalWh = 0n;
      expect(levels).toEqual(
        depth.map(({ tick, wattHours }) => {
          totalWh += wattHours;
          return { tick, wattHours: String(wattHours), totalWh: String(totalWh) };
        }),
      );
    }
    expect(orderBook.bestBid).toBe((await world.harness.read("market", "bestPrice", [0])) || null);
    expect(orderBook.bestAsk).toBe((await world.harness.read("market", "bestPrice", [1])) || null);
    expect(orderBook.spread).toBe(
      orderBook.bestBid && orderBook.bestAsk ? orderBook.bestAsk - orderBook.bestBid : null,
    );
    await refused("{ orderBook(depth: 0) { bestBid } }", "depth must be 1 to 1000");
  });

  test("lists ordered by what is null in some rows: all rows, each once", async () => {
    for (const [list, orderBy] of [
      ["orders", "orderId"],
      ["trades", "acceptedAt"],
      ["movements", "reference"],
      ["accounts", "latestFill"],
    ]) {
      for (const orderDirection of ["asc", "desc"]) {
        const ids = new Set<string>();
        let total = 0;
        for (let after = ""; ; ) {
          const { page } = await ask(
            `{ page: ${list}(orderBy: "${orderBy}", orderDirection: "${orderDirection}", limit: 10${after}) {
              items { id ${orderBy} } totalCount pageInfo { hasNextPage endCursor } } }`,
          );
          for (const { id } of page.items) ids.add(id);
          total += page.items.length;
          if (!page.pageInfo.hasNextPage) {
            expect([list, ids.size, total]).toEqual([list, page.totalCount, page.totalCount]);
            break;
          }
          after = `, after: "${page.pageInfo.endCursor}"`;
        }
      }
    }
  });

  test("whole numbers are exact: as text of any length, as numbers while they can be", async () => {
    const asked = (text: string, variables = {}) =>
      ask(`${text} { offers(where: { id: $id }) { totalCount } }`, variables);
    const typed = "query ($id: BigInt)";
    for (const id of ["1", 1]) expect((await asked(typed, { id })).offers.totalCount).toBe(1);
    expect((await ask("{ offers(where: { id: 1 }) { totalCount } }")).offers.totalCount).toBe(1);
    for (const id of ["", " 1", "0x1", "1.0", "soon", 1.5, 2 ** 53, true, [1]])
      await expect(asked(typed, { id }), String(id)).rejects.toThrow("BigInt must be a whole number");
    await refused(
      '{ offers(where: { remainingWh_gt: "" }) { totalCount } }',
      "BigInt must be a whole number",
    );
  });

  test("candles: the spans asked for, oldest first", async () => {
    const { candles, priceCandles } = await ask(
      `{ candles(interval: HOUR) { start open close }
         priceCandles(where: { interval: HOUR }, orderBy: "start", limit: 1000) { items { start open close } } }`,
    );
    expect(candles.length).toBeGreaterThan(0);
    expect(candles).toEqual(priceCandles.items);
    const [first] = candles;
    const { candles: one } = await ask(
      "query ($at: BigInt!, $end: BigInt!) { candles(interval: HOUR, from: $at, to: $end) { start } }",
      { at: first.start, end: String(Number(candles[1].start)) },
    );
    expect(one).toEqual([{ start: first.start }]);
    await refused('{ candles(from: "2", to: "1") { start } }', "from must be before to");
    await refused(
      '{ candles(interval: MINUTE, from: "0", to: "999999999") { start } }',
      "at most 5000 spans",
    );
  });

  test("nearbyOffers: open ones only, nearest first, then cheapest, within the distance", async () => {
    const { harness } = world;
    const now = await harness.now();
    const homes = await ask("{ meters(where: { kind: BATTERY }) { items { id owner h3Cell } } }");
    await harness.settle(
      await Promise.all(
        homes.meters.items.map(async ({ id }: Answer) => {
          const [exportWh, importWh, , , , epoch] = await harness.read("converter", "settled", [id]);
          return { meterId: id, exportWh, importWh, storedWh: 900_000n, timestamp: now + 61, epoch };
        }),
      ),
    );
    for (const { id, owner, h3Cell } of homes.meters.items) {
      const person = harness.people.findIndex(({ address }) => address.toLowerCase() === owner);
      for (const price of [2_000_000, 1_500_000]) {
        const cell = BigInt(`0x${h3Cell}`);
        await harness.send(person, "market", "createOffer", [id, 200, price, cell, now, now + 50_000]);
      }
    }
    await harness.caughtUp();

    const near = `nearbyOffers(latitude: ${jakarta!.latitude}, longitude: ${jakarta!.longitude}`;
    const fields =
      "{ distanceKm uncertaintyKm latitude longitude offer { id price seller currentStatus h3Cell } }";
    const { nearbyOffers } = await ask(`{ ${near}) ${fields} }`);
    expect(nearbyOffers.length).toBeGreaterThanOrEqual(2);
    const order = nearbyOffers.map((near: Answer) => [near.distanceKm, Number(near.offer.price)]);
    expect(order).toEqual(order.toSorted(([a, p]: number[], [b, q]: number[]) => a! - b! || p! - q!));
    for (const { distanceKm, uncertaintyKm, latitude, longitude, offer } of nearbyOffers) {
      expect(distanceKm).toBeLessThanOrEqual(50);
      expect(uncertaintyKm).toBeGreaterThan(1);
      expect(uncertaintyKm).toBeLessThan(2);
      expect(latLngToCell(latitude, longitude, 7)).toBe(offer.h3Cell);
      expect(offer.currentStatus).toBe("ACTIVE");
    }

    const { few } = await ask(`{ few: ${near}, maxDistanceKm: 2) ${fields} }`);
    expect(few.length).toBeLessThan(nearbyOffers.length);
    expect(few.every((near: Answer) => near.distanceKm <= 2)).toBe(true);
    const { cheap } = await ask(`{ cheap: ${near}, maxPrice: "1500000", minWh: "200") ${fields} }`);
    expect(cheap.every((near: Answer) => Number(near.offer.price) <= 1_500_000)).toBe(true);
    const { page } = await ask(`{ page: ${near}, limit: 1, offset: 1) ${fields} }`);
    expect(page).toEqual([nearbyOffers[1]]);

    const nulls = await ask(
      `{ nulls: ${near}, maxDistanceKm: null, seller: null, minWh: null) { distanceKm } }`,
    );
    expect(nulls.nulls.length).toBe(nearbyOffers.length);

    await refused(`{ ${near}, maxDistanceKm: 51) { distanceKm } }`, "maxDistanceKm must be 0 to 50");
    await refused(
      "{ nearbyOffers(latitude: 91, longitude: 0) { distanceKm } }",
      "latitude must be -90 to 90",
    );
    await refused(
      "{ nearbyOffers(latitude: 0, longitude: 181) { distanceKm } }",
      "longitude must be -180 to 180",
    );
    await refused(`{ ${near}, seller: "me") { distanceKm } }`, "seller must be an address");
    await refused(
      `{ ${near}, minPrice: "2", maxPrice: "1") { distanceKm } }`,
      "minPrice must be at most maxPrice",
    );
    await refused(`{ ${near}, minWh: "2", maxWh: "1") { distanceKm } }`, "minWh must be at most maxWh");
  });

  test("currentStatus, deliverBy and deliverableWh: as the contract says them now, in REST too", async () => {
    const names = capitals(namesOf(OfferStatus));
    const { offers, trades } = await ask(
      "{ offers(limit: 1000) { items { id currentStatus } } trades(limit: 1000) { items { id deliverBy deliverableWh meteredWh } } }",
    );
    expect(new Set(offers.items.map(({ currentStatus }: Answer) => currentStatus)).size).toBeGreaterThan(1);
    for (const { id, currentStatus } of offers.items) {
      const { status } = await world.harness.read("market", "offer", [BigInt(id)]);
      expect(currentStatus, id).toBe(names[status]);
    }
    const { answer } = await world.harness.rest("GET", "/energy-trading/trades?limit=1000");
    const inRest = new Map(answer.items.map((item: Answer) => [item.id, item]));
    for (const { id, deliverBy, deliverableWh, meteredWh } of trades.items) {
      const { deliverBy: onChain } = await world.harness.read("market", "trade", [BigInt(id)]);
      expect(deliverBy, id).toBe(String(onChain));
      expect(deliverableWh, id).toBe(String(await world.harness.read("market", "deliverable", [BigInt(id)])));
      expect(inRest.get(id), id).toMatchObject({
        meteredAmount: formatKwh(BigInt(meteredWh)),
        deliverableAmount: formatKwh(BigInt(deliverableWh)),
        deliverBy: new Date(Number(onChain) * 1_000).toISOString(),
      });
    }
  });

  test("a trade's ratings, however they are asked for", async () => {
    const { trades, ratings } = await ask(
      `{ trades(limit: 40) { items { id ratings { totalCount items { id stars rater } } stars: ratings(orderBy: "stars") { items { id } } } }
         ratings(limit: 1000) { items { id stars rater tradeId } } }`,
    );
    expect(ratings.items.length).toBeGreaterThan(0);
    for (const trade of trades.items) {
      const own = ratings.items.filter(({ tradeId }: Answer) => tradeId === trade.id);
      const ids = (rows: Answer[]) => rows.map(({ id }) => id).toSorted();
      expect(trade.ratings.totalCount, trade.id).toBe(own.length);
      expect(ids(trade.ratings.items)).toEqual(ids(own));
      expect(ids(trade.stars.items)).toEqual(ids(own));
    }
  });

  test("marketStatistics: totals, and the last day", async () => {
    const {
      marketStatistics: numbers,
      markets,
      fills,
      orderBook,
      chainTime,
    } = await ask(`{
      chainTime
      marketStatistics { lastTick high24h low24h volume24hWh value24hIdrs averagePrice24h fills24h filledWh tradedWh
        mintedWh tradedShare totalTrades completedTrades openOrders bidsWh asksWh activeOffers spread }
      orderBook(depth: 1000) { bids { wattHours orders } asks { wattHours orders } }
      markets { items { filledWh deliveredWh mintedWh lastTick trades completedTrades } }
      fills(limit: 1000) { items { tick wattHours cost timestamp } }
    }`);
    const [market] = markets.items;
    expect(numbers.filledWh).toBe(market.filledWh);
    expect(BigInt(numbers.tradedWh)).toBe(BigInt(market.filledWh) + BigInt(market.deliveredWh));
    expect(numbers.tradedShare).toBeCloseTo(Number(numbers.tradedWh) / Number(market.mintedWh), 12);
    const total = (levels: Answer[], column: string) =>
      levels.reduce((sum, level) => sum + Number(level[column]), 0);
    expect([numbers.bidsWh, numbers.asksWh].map(Number)).toEqual([
      total(orderBook.bids, "wattHours"),
      total(orderBook.asks, "wattHours"),
    ]);
    expect(numbers.openOrders).toBe(total(orderBook.bids, "orders") + total(orderBook.asks, "orders"));
    const recent = fills.items.filter(({ timestamp }: Answer) => {
      const minute = Number(timestamp) - (Number(timestamp) % 60);
      return minute >= Number(chainTime) - 86_400;
    });
    const volume = recent.reduce((sum: bigint, { wattHours }: Answer) => sum + BigInt(wattHours), 0n);
    const value = recent.reduce((sum: bigint, { cost }: Answer) => sum + BigInt(cost), 0n);
    expect([numbers.volume24hWh, numbers.value24hIdrs]).toEqual([String(volume), String(value)]);
    expect(numbers.fills24h).toBe(recent.length);
    const ticks = recent.map(({ tick }: Answer) => tick);
    expect([numbers.high24h, numbers.low24h]).toEqual(
      ticks.length ? [Math.max(...ticks), Math.min(...ticks)] : [null, null],
    );
    expect(numbers.averagePrice24h).toBe(volume === 0n ? null : String(value / volume));
  });

  test("suggestedPrice: the last day's average, moved by up to a tenth by scarcity, within its bounds", async () => {
    const { harness } = world;
    /** Written out anew from the rows, in place of asking the index's own formula. */
    async function recomputed() {
      const { chainTime, fills, energyTransactions, settlements, suggestedPrice } = await ask(`{
        chainTime
        fills(limit: 1000, orderBy: "timestamp", orderDirection: "desc") { items { wattHours cost timestamp } }
        energyTransactions(limit: 1000) { items { wattHours cost timestamp } }
        settlements(limit: 1000) { items { readAt exportedWh importedWh meter { kind } } }
        suggestedPrice { price minimum tariff exportedWh importedWh }
      }`);
      const since = Number(chainTime) - 86_400;
      const recent = (rows: Answer[], start: (row: Answer) => number) =>
        rows.filter((row) => start(row) >= since);
      const traded = [
        ...recent(fills.items, ({ timestamp }) => Number(timestamp) - (Number(timestamp) % 60)),
        ...recent(energyTransactions.items, ({ timestamp }) => Number(timestamp)),
      ];
      const own = settlements.items.filter(
        ({ readAt, meter }: Answer) => Number(readAt) > since && meter.kind !== "GRID",
      );
      const total = (rows: Answer[], column: string) =>
        rows.reduce((sum, row) => sum + Number(row[column]), 0);
      const average = Math.floor(total(traded, "cost") / total(traded, "wattHours"));
      const [out, into] = [total(own, "exportedWh"), total(own, "importedWh")];
      const price = average * (1 + (into - out) / (into + out) / 10);
      const bounded = Math.min(
        Math.max(price, Number(suggestedPrice.minimum)),
        Number(suggestedPrice.tariff),
      );
      expect(Number(suggestedPrice.price)).toBeGreaterThan(bounded - 2);
      expect(Number(suggestedPrice.price)).toBeLessThan(bounded + 2);
      expect([Number(suggestedPrice.exportedWh), Number(suggestedPrice.importedWh)]).toEqual([out, into]);
      return Number(suggestedPrice.price);
    }
    expect((await ask("{ suggestedPrice { tariff } }")).suggestedPrice.tariff).toBe("1444700");

    const home = world.activity.meters[0]!;
    const meter = async (exportWh: bigint, importWh: bigint) => {
      home.exportWh += exportWh;
      home.importWh += importWh;
      await harness.pass(3_600);
      const timestamp = await harness.now();
      const { id: meterId, epoch } = home;
      const registers = { exportWh: home.exportWh, importWh: home.importWh, storedWh: 0n };
      await harness.settle([{ meterId, ...registers, timestamp, epoch }]);
      await harness.caughtUp();
      return recomputed();
    };
    const before = await recomputed();
    const plentiful = await meter(100_000n, 0n);
    expect(plentiful).toBeLessThan(before);
    expect(await meter(0n, 100_000n)).toBeGreaterThan(plentiful);
  });

  test("portfolio: all that an address has, whatever the case of its letters", async () => {
    const address = world.harness.address(3);
    const { portfolio } = await ask(
      `query ($address: String!) { portfolio(address: $address) { address walletWh tradingWh ordersWh energyWh idrs
         walletIdrs tradingIdrs ordersIdrs escrowIdrs meters debtWh account { id orders { totalCount } } } }`,
      { address },
    );
    expect(portfolio.walletWh).toBe(String(await world.harness.read("energy", "balanceOf", [address])));
    expect(BigInt(portfolio.energyWh)).toBe(
      BigInt(portfolio.walletWh) + BigInt(portfolio.tradingWh) + BigInt(portfolio.ordersWh),
    );
    expect(BigInt(portfolio.idrs)).toBe(
      ["walletIdrs", "tradingIdrs", "ordersIdrs", "escrowIdrs"].reduce(
        (sum, column) => sum + BigInt(portfolio[column]),
        0n,
      ),
    );
    expect(portfolio.meters).toBe(1);
    expect(portfolio.account.id).toBe(address.toLowerCase());
    const { portfolio: stranger } = await ask(
      '{ portfolio(address: "0x00000000000000000000000000000000000000aa") { energyWh account { id } } }',
    );
    expect(stranger).toEqual({ energyWh: "0", account: null });
    await refused('{ portfolio(address: "0x12") { energyWh } }', "address must be an address");
  });

  test("subscriptions: each event once, with its relations", async () => {
    const { harness } = world;
    await world.activity.emptyBook();
    await harness.caughtUp();
    const matched = await harness.subscribe(
      "subscription { orderMatched { id tick wattHours takerSide buyerAccount { id } makerOrderRow { status } } }",
    );
    const settled = await harness.subscribe(
      "subscription { settlementCompleted { meterId tokensWh meter { serial } } }",
    );
    const numbers = await harness.subscribe("subscription { statisticsUpdated { lastTick fills } }");
    const before = await ask("{ marketStatistics { fills } }");

    await harness.send(1, "market", "placeOrder", [0, 3_000, 300, 3, 0]);
    const first = await harness.send(2, "market", "placeOrder", [1, 3_000, 100, 1, 1]);
    await harness.until("the first is told", async () => matched.events.length > 0);
    const second = await harness.send(2, "market", "placeOrder", [1, 3_000, 200, 1, 1]);
    const home = world.activity.meters[0]!;
    home.exportWh += 10n;
    await harness.pass(60);
    await harness.settle([
      {
        meterId: home.id,
        exportWh: home.exportWh,
        importWh: home.importWh,
        storedWh: 0n,
        timestamp: await harness.now(),
        epoch: home.epoch,
      },
    ]);

    const told = () => numbers.events.at(-1)?.statisticsUpdated;
    const fills = before.marketStatistics.fills + 2;
    await harness.until(
      "all is told",
      async () => matched.events.length > 1 && settled.events.length > 0 && told()?.fills === fills,
    );
    const match = (hash: string, wattHours: string, status: string) => ({
      orderMatched: {
        id: `${hash}-0`,
        tick: 3_000,
        wattHours,
        takerSide: "ASK",
        buyerAccount: { id: harness.address(1).toLowerCase() },
        makerOrderRow: { status },
      },
    });
    expect(matched.events).toEqual([
      match(first.transactionHash, "100", "PARTIALLY_FILLED"),
      match(second.transactionHash, "200", "FILLED"),
    ]);
    expect(settled.events[0].settlementCompleted.meter.serial).toBe("home-01");
    expect(told()).toEqual({ lastTick: 3_000, fills });
    // Nothing was traded or settled: what a meter's owner is shown changed all the same.
    const count = numbers.events.length;
    await harness.send(0, "registry", "setCredit", [home.id, 7_000n]);
    await harness.until("a changed meter is told", async () => numbers.events.length > count);
    for (const { close } of [matched, settled, numbers]) close();
  });
};
