/** The index says exactly what the contracts' own views say. */
import {
  capitals,
  decodeOrderId,
  MeterStatus,
  namesOf,
  OfferStatus,
  Side,
  TradeStatus,
  TrustClass,
} from "@enerlink/protocol";
import { getAddress } from "viem";
import { expect, test } from "vitest";
import { type Answer, kinds } from "./harness.ts";
import type { World } from "./index.service.test.ts";

const sum = (list: readonly Answer[], column: string) =>
  list.reduce((total, row) => total + BigInt(row[column]), 0n);

export const views = (world: World) => () => {
  /** Every row of a table. */
  async function rows(table: string, fields: string, where = "{}"): Promise<Answer[]> {
    const items: Answer[] = [];
    let after: string | null = null;
    do {
      const text = `query ($after: String) { page: ${table}(where: ${where}, limit: 1000, after: $after) {
        items { ${fields} } pageInfo { hasNextPage endCursor } } }`;
      const { page } = await world.harness.query(text, { after });
      items.push(...page.items);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return items;
  }

  test("wallets and trading balances of every account", async () => {
    const accounts = await rows("accounts", "id walletWh walletIdrs tradingWh tradingIdrs");
    expect(accounts.length).toBeGreaterThanOrEqual(7);
    for (const account of accounts) {
      const [tradingWh, tradingIdrs] = await world.harness.read("market", "tradingBalance", [account.id]);
      expect(account).toEqual({
        id: account.id,
        walletWh: String(await world.harness.read("energy", "balanceOf", [account.id])),
        walletIdrs: String(await world.harness.read("rupiah", "balanceOf", [account.id])),
        tradingWh: String(tradingWh),
        tradingIdrs: String(tradingIdrs),
      });
    }
  });

  test("a trading balance is the sum of its movements", async () => {
    for (const { id, tradingWh, tradingIdrs } of await rows("accounts", "id tradingWh tradingIdrs")) {
      const movements = await rows("movements", "energyWh idrs", `{ account: "${id}" }`);
      expect(String(sum(movements, "energyWh")), id).toBe(tradingWh);
      expect(String(sum(movements, "idrs")), id).toBe(tradingIdrs);
    }
  });

  test("the market holds what accounts, orders and escrow add up to", async () => {
    const accounts = await rows("accounts", "tradingWh tradingIdrs ordersWh ordersIdrs escrowIdrs");
    const { address } = world.harness.contracts.market;
    expect(sum(accounts, "tradingWh") + sum(accounts, "ordersWh")).toBe(
      await world.harness.read("energy", "balanceOf", [address]),
    );
    expect(sum(accounts, "tradingIdrs") + sum(accounts, "ordersIdrs") + sum(accounts, "escrowIdrs")).toBe(
      await world.harness.read("rupiah", "balanceOf", [address]),
    );
  });

  test("every order that ever rested", async () => {
    const orders = await rows(
      "orders",
      "orderId owner side tick openWh filledWh placedWh status",
      "{ orderId_not: null }",
    );
    const found = orders.map(({ orderId }) => BigInt(orderId));
    expect(found).toEqual(expect.arrayContaining(world.activity.orderIds));
    expect(new Set(orders.map(({ status }) => status)).size).toBeGreaterThan(1);
    for (const order of orders) {
      const [owner, , , openWh] = await world.harness.read("market", "openOrder", [BigInt(order.orderId)]);
      expect(String(openWh), order.orderId).toBe(order.openWh);
      const open = order.status === "OPEN" || order.status === "PARTIALLY_FILLED";
      expect(open).toBe(openWh > 0);
      if (open) expect(getAddress(order.owner)).toBe(owner);
      const { side, tick } = decodeOrderId(BigInt(order.orderId));
      expect(order.side).toBe(side === Side.Bid ? "BID" : "ASK");
      expect(order.tick).toBe(tick);
      if (order.status !== "CANCELLED") {
        expect(BigInt(order.filledWh) + BigInt(order.openWh)).toBe(BigInt(order.placedWh));
      }
    }
  });

  test("every order has exactly its fills", async () => {
    const orders = await rows("orders", "id owner side tick filledWh filledIdrs transactionHash");
    const fills = await rows("fills", "makerOrder takerOrder maker taker buyer seller tick wattHours cost");
    expect(fills.length).toBeGreaterThan(5);
    expect(orders.some(({ id }) => id.includes("-"))).toBe(true);
    for (const order of orders) {
      const own = fills.filter(({ makerOrder, takerOrder }) => [makerOrder, takerOrder].includes(order.id));
      expect(sum(own, "wattHours"), order.id).toBe(BigInt(order.filledWh));
      expect(sum(own, "cost"), order.id).toBe(BigInt(order.filledIdrs));
      for (const fill of own) {
        expect(order.side === "BID" ? fill.buyer : fill.seller).toBe(order.owner);
        if (!order.id.includes("-")) {
          expect(order.side === "BID" ? fill.tick <= order.tick : fill.tick >= order.tick).toBe(true);
        }
      }
    }
    const taken = new Set(orders.map(({ id }) => id));
    expect(fills.every(({ makerOrder, takerOrder }) => taken.has(makerOrder) && taken.has(takerOrder))).toBe(
      true,
    );
  });

  test("the depth of both sides", async () => {
    for (const [side, name] of [
      [Side.Bid, "BID"],
      [Side.Ask, "ASK"],
    ] as const) {
      const depth = await world.harness.read("market", "depth", [side, 100n]);
      const levels = await rows(
        "priceLevels",
        "tick wattHours orders",
        `{ side: ${name}, wattHours_gt: "0" }`,
      );
      levels.sort((a, b) => (side === Side.Bid ? b.tick - a.tick : a.tick - b.tick));
      expect(levels.map(({ tick, wattHours }) => ({ tick, wattHours: BigInt(wattHours) }))).toEqual(depth);
      const open = await rows("orders", "tick", `{ side: ${name}, status_in: [OPEN, PARTIALLY_FILLED] }`);
      for (const { tick, orders } of levels) {
        expect(open.filter((order) => order.tick === tick).length).toBe(orders);
      }
    }
  });

  test("candles of every length hold every fill once", async () => {
    const fills = await rows("fills", "tick wattHours cost timestamp logIndex");
    for (const [interval, seconds] of [
      ["MINUTE", 60],
      ["FIVE_MINUTES", 300],
      ["QUARTER_HOUR", 900],
      ["HOUR", 3_600],
      ["DAY", 86_400],
      ["WEEK", 604_800],
    ] as const) {
      // Weeks begin on Monday.
      const anchor = interval === "WEEK" ? 4 * 86_400 : 0;
      const candles = await rows(
        "priceCandles",
        "start open high low close volumeWh valueIdrs fills",
        `{ interval: ${interval} }`,
      );
      expect(sum(candles, "volumeWh")).toBe(sum(fills, "wattHours"));
      for (const candle of candles) {
        const own = fills.filter(
          ({ timestamp }) =>
            Number(timestamp) - ((Number(timestamp) - anchor) % seconds) === Number(candle.start),
        );
        expect(own.length).toBe(candle.fills);
        expect(String(sum(own, "cost"))).toBe(candle.valueIdrs);
        const ticks = own.map(({ tick }) => tick);
        expect([candle.high, candle.low]).toEqual([Math.max(...ticks), Math.min(...ticks)]);
        expect(ticks).toContain(candle.open);
        expect(ticks).toContain(candle.close);
      }
    }
  });

  test("every offer", async () => {
    const offers = await rows(
      "offers",
      "id seller batteryId remainingWh price h3Cell availableFrom availableTo openTrades status",
    );
    expect(offers.length).toBe(Number(await world.harness.read("market", "offerCount")));
    const now = await world.harness.now();
    const names = capitals(namesOf(OfferStatus));
    for (const offer of offers) {
      const onChain = await world.harness.read("market", "offer", [BigInt(offer.id)]);
      const over = now > Number(offer.availableTo) && !(offer.remainingWh === "0" && offer.openTrades > 0);
      expect({ ...offer, status: offer.status === "ACTIVE" && over ? "EXPIRED" : offer.status }).toEqual({
        id: offer.id,
        seller: onChain.seller.toLowerCase(),
        batteryId: onChain.batteryId,
        remainingWh: String(onChain.remainingWh),
        price: String(onChain.price),
        h3Cell: onChain.h3Cell.toString(16),
        availableFrom: String(onChain.availableFrom),
        availableTo: String(onChain.availableTo),
        openTrades: offer.openTrades,
        status: names[onChain.status],
      });
    }
  });

  test("every trade", async () => {
    const trades = await rows(
      "trades",
      "id offerId buyer seller wattHours meteredWh deliveredWh price availableFrom availableTo answerBy escrowIdrs status",
    );
    expect(sum(trades, "meteredWh")).toBeGreaterThan(0n);
    expect(trades.length).toBe(Number(await world.harness.read("market", "tradeCount")));
    const names = capitals(namesOf(TradeStatus));
    for (const { meteredWh, ...trade } of trades) {
      const onChain = await world.harness.read("market", "trade", [BigInt(trade.id)]);
      const deliverable = await world.harness.read("market", "deliverable", [BigInt(trade.id)]);
      const metered = BigInt(meteredWh) - BigInt(onChain.deliveredWh);
      expect([0n, metered]).toContain(deliverable);
      expect(metered).toBeGreaterThanOrEqual(0n);
      const held = ["PENDING", "ACCEPTED"].includes(trade.status);
      expect(trade).toEqual({
        id: trade.id,
        offerId: String(onChain.offerId),
        buyer: onChain.buyer.toLowerCase(),
        seller: onChain.seller.toLowerCase(),
        wattHours: String(onChain.wattHours),
        deliveredWh: String(onChain.deliveredWh),
        price: String(onChain.price),
        availableFrom: String(onChain.availableFrom),
        availableTo: String(onChain.availableTo),
        answerBy: trade.status === "PENDING" ? String(onChain.answerBy) : trade.answerBy,
        escrowIdrs: held
          ? String(BigInt(onChain.wattHours - onChain.deliveredWh) * BigInt(onChain.price))
          : "0",
        status: names[onChain.status],
      });
    }
    expect(new Set(trades.map(({ status }) => status)).size).toBeGreaterThanOrEqual(3);
    const deliveries = await rows("energyTransactions", "wattHours");
    expect(sum(deliveries, "wattHours")).toBe(sum(trades, "deliveredWh"));
  });

  test("every reputation", async () => {
    for (const { id, ...reputation } of await rows(
      "reputations",
      "id promisedWh deliveredWh ratings stars",
    )) {
      const onChain = await world.harness.read("market", "reputation", [id]);
      expect(reputation).toEqual({
        ...onChain,
        promisedWh: String(onChain.promisedWh),
        deliveredWh: String(onChain.deliveredWh),
      });
    }
  });

  test("every meter: record, registers, debt, promises", async () => {
    const meters = await rows(
      "meters",
      `id number owner kind trust status exportWatts importWatts capacityWh creditWh h3Cell keyX keyY epoch
       epochDeclaredAt activeFrom exportWh importWh storedWh settledTimestamp debtWh promisedWh totalExportWh totalImportWh
       correctedExportWh correctedImportWh`,
    );
    expect(meters.length).toBe(await world.harness.read("registry", "meterCount"));
    for (const meter of meters) {
      const record = await world.harness.read("registry", "meter", [meter.id]);
      const [exportWh, importWh, debtWh, storedWh, timestamp] = await world.harness.read(
        "converter",
        "settled",
        [meter.id],
      );
      const { totalExportWh, totalImportWh, correctedExportWh, correctedImportWh, ...row } = meter;
      expect([
        BigInt(totalExportWh) + BigInt(correctedExportWh),
        BigInt(totalImportWh) + BigInt(correctedImportWh),
      ]).toEqual(await world.harness.read("converter", "counted", [meter.id]));
      expect(row).toEqual({
        id: meter.id,
        number: record.number,
        owner: record.owner.toLowerCase(),
        kind: kinds[record.kind],
        trust: namesOf(TrustClass)[record.trust],
        status: capitals(namesOf(MeterStatus))[record.status],
        exportWatts: String(record.exportWatts),
        importWatts: String(record.importWatts),
        capacityWh: String(record.capacityWh),
        creditWh: String(record.creditWh),
        h3Cell: record.h3Cell.toString(16),
        keyX: record.keyX,
        keyY: record.keyY,
        epoch: record.epoch,
        epochDeclaredAt: String(record.epochDeclaredAt),
        activeFrom: String(record.activeFrom),
        exportWh: String(exportWh),
        importWh: String(importWh),
        storedWh: String(storedWh),
        settledTimestamp: String(timestamp),
        debtWh: String(debtWh),
        promisedWh: String(await world.harness.read("market", "promised", [meter.id])),
      });
    }
  });

  test("the law: minted - burned - debt = exported - imported + corrections, per meter and in total", async () => {
    const meters = await rows(
      "meters",
      "id kind mintedWh burnedWh debtWh totalExportWh totalImportWh correctedExportWh correctedImportWh",
    );
    const corrections = await rows("corrections", "meterId exportWh importWh tokensWh");
    expect(sum(corrections, "tokensWh")).not.toBe(0n);
    for (const meter of meters) {
      expect(BigInt(meter.mintedWh) - BigInt(meter.burnedWh) - BigInt(meter.debtWh), meter.id).toBe(
        BigInt(meter.totalExportWh) +
          BigInt(meter.correctedExportWh) -
          BigInt(meter.totalImportWh) -
          BigInt(meter.correctedImportWh),
      );
      const own = corrections.filter(({ meterId }) => meterId === meter.id);
      expect(sum(own, "exportWh")).toBe(BigInt(meter.correctedExportWh));
      expect(sum(own, "importWh")).toBe(BigInt(meter.correctedImportWh));
    }
    expect(sum(meters, "mintedWh") - sum(meters, "burnedWh")).toBe(
      await world.harness.read("energy", "totalSupply"),
    );
    const community = meters.filter(({ kind }) => kind !== "GRID");
    for (const [own, spans] of [
      [meters, await rows("meterDays", "exportedWh importedWh")],
      [community, await rows("communityWindows", "exportedWh importedWh")],
    ] as const) {
      expect(sum(spans, "exportedWh")).toBe(sum(own, "totalExportWh"));
      expect(sum(spans, "importedWh")).toBe(sum(own, "totalImportWh"));
    }
  });

  test("switches, totals, roles and committee", async () => {
    const [market] = await rows(
      "markets",
      "bookPaused boardPaused minimumPrice fills filledWh trades offers",
    );
    expect([market.bookPaused, market.boardPaused]).toEqual(await world.harness.read("market", "paused"));
    expect(market.minimumPrice).toBe(String(await world.harness.read("market", "minimumPrice")));
    expect(market.trades).toBe(Number(await world.harness.read("market", "tradeCount")));
    const [committee] = await rows("committees", "configuration members quorum");
    expect(committee.members.map(getAddress)).toEqual(await world.harness.read("committee", "members"));
    const roles = await rows("roles", "label");
    expect(roles.map(({ label }) => label)).toEqual(
      expect.arrayContaining(["REGISTRAR", "IDRS_ISSUER", "MARKET_OPERATOR", "GUARDIAN"]),
    );
  });
};
