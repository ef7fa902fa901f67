/** Every documented request, with its writes signed and sent. */
import { energyMarketAbi, parseKwh } from "@enerlink/protocol";
import { Validator } from "@seriousme/openapi-schema-validator";
import { decodeFunctionData, getAddress } from "viem";
import { expect, test } from "vitest";
import { type Answer, places } from "./harness.ts";
import type { World } from "./index.service.test.ts";

const BATTERY = "battery-01";
const SELLER = 3;
const BUYER = 5;

/** Requests that `slots.service.test.ts` makes. */
export const aboutSlots = /^GET \/(communities|statements|meters\/[^/]+\/\w)/;

export const rest = (world: World) => () => {
  const ok = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const { status, answer } = await world.harness.rest(method, path, body);
    expect(status, `${method} ${path} ${JSON.stringify(answer)}`).toBe(200);
    return answer;
  };
  const problem = async (status: number, method: string, path: string, body: unknown, field?: string) => {
    const refused = await world.harness.rest(method, path, body);
    expect(refused.status, `${method} ${path} ${JSON.stringify(refused.answer)}`).toBe(status);
    expect(refused.answer).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    if (field) expect(refused.answer.errors.map((error: Answer) => error.field)).toContain(field);
    return refused.answer;
  };
  const who = (person: number) => world.harness.address(person);
  const approve = (wattHours: bigint) =>
    world.harness.send(SELLER, "energy", "approve", [world.harness.contracts.market.address, wattHours]);
  /** While the market may take nothing of the seller's wallet, which holds all that it has. */
  async function whileNotApproved(see: () => Promise<void>): Promise<void> {
    const [freeWh]: [bigint] = await world.harness.read("market", "tradingBalance", [who(SELLER)]);
    if (freeWh > 0n) await world.harness.send(SELLER, "market", "withdraw", [freeWh, 0n]);
    await approve(0n);
    await see();
    await approve(2n ** 256n - 1n);
  }
  const inSeconds = async (seconds: number) =>
    new Date(((await world.harness.now()) + seconds) * 1_000).toISOString();

  /** Lets the battery's meter report `exportedWh` more, a minute later. */
  async function meter(exportedWh: bigint) {
    const { activity, harness } = world;
    const battery = activity.meters[2]!;
    battery.exportWh += exportedWh;
    await harness.pass(120);
    await harness.settle([
      {
        meterId: battery.id,
        exportWh: battery.exportWh,
        importWh: battery.importWh,
        storedWh: 900_000n,
        timestamp: await harness.now(),
        epoch: battery.epoch,
      },
    ]);
    await harness.caughtUp();
  }

  let offerId: string;
  let tradeId: string;

  test("POST /trading/approve", async () => {
    for (const [token, contract, amount, units] of [
      ["ETK", "energy", "12345.678", 12_345_678n],
      ["IDRS", "rupiah", 9_000_000.5, 9_000_000_500_000n],
    ] as const) {
      const answer = await ok("POST", "/trading/approve", { from: who(BUYER), token, amount });
      await world.harness.sign(BUYER, answer);
      const market = world.harness.contracts.market.address;
      expect(await world.harness.read(contract, "allowance", [who(BUYER), market])).toBe(units);
    }
    await problem(
      400,
      "POST",
      "/trading/approve",
      { from: who(BUYER), token: "ETK", amount: "0.0001" },
      "amount",
    );
    await problem(400, "POST", "/trading/approve", { from: who(BUYER), token: "EUR", amount: "1" }, "token");
  });

  test("an order that meets its sender's own, stops or does nothing says so, and so does its quote", async () => {
    const { harness } = world;
    await world.activity.emptyBook();
    for (const [person, tick] of [
      [SELLER, 2_000],
      [BUYER, 2_001],
      [SELLER, 2_002],
    ] as const)
      await harness.send(person, "market", "placeOrder", [1, tick, 500, 3, 0]);
    await harness.caughtUp();
    const wanted = { from: who(BUYER), side: "buy", pricePerKwh: "2002", energyAmount: "1.5" };
    const quoted = (maxSteps: number) =>
      ok(
        "GET",
        `/trading/quote?side=buy&energyAmount=1.5&pricePerKwh=2002&maxSteps=${maxSteps}&from=${who(BUYER)}`,
      );
    expect(await quoted(100)).toMatchObject({
      filledAmount: "1.5",
      ownAmount: "0.5",
      steps: 3,
      stopped: false,
      worstPrice: "2002",
    });
    expect(await quoted(2)).toMatchObject({ filledAmount: "1", restAmount: "0.5", steps: 2, stopped: true });
    expect(await quoted(0)).toMatchObject({ filledAmount: "0", steps: 0, stopped: true, bestPrice: null });
    const whole = await ok("POST", "/trading/order", wanted);
    expect([whole.result.ownAmount, whole.effect]).toEqual([
      "0.5",
      expect.stringContaining("1.5 kWh at once; 0.5 kWh of that from the sender's own orders"),
    ]);
    const stopped = await ok("POST", "/trading/order", { ...wanted, maxSteps: 2 });
    expect([stopped.result.returnedAmount, stopped.effect]).toEqual([
      "0.5",
      expect.stringContaining("it stops after maxSteps, 2, and returns 0.5 kWh, though more crosses"),
    ]);
    const nothing = await ok("POST", "/trading/order", { ...wanted, maxSteps: 0 });
    expect([nothing.result.orderId, nothing.result.filledAmount, nothing.effect]).toEqual([
      "0",
      "0",
      expect.stringContaining("does nothing as the book stands; with maxSteps 0"),
    ]);
    // What was said is what it does.
    const before: Answer[] = await harness.read("market", "depth", [1, 10n]);
    await harness.sign(BUYER, stopped);
    const after: Answer[] = await harness.read("market", "depth", [1, 10n]);
    expect([before.length, after]).toEqual([3, [{ tick: 2_002, wattHours: 500n }]]);
    expect(await harness.read("market", "bestPrice", [0])).not.toBe(2_002);
    await harness.sign(SELLER, await ok("DELETE", `/trading/orders?from=${who(SELLER)}&side=sell`));
  });

  test("POST /trading/order, GET /trading/orders, /orderbook, /trades, DELETE /trading/orders/{id}", async () => {
    // Whatever was left there, none may be better than what is placed here.
    await world.activity.emptyBook();
    const order = {
      from: who(BUYER),
      side: "buy",
      pricePerKwh: 2_500,
      energyAmount: "1.25",
      timeInForce: "PostOnly",
    };
    const placed = await ok("POST", "/trading/order", order);
    expect(placed.effect).toBe(
      "Buys up to 1.25 kWh at 2500 IDR/kWh or less, all of it for 3125 IDR at most: 0 kWh at once; 1.25 kWh rest in the book",
    );
    expect(decodeFunctionData({ abi: energyMarketAbi, data: placed.transaction.data }).functionName).toBe(
      "placeOrder",
    );
    await world.harness.sign(BUYER, placed);

    const { items } = await ok("GET", `/trading/orders?ownerId=${who(BUYER)}&status=open&side=buy&limit=1`);
    expect(items[0]).toMatchObject({
      id: placed.result.orderId,
      ownerId: who(BUYER),
      side: "buy",
      pricePerKwh: "2500",
      energyAmount: "1.25",
      remainingAmount: "1.25",
    });
    expect(await ok("GET", `/trading/orders/${placed.result.orderId}`)).toEqual(items[0]);
    const book = await ok("GET", "/trading/orderbook?depth=1");
    expect(book).toMatchObject({
      bestBid: "2500",
      bids: [{ pricePerKwh: "2500", energyAmount: "1.25", orders: 1 }],
    });

    const sold = await ok("POST", "/trading/order", {
      ...order,
      from: who(SELLER),
      side: "sell",
      energyAmount: 0.25,
      timeInForce: "IOC",
    });
    expect(sold.result).toEqual({
      orderId: "0",
      filledAmount: "0.25",
      restingAmount: "0",
      returnedAmount: "0",
      ownAmount: "0",
    });
    const hash = await world.harness.sign(SELLER, sold);
    const trades = await ok("GET", `/trading/trades?participantId=${who(BUYER)}&limit=1`);
    expect(trades.items[0]).toMatchObject({
      buyerId: who(BUYER),
      sellerId: who(SELLER),
      takerSide: "sell",
      energyAmount: "0.25",
      pricePerKwh: "2500",
      totalPrice: "625",
      blockchainTxHash: hash,
    });

    await problem(422, "DELETE", `/trading/orders/${items[0].id}?from=${who(SELLER)}`, undefined, "from");
    const cancelled = await ok("DELETE", `/trading/orders/${items[0].id}?from=${who(BUYER)}`);
    expect(cancelled.result).toEqual({ returnedAmount: "1" });
    await world.harness.sign(BUYER, cancelled);
    const [after] = (await ok("GET", `/trading/orders?ownerId=${who(BUYER)}&limit=1`)).items;
    expect(after).toMatchObject({ status: "cancelled", filledAmount: "0.25", remainingAmount: "0" });
    await problem(404, "DELETE", `/trading/orders/5?from=${who(BUYER)}`, undefined);
  });

  test("POST /trading/order: refusals name the field and its range", async () => {
    const order = { from: who(BUYER), side: "buy", pricePerKwh: 1_400, energyAmount: "1" };
    const wrong = { ...order, pricePerKwh: 0, energyAmount: "0.05", side: "hold", from: "me", maxSteps: -1 };
    const { errors } = await problem(400, "POST", "/trading/order", wrong);
    expect(errors).toEqual(
      expect.arrayContaining([
        { field: "pricePerKwh", message: "must be 1 to 65535 IDR/kWh, a whole number" },
        { field: "energyAmount", message: "must be 0.1 to 4294967.295 kWh, with at most 3 decimals" },
        { field: "side", message: "must be buy or sell" },
      ]),
    );
    await problem(400, "POST", "/trading/order", { ...order, energyAmount: 1.0005 }, "energyAmount");
    await problem(400, "POST", "/trading/order", { ...order, energyAmount: " 1" }, "energyAmount");
    const half = { ...order, maxSteps: 4.5 };
    expect((await problem(400, "POST", "/trading/order", half, "maxSteps")).errors[0].message).toBe(
      "must be a whole number, 0 to 65535",
    );
    const stranger = "0x00000000000000000000000000000000000000AA";
    const { contractError } = await problem(
      422,
      "POST",
      "/trading/order",
      { ...order, from: stranger },
      "from",
    );
    expect(contractError.name).toBe("ERC20InsufficientAllowance");
    const { answer } = await world.harness.rest("POST", "/trading/order", "no object");
    expect(answer.status).toBe(400);
  });

  test("POST and GET /energy-trading/offers, GET and PUT /energy-trading/offers/{id}", async () => {
    await meter(0n);
    const offer = {
      from: who(SELLER),
      batteryId: BATTERY,
      energyAmount: "2.5",
      pricePerKwh: "1600.5",
      location: places[SELLER],
      availableTo: await inSeconds(40_000),
    };
    const created = await ok("POST", "/energy-trading/offers", offer);
    offerId = created.result.offerId;
    await world.harness.sign(SELLER, created);

    const found = await ok("GET", `/energy-trading/offers/${offerId}`);
    expect(found).toMatchObject({
      id: offerId,
      sellerId: who(SELLER),
      batteryId: BATTERY,
      energyAmount: "2.5",
      remainingAmount: "2.5",
      pricePerKwh: "1600.5",
      status: "active",
      availableTo: offer.availableTo,
    });
    expect(found.location.latitude).toBeCloseTo(places[SELLER]!.latitude, 1);

    const { latitude, longitude } = places[SELLER]!;
    const near = await ok(
      "GET",
      `/energy-trading/offers?latitude=${latitude}&longitude=${longitude}&maxDistanceKm=5&minPrice=1600&maxPrice=1601&minEnergy=2.5&sellerId=${who(SELLER)}`,
    );
    expect(near.items).toEqual([{ ...found, distanceKm: expect.any(Number) }]);
    const listed = await ok("GET", "/energy-trading/offers?status=any&limit=1");
    expect(listed.items).toEqual([found]);
    expect(listed.total).toBe(Number(await world.harness.read("market", "offerCount")));

    const changed = await ok("PUT", `/energy-trading/offers/${offerId}`, {
      from: who(SELLER),
      pricePerKwh: 1700,
    });
    await world.harness.sign(SELLER, changed);
    expect(await ok("GET", `/energy-trading/offers/${offerId}`)).toMatchObject({
      pricePerKwh: "1700",
      remainingAmount: "2.5",
      availableTo: offer.availableTo,
    });
  });

  test("offers: refusals", async () => {
    const offer = {
      from: who(SELLER),
      batteryId: BATTERY,
      energyAmount: "2.5",
      pricePerKwh: "1600.5",
      availableTo: await inSeconds(40_000),
    };
    const post = (change: Answer, field: string, status = 422) =>
      problem(status, "POST", "/energy-trading/offers", { ...offer, ...change }, field);
    await post({ location: places[0] }, "location");
    await post({ availableTo: await inSeconds(8 * 86_400) }, "availableTo");
    await post({ energyAmount: "2000" }, "energyAmount");
    await post({ from: who(BUYER) }, "batteryId");
    await post({ batteryId: "home-01", from: who(1) }, "batteryId");
    await post({ batteryId: "nobody" }, "batteryId", 400);
    await post({ availableTo: "tomorrow" }, "availableTo", 400);
    await post({ availableTo: "1960-01-01T00:00:00Z" }, "availableTo", 400);
    await post({ location: { latitude: 100, longitude: 0 } }, "location.latitude", 400);
    await post({ location: { latitude: null, longitude: 106.8 } }, "location.latitude", 400);
    await post({ location: { latitude: -6.2, longitude: 106.8, altitude: 3 } }, "location.altitude", 400);
    await post({ pricePerKwh: "1e3" }, "pricePerKwh", 400);
    await problem(400, "GET", "/energy-trading/offers?latitude=1", undefined, "longitude");
    await problem(
      400,
      "GET",
      "/energy-trading/offers?latitude=1&longitude=1&maxDistanceKm=51",
      undefined,
      "maxDistanceKm",
    );
    await problem(400, "GET", "/energy-trading/offers?limit=0&offset=-1", undefined, "limit");
    await problem(404, "GET", "/energy-trading/offers/4000000000", undefined);
    await problem(404, "PUT", "/energy-trading/offers/4000000000", { from: who(SELLER) });
    await problem(
      422,
      "PUT",
      `/energy-trading/offers/${offerId}`,
      { from: who(BUYER), pricePerKwh: 9 },
      "from",
    );
    await problem(422, "DELETE", `/energy-trading/offers/${offerId}?from=${who(BUYER)}`, undefined, "from");
  });

  test("POST and GET /energy-trading/trades, PUT /energy-trading/trades/{id}/status, GET /energy-trading/transactions", async () => {
    const request = { from: who(BUYER), offerId, energyAmount: "0.5" };
    await problem(
      422,
      "POST",
      "/energy-trading/trades",
      { ...request, pricePerKwh: "1600.5" },
      "pricePerKwh",
    );
    await problem(422, "POST", "/energy-trading/trades", { ...request, energyAmount: 3 }, "energyAmount");
    await problem(422, "POST", "/energy-trading/trades", { ...request, from: who(SELLER) }, "from");
    const asked = await ok("POST", "/energy-trading/trades", request);
    tradeId = asked.result.tradeId;
    await world.harness.sign(BUYER, asked);

    const trade = await ok("GET", `/energy-trading/trades/${tradeId}`);
    expect(trade).toMatchObject({
      id: tradeId,
      offerId,
      buyerId: who(BUYER),
      sellerId: who(SELLER),
      energyAmount: "0.5",
      deliveredAmount: "0",
      pricePerKwh: "1700",
      totalPrice: "850",
      status: "pending",
    });
    const listed = await ok(
      "GET",
      `/energy-trading/trades?participantId=${who(BUYER)}&offerId=${offerId}&status=pending`,
    );
    expect(listed.items).toEqual([trade]);

    const path = `/energy-trading/trades/${tradeId}/status`;
    await problem(422, "PUT", path, { from: who(BUYER), status: "accepted" }, "from");
    await problem(400, "PUT", path, { from: who(SELLER), status: "lost" }, "status");
    const accept = { from: who(SELLER), status: "accepted" };
    await whileNotApproved(async () => {
      const { effect } = await ok("PUT", path, accept);
      expect(effect).toMatch(
        /^Promises .*cannot be delivered before the seller approves the market for 0.5 kWh/,
      );
    });
    const accepted = await ok("PUT", path, accept);
    expect(accepted.effect).toBe(`Promises to deliver 0.5 kWh for trade ${tradeId}`);
    await world.harness.sign(SELLER, accepted);
    expect(await ok("GET", `/energy-trading/trades/${tradeId}`)).toMatchObject({ status: "accepted" });
    expect(await ok("GET", `/energy-trading/offers/${offerId}`)).toMatchObject({ remainingAmount: "2" });

    const early = await problem(422, "PUT", path, { from: who(SELLER), status: "completed" }, "energyAmount");
    expect(early.contractError.name).toBe("DeliveryNotMetered");
    await meter(500n);
    const part = { from: who(SELLER), status: "completed", energyAmount: "0.2" };
    await whileNotApproved(async () => {
      // Whoever delivers, it is the seller's approval that is missing.
      const held = await problem(422, "PUT", path, { ...part, from: who(BUYER) });
      expect([held.errors, held.detail]).toEqual([
        [],
        expect.stringMatching(`^the seller, ${who(SELLER)}, must first approve the market for 0.2 kWh: POST`),
      ]);
      await problem(422, "PUT", path, part, "from");
    });
    const parted = await ok("PUT", path, part);
    expect(parted.effect).toBe(`Delivers 0.2 kWh of trade ${tradeId}`);
    await world.harness.sign(SELLER, parted);
    expect(await ok("GET", `/energy-trading/trades/${tradeId}`)).toMatchObject({
      status: "accepted",
      deliveredAmount: "0.2",
    });
    await problem(422, "PUT", path, { ...part, energyAmount: "0.4" }, "energyAmount");
    await problem(400, "PUT", path, { ...part, status: "rejected" }, "energyAmount");
    await problem(422, "POST", `/energy-trading/trades/${tradeId}/rating`, { buyerId: who(BUYER), stars: 5 });
    const delivery = await ok("PUT", path, { from: who(SELLER), status: "completed" });
    expect(delivery.effect).toBe(`Delivers the remaining 0.3 kWh of trade ${tradeId}`);
    const hash = await world.harness.sign(SELLER, delivery);
    expect(await ok("GET", `/energy-trading/trades/${tradeId}`)).toMatchObject({
      status: "completed",
      deliveredAmount: "0.5",
    });

    const { items } = await ok("GET", `/energy-trading/transactions?tradeId=${tradeId}`);
    expect(items.map((item: Answer) => item.energyAmount)).toEqual(["0.3", "0.2"]);
    expect(items.slice(0, 1)).toEqual([
      {
        id: expect.any(String),
        tradeId,
        buyerId: who(BUYER),
        sellerId: who(SELLER),
        energyAmount: "0.3",
        pricePerKwh: "1700",
        totalPrice: "510",
        timestamp: expect.any(String),
        blockchainTxHash: hash,
      },
    ]);

    const rating = `/energy-trading/trades/${tradeId}/rating`;
    const rated = await ok("POST", rating, { buyerId: who(BUYER), stars: 4 });
    expect(rated.effect).toBe(`Gives ${who(SELLER)} 4 of 5 stars for trade ${tradeId}`);
    const ratedIn = await world.harness.sign(BUYER, rated);
    expect((await ok("GET", `/energy-trading/ratings?tradeId=${tradeId}`)).items).toEqual([
      {
        id: expect.any(String),
        tradeId,
        raterId: who(BUYER),
        ratedId: who(SELLER),
        stars: 4,
        timestamp: expect.any(String),
        blockchainTxHash: ratedIn,
      },
    ]);
    const again = await problem(422, "POST", rating, { buyerId: who(BUYER), stars: 4 });
    expect(again.detail).toBe(`${who(BUYER)} has rated trade ${tradeId} already`);
    await problem(422, "POST", rating, { from: who(1), stars: 1 }, "from");
    await problem(400, "POST", rating, { from: who(SELLER), stars: 6 }, "stars");
    await problem(404, "PUT", "/energy-trading/trades/4000000000/status", {
      from: who(SELLER),
      status: "accepted",
    });
  });

  test("PUT /energy-trading/trades/{id}/status: rejected and cancelled", async () => {
    for (const [status, person] of [
      ["rejected", SELLER],
      ["cancelled", BUYER],
    ] as const) {
      const asked = await ok("POST", "/energy-trading/trades", {
        from: who(BUYER),
        offerId: Number(offerId),
        energyAmount: 0.1,
      });
      await world.harness.sign(BUYER, asked);
      const path = `/energy-trading/trades/${asked.result.tradeId}`;
      await world.harness.sign(person, await ok("PUT", `${path}/status`, { from: who(person), status }));
      expect(await ok("GET", path)).toMatchObject({ status });
    }
  });

  test("an offer of which nothing is left is sold out, and not among the active ones", async () => {
    const offer = { from: who(SELLER), batteryId: BATTERY, energyAmount: "0.3", pricePerKwh: "1600" };
    const availableTo = await inSeconds(40_000);
    const created = await ok("POST", "/energy-trading/offers", { ...offer, availableTo });
    await world.harness.sign(SELLER, created);
    const id = created.result.offerId;
    const asked = await ok("POST", "/energy-trading/trades", { from: who(BUYER), offerId: id });
    await world.harness.sign(BUYER, asked);
    const path = `/energy-trading/trades/${asked.result.tradeId}/status`;
    const listed = async (status: string) => {
      const { items, total } = await ok("GET", `/energy-trading/offers?limit=1000${status}`);
      return { ids: items.map((item: Answer) => item.id), total };
    };
    expect((await listed("")).ids).toContain(id);
    await world.harness.sign(SELLER, await ok("PUT", path, { from: who(SELLER), status: "accepted" }));
    expect(await ok("GET", `/energy-trading/offers/${id}`)).toMatchObject({
      status: "sold_out",
      remainingAmount: "0",
    });
    const { ids, total } = await listed("");
    expect([ids.includes(id), total]).toEqual([
      false,
      (await ok("GET", "/energy-trading/statistics")).activeOffers,
    ]);
    expect((await listed("&status=active")).ids).toEqual(ids);
    expect((await listed("&status=sold_out")).ids).toContain(id);
    await world.harness.sign(SELLER, await ok("PUT", path, { from: who(SELLER), status: "cancelled" }));
  });

  test("DELETE /energy-trading/offers/{id}", async () => {
    await world.harness.sign(
      SELLER,
      await ok("DELETE", `/energy-trading/offers/${offerId}?from=${who(SELLER)}`),
    );
    expect(await ok("GET", `/energy-trading/offers/${offerId}`)).toMatchObject({ status: "cancelled" });
    const again = await problem(
      422,
      "DELETE",
      `/energy-trading/offers/${offerId}?from=${who(SELLER)}`,
      undefined,
    );
    expect(again.contractError.name).toBe("OfferNotActive");
  });

  test("GET /energy-trading/statistics and /dashboard/stats", async () => {
    const statistics = await ok("GET", "/energy-trading/statistics");
    const { markets } = await world.harness.query(
      "{ markets { items { deliveries deliveredWh trades offers } } }",
    );
    expect(statistics.transactionCount).toBe(markets.items[0].deliveries);
    expect(statistics.totalOffers).toBe(markets.items[0].offers);
    expect(Number(statistics.totalEnergyTraded) * 1_000).toBe(Number(markets.items[0].deliveredWh));
    const dashboard = await ok("GET", "/dashboard/stats");
    expect(dashboard.market.lastPrice).toBe("2500");
    expect(Number(dashboard.suggestedPrice)).toBeGreaterThan(0);
  });

  test("GET /trading/price-history", async () => {
    const { items } = await ok("GET", "/trading/price-history?interval=1d");
    expect(items.at(-1)).toMatchObject({ close: "2500" });
    await problem(400, "GET", "/trading/price-history?interval=2d", undefined, "interval");
    await problem(400, "GET", "/trading/orderbook?depth=0", undefined, "depth");
  });

  test("GET /wallet/{address}/balances and /transactions", async () => {
    const balances = await ok("GET", `/wallet/${who(BUYER).toLowerCase()}/balances`);
    expect(balances.address).toBe(getAddress(who(BUYER)));
    const [energyWh, idrs] = await world.harness.read("market", "tradingBalance", [who(BUYER)]);
    expect(Number(balances.trading.energy) * 1_000).toBeCloseTo(Number(energyWh), 6);
    expect(Number(balances.trading.idr)).toBeCloseTo(Number(idrs) / 1e6, 6);

    const all: Answer[] = [];
    let total = 1;
    while (all.length < total) {
      const page = await ok("GET", `/wallet/${who(BUYER)}/transactions?limit=50&offset=${all.length}`);
      total = page.total;
      expect(page.items.length).toBeGreaterThan(0);
      all.push(...page.items);
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(total);
    const times = all.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted().reverse());
    for (const place of ["wallet", "trading"] as const) {
      const own = all.filter((entry) => entry.where === place);
      const energy = own.reduce((sum, { energyAmount }) => sum + Math.round(Number(energyAmount) * 1_000), 0);
      expect(energy, place).toBe(Math.round(Number(balances[place].energy) * 1_000));
    }
    await problem(400, "GET", "/wallet/0x12/balances", undefined, "address");
  });

  test("GET /energy/settlements, GET /energy/community: a stranger's questions without GraphQL", async () => {
    const { settlements } = await world.harness.query(
      "query ($meterId: String!) { settlements(where: { meterId: $meterId }, limit: 1000) { items { tokensWh } } }",
      { meterId: world.activity.meters[0]!.id },
    );
    const home = await ok("GET", "/energy/settlements?meterId=home-01&limit=200");
    expect(home.total).toBe(settlements.items.length);
    expect(home.items.at(-1)).toMatchObject({ meterId: "home-01", baseline: true });
    const kwh = home.items.reduce((sum: number, { tokensKwh }: Answer) => sum + Number(tokensKwh), 0);
    const wh = settlements.items.reduce((sum: number, { tokensWh }: Answer) => sum + Number(tokensWh), 0);
    expect(Math.round(kwh * 1_000)).toBe(wh);
    home.items.forEach((item: Answer, place: number) => {
      const before = home.items[place + 1];
      const grown = (name: string) =>
        before?.epoch === item.epoch ? parseKwh(item[name]) - parseKwh(before[name]) : 0n;
      expect([parseKwh(item.exportedKwh), parseKwh(item.importedKwh)]).toEqual([
        grown("exportKwh"),
        grown("importKwh"),
      ]);
      expect([item.settledAt, item.transactionHash]).toEqual([item.timestamp, item.blockchainTxHash]);
    });
    const { blockNumber } = await world.harness.client.getTransactionReceipt({
      hash: home.items[0].transactionHash,
    });
    expect(home.items[0].blockNumber).toBe(String(blockNumber));
    const times = home.items.map(({ readAt }: Answer) => readAt);
    expect(times).toEqual(times.toSorted().reverse());
    const [, second] = times;
    const { items } = await ok(
      "GET",
      `/energy/settlements?ownerId=${home.items[0].ownerId}&meterId=home-01&from=${second}&to=${times[0]}`,
    );
    expect(items).toEqual([home.items[1]]);
    await problem(404, "GET", "/energy/settlements?meterId=nobody", undefined);
    await problem(400, "GET", "/energy/settlements?meterId=a%20b", undefined, "meterId");

    const community = await ok("GET", "/energy/community?interval=15m");
    const { communityEnergy } = await world.harness.query(
      "{ communityEnergy { importedWh selfSufficiency windows { start } } }",
    );
    expect(Math.round(Number(community.importedKwh) * 1_000)).toBe(Number(communityEnergy.importedWh));
    expect(community.selfSufficiency).toBe(communityEnergy.selfSufficiency);
    expect(community.windows.length).toBe(communityEnergy.windows.length);
    for (const [least, most] of [
      ["minPrice=2", "maxPrice=1.999"],
      ["minEnergy=2", "maxEnergy=1.999"],
    ] as const)
      await problem(400, "GET", `/energy-trading/offers?${least}&${most}`, undefined, least.split("=")[0]);
    await ok("GET", "/energy-trading/offers?minPrice=2&maxPrice=2");
    await problem(400, "GET", "/energy/community?interval=2w", undefined, "interval");
    const weeks = await ok("GET", "/energy/community?interval=1w");
    expect(weeks.importedKwh).toBe(community.importedKwh);
    for (const { start } of weeks.windows) expect(new Date(start).getUTCDay(), start).toBe(1);
    for (const interval of ["1m", "5m"]) await ok("GET", `/energy/community?interval=${interval}`);
    await problem(
      400,
      "GET",
      "/energy/community?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      undefined,
      "from",
    );
  });

  test("what is unknown is refused by its name, wherever it stands", async () => {
    const order = { from: who(BUYER), side: "buy", pricePerKwh: 1_400, energyAmount: "1" };
    for (const [method, path, body, field] of [
      ["GET", "/energy-trading/offers?sellerID=0x12", undefined, "sellerID"],
      ["GET", "/energy-trading/trades?scope=own", undefined, "scope"],
      ["GET", "/energy-trading/transactions?constructor=1", undefined, "constructor"],
      ["GET", "/energy-trading/statistics?since=1", undefined, "since"],
      ["GET", "/energy-trading/offers/1?fields=id", undefined, "fields"],
      ["GET", "/trading/price-history?limit=5", undefined, "limit"],
      ["GET", "/trading/orders?owner=0x12", undefined, "owner"],
      ["GET", "/trading/orderbook?side=buy", undefined, "side"],
      ["GET", "/trading/trades?limit=5&buyerId=0x12", undefined, "buyerId"],
      ["GET", `/wallet/${who(BUYER)}/balances?at=1`, undefined, "at"],
      ["GET", `/wallet/${who(BUYER)}/transactions?page=2`, undefined, "page"],
      ["GET", "/energy/settlements?meter=home-01", undefined, "meter"],
      ["GET", "/energy/community?groupBy=day", undefined, "groupBy"],
      ["GET", "/dashboard/stats?now=1", undefined, "now"],
      ["GET", "/health?x=1", undefined, "x"],
      ["DELETE", `/trading/orders/5?from=${who(BUYER)}&force=true`, undefined, "force"],
      ["POST", "/trading/order", { ...order, price: "1" }, "price"],
      ["POST", "/trading/order?dry=1", order, "dry"],
      [
        "POST",
        "/trading/approve",
        { from: who(BUYER), token: "ETK", amount: "1", spender: who(1) },
        "spender",
      ],
      ["POST", "/energy-trading/trades", { from: who(BUYER), offerId: 1, amount: "1" }, "amount"],
      ["PUT", "/energy-trading/trades/1/status", { from: who(BUYER), status: "accepted", why: "" }, "why"],
    ] as const) {
      const { errors } = await problem(400, method, path, body, field);
      const [unknown] = errors.filter((error: Answer) => error.field === field);
      expect(unknown.message).toMatch(/^is not known here; (allowed: |nothing is taken)/);
    }
  });

  test("the first version's names and shapes are taken", async () => {
    await meter(100n);
    const seller = who(SELLER);
    const offer = {
      sellerId: seller,
      batteryId: world.activity.meters[2]!.id,
      energyAmount: 0.5,
      pricePerKwh: 1700,
      availableTo: await inSeconds(40_000),
    };
    const created = await ok("POST", "/energy-trading/offers", offer);
    const { offerId: id } = created.result;
    await world.harness.sign(SELLER, created);
    const { latitude, longitude } = places[SELLER]!;
    for (const status of ["ACTIVE", "Active", "active"]) {
      const near = await ok(
        "GET",
        `/energy-trading/offers?latitude=${latitude}&longitude=${longitude}&maxDistance=5&status=${status}`,
      );
      expect(near.items.map((item: Answer) => item.id)).toContain(id);
    }
    const far = await ok("GET", `/energy-trading/offers?latitude=${latitude}&longitude=106.5&maxDistance=1`);
    expect(far.items).toEqual([]);
    await world.harness.sign(
      SELLER,
      await ok("PUT", `/energy-trading/offers/${id}`, {
        sellerId: seller,
        from: seller,
        pricePerKwh: "1800",
      }),
    );

    // A trade that says no amount is about the whole offer.
    const asked = await ok("POST", "/energy-trading/trades", { buyerId: who(BUYER), offerId: id });
    expect(asked.effect).toContain("Asks for 0.5 kWh");
    await world.harness.sign(BUYER, asked);
    const path = `/energy-trading/trades/${asked.result.tradeId}`;
    expect(await ok("GET", path)).toMatchObject({ energyAmount: "0.5", status: "pending" });
    await world.harness.sign(
      SELLER,
      await ok("PUT", `${path}/status`, { sellerId: seller, status: "REJECTED" }),
    );
    await world.harness.sign(SELLER, await ok("DELETE", `/energy-trading/offers/${id}?sellerId=${seller}`));

    const fields = async (method: string, route: string, body: unknown, field: string) =>
      problem(400, method, route, body, field);
    await fields(
      "POST",
      "/energy-trading/trades",
      { buyerId: who(BUYER), from: who(1), offerId: id },
      "buyerId",
    );
    await fields("POST", "/energy-trading/trades", { offerId: id }, "from");
    await fields("POST", "/energy-trading/trades", { sellerId: seller, offerId: id }, "sellerId");
    await fields("DELETE", `/energy-trading/offers/${id}`, undefined, "from");
    const apart = `latitude=${latitude}&longitude=${longitude}&maxDistance=5&maxDistanceKm=6`;
    await fields("GET", `/energy-trading/offers?${apart}`, undefined, "maxDistance");
  });

  test("ranges of time hold their beginning and not their end; an empty one is refused", async () => {
    const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();
    const lists: [path: string, time: string][] = [
      ["/trading/trades", "timestamp"],
      ["/energy-trading/transactions", "timestamp"],
      ["/energy/settlements", "readAt"],
      ["/trading/price-history?interval=1h", "start"],
    ];
    const long = `from=${iso((await world.harness.now()) - 100 * 86_400)}`;
    for (const [path, time] of lists) {
      const ask = async (range: string): Promise<Answer[]> =>
        (
          await ok(
            "GET",
            `${path}${path.includes("?") ? "&" : "?"}${range}${path.includes("history") ? "" : "&limit=200"}`,
          )
        ).items;
      const times = (await ask(long)).map((item) => item[time]).toSorted();
      const [first, last] = [times[0], times.at(-1)];
      expect(first, path).not.toBe(last);
      const found = (await ask(`from=${first}&to=${last}`)).map((item) => item[time]).toSorted();
      // The same in Jakarta's time, its plus not written as %2B.
      const [from, to] = [first, last].map((one) =>
        iso(Date.parse(one) / 1_000 + 7 * 3_600).replace(".000Z", "+07:00"),
      );
      expect((await ask(`from=${from}&to=${to}`)).map((item) => item[time]).toSorted()).toEqual(found);
      expect(found, path).toEqual(times.filter((one) => one >= first && one < last));
      const half = new Date(Date.parse(first) + 500).toISOString();
      expect(
        (await ask(`from=${half}&to=${last}`)).map((item) => item[time]),
        path,
      ).not.toContain(first);
      expect(
        (await ask(`from=${first}&to=${half}`)).map((item) => item[time]),
        path,
      ).toContain(first);
      for (const range of [`from=${last}&to=${first}`, `from=${first}&to=${first}`])
        await problem(400, "GET", `${path}${path.includes("?") ? "&" : "?"}${range}`, undefined, "from");
    }
  });

  test("meters go by serial and by id", async () => {
    const { id } = world.activity.meters[0]!;
    const bySerial = await ok("GET", "/energy/settlements?meterId=home-01");
    for (const name of [id, id.toUpperCase().replace("0X", "0x")])
      expect(await ok("GET", `/energy/settlements?meterId=${name}`)).toEqual(bySerial);
    for (const name of ["0x12", `${id}00`, `0x${"ff".repeat(32)}`])
      await problem(name === "0x12" ? 404 : 400, "GET", `/energy/settlements?meterId=${name}`, undefined);
    const feed = await world.harness.subscribe(
      'subscription { settlementCompleted(meterId: "battery-01") { meterId } }',
    );
    await meter(10n);
    await world.harness.until("it is told", async () => feed.events.length > 0);
    expect(feed.events[0].settlementCompleted.meterId).toBe(world.activity.meters[2]!.id);
    feed.close();
  });

  test("GET /meters and /meters/{id}", async () => {
    const { items } = await ok("GET", "/meters?limit=3");
    expect(items).toHaveLength(3);
    for (const meter of items) expect(await ok("GET", `/meters/${meter.id}`)).toEqual(meter);
  });

  test("a number that JSON does not keep is refused, as is a body that is none", async () => {
    const post = (body: string, type = "application/json") =>
      fetch(`${world.harness.url}/api/v1/trading/approve`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
    const body = (amount: string) => `{"from":"${who(BUYER)}","token":"IDRS","amount":${amount}}`;
    for (const amount of ["9007199254740993", "123456789012.123456", "0.30000000000000001"]) {
      const answer = await post(body(amount));
      expect([amount, answer.status, (await answer.json()).errors]).toEqual([
        amount,
        400,
        [{ field: "amount", message: "has more digits than a JSON number keeps: send it as text" }],
      ]);
    }
    const { result, effect } = await (await post(body('"9007199254740993"'))).json();
    expect([result, effect]).toEqual([{}, "Lets the market pull up to 9007199254740993 IDRS"]);
    expect((await post(body("2.50"))).status).toBe(200);
    expect((await post(body("1"), "text/plain")).status).toBe(415);
    expect((await post(body("1"), "application/json; charset=utf-8")).status).toBe(200);
    expect((await post("{")).status).toBe(400);
  });

  test("what is given twice, or asked by a method that no route has, is refused as a problem", async () => {
    const { errors } = await problem(400, "GET", "/trading/orders?limit=1&limit=2", undefined, "limit");
    expect(errors).toEqual([{ field: "limit", message: "must be given once" }]);
    for (const [method, path, allow] of [
      ["PATCH", "/api/v1/energy-trading/offers/1", "DELETE, GET, HEAD, PUT"],
      ["POST", "/api/v1/trading/orderbook", "GET, HEAD"],
      ["PUT", "/graphql", "GET, HEAD, POST"],
    ] as const) {
      const answer = await fetch(`${world.harness.url}${path}`, { method });
      expect([path, answer.status, answer.headers.get("allow")]).toEqual([path, 405, allow]);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  });

  test("the document describes every route, and the page needs no internet", async () => {
    const { url } = world.harness;
    expect(await ok("GET", "/health")).toEqual({ status: "ok" });
    const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as Answer;
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map(
        (method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`,
      ),
    );
    expect(routes.toSorted()).toEqual([
      "DELETE /energy-trading/offers/{id}",
      "DELETE /trading/orders",
      "DELETE /trading/orders/{id}",
      "GET /communities",
      "GET /communities/{id}",
      "GET /communities/{id}/slots",
      "GET /communities/{id}/slots/{slotEnd}",
      "GET /contracts",
      "GET /dashboard/stats",
      "GET /energy-trading/offer-prices",
      "GET /energy-trading/offers",
      "GET /energy-trading/offers/{id}",
      "GET /energy-trading/ratings",
      "GET /energy-trading/statistics",
      "GET /energy-trading/trades",
      "GET /energy-trading/trades/{id}",
      "GET /energy-trading/transactions",
      "GET /energy/community",
      "GET /energy/history",
      "GET /energy/settlements",
      "GET /health",
      "GET /market",
      "GET /meters",
      "GET /meters/{id}",
      "GET /meters/{id}/energy",
      "GET /meters/{id}/outlook",
      "GET /meters/{id}/slots",
      "GET /statements/{account}",
      "GET /stream",
      "GET /time",
      "GET /trading/orderbook",
      "GET /trading/orders",
      "GET /trading/orders/{id}",
      "GET /trading/price-history",
      "GET /trading/quote",
      "GET /trading/trades",
      "GET /wallet/{address}/balances",
      "GET /wallet/{address}/transactions",
      "POST /energy-trading/offers",
      "POST /energy-trading/trades",
      "POST /energy-trading/trades/{id}/rating",
      "POST /trading/approve",
      "POST /trading/deposit",
      "POST /trading/order",
      "POST /trading/permit",
      "POST /trading/withdraw",
      "PUT /energy-trading/offers/{id}",
      "PUT /energy-trading/trades/{id}/status",
    ]);
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    // Who reads it finds the other ways to ask.
    expect(document.info.description).toMatch(/\(\/graphql\).*\(\/api\/v1\/stream\)/);
    // What is accepted is what it says: text or a number in bodies, names in any case, nothing unknown.
    const order = document.paths["/api/v1/trading/order"].post.requestBody.content["application/json"].schema;
    expect(order).toMatchObject({
      additionalProperties: false,
      properties: {
        energyAmount: { type: ["string", "number"] },
        side: { type: "string", enum: ["buy", "sell"] },
        maxSteps: { type: ["integer", "string"] },
      },
    });
    // Every request was made above, and answered; those about slots and the stream in their own tests.
    const done = world.harness.answered();
    for (const route of routes) {
      if (aboutSlots.test(route) || route === "GET /stream") continue;
      const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      expect(
        done.some((one) => pattern.test(one)),
        route,
      ).toBe(true);
    }

    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods as Answer));
    expect(new Set(operations.map(({ operationId }: Answer) => operationId)).size).toBe(routes.length);

    const docs = await fetch(`${url}/api/docs`);
    expect(docs.headers.get("content-security-policy")).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    expect(docs.headers.get("x-content-type-options")).toBe("nosniff");
    const page = await docs.text();
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    for (const [, file] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await fetch(`${url}${file}`)).status, file).toBe(200);
    }
    await problem(404, "GET", "/nothing", undefined);
    for (const path of ["/health", "/ready", "/status", "/metrics"]) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(200);
    }
    expect(await (await fetch(`${url}/probe`)).json()).toMatchObject({ ready: true, reasons: [] });
    expect(await (await fetch(`${url}/figures`)).text()).toMatch(/\nenerlink_index_lag_blocks \d+\n/);
  });
};
