/** What the market's events say is what its views say: everything can be rebuilt from the log alone. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { network } from "hardhat";
import { type Address, encodeFunctionData, type Hex, parseEventLogs, parseSignature } from "viem";
import { CELL, deployMarket, type MarketSystem } from "./system.ts";

const OPERATIONS = 400;
const ACTORS = 4;
const PRICE = 1_500_000;
const OFFER_STATUS = { active: 1, completed: 2, cancelled: 3, expired: 4 };
const TRADE_STATUS = {
  pending: 1,
  accepted: 2,
  rejected: 3,
  cancelled: 4,
  lapsed: 5,
  completed: 6,
  expired: 7,
};

type Order = { owner: Address; ask: boolean; price: bigint; openWh: bigint };
type Offer = { seller: Address; remainingWh: number; price: number; availableTo: number; status: number };
type Trade = {
  offerId: bigint;
  buyer: Address;
  wattHours: number;
  meteredWh: number;
  deliveredWh: number;
  price: number;
  status: number;
};

describe("events of the market", () => {
  let system: MarketSystem;
  let actors: Address[];
  let batteries: Hex[];
  let seed = 7;

  /** A linear congruential generator: every run is the same run. */
  const next = (bound: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % bound;
  };
  const recent = (count: bigint) => (count === 0n ? 1n : count - BigInt(next(Math.min(Number(count), 8))));

  before(async () => {
    system = await deployMarket(await network.create());
    actors = [];
    for (let i = 0; i < ACTORS; i++) actors.push(await system.actor(i));
    for (const actor of actors) {
      await system.give(actor, 1_000_000n, 10n ** 15n);
      await system.market.write.deposit([20_000n, 10n ** 11n], { account: actor });
    }
    batteries = [
      await system.addBattery("battery-a", actors[0]!, 100_000n),
      await system.addBattery("battery-b", actors[1]!, 100_000n),
    ];
  });

  /** One random call; most are possible, some are refused, which changes nothing. */
  async function operate(orders: { orderId: bigint; owner: Address }[], exported: bigint[]): Promise<void> {
    const { market } = system;
    const index = next(ACTORS);
    const account = actors[index]!;
    const owner = { account: actors[next(2)]! };
    const [offers, trades, now] = await Promise.all([
      market.read.offerCount(),
      market.read.tradeCount(),
      system.now(),
    ]);
    if (next(12) === 0) await system.wait(next(1_200));
    const kind = next(100);
    if (kind < 25) {
      const order = [next(2), 1_400 + next(4), 100 + next(900), next(4), 20] as const;
      await market.write.placeOrder(order, { account });
    } else if (kind < 35) {
      const order = orders[orders.length - 1 - next(Math.min(orders.length, 6))];
      if (order) await market.write.cancelOrder([order.orderId], { account: order.owner });
    } else if (kind < 38)
      await market.write.withdraw([BigInt(next(500)), BigInt(next(1_000_000))], { account });
    else if (kind < 46) {
      const mine = next(2);
      const terms = [
        batteries[mine]!,
        100 + next(9_000),
        PRICE,
        CELL,
        now,
        now + 600 + next(20_000),
      ] as const;
      await market.write.createOffer(terms, { account: actors[mine]! });
    } else if (kind < 50) {
      await market.write.updateOffer([recent(offers), 100 + next(5_000), PRICE, now + 9_000], owner);
    } else if (kind < 52) await market.write.cancelOffer([recent(offers)], owner);
    else if (kind < 54) await market.write.closeOffer([recent(offers)], { account });
    else if (kind < 68) {
      const offerId = recent(offers);
      const end = offers === 0n ? now + 1 : (await market.read.offer([offerId])).availableTo;
      await market.write.requestTrade([offerId, 100 + next(900), PRICE, end], { account });
    } else if (kind < 80) {
      const tradeId = recent(trades);
      const seller = trades === 0n ? account : (await market.read.trade([tradeId])).seller;
      await market.write.acceptTrade([tradeId], { account: seller });
    } else if (kind < 82) await market.write.rejectTrade([recent(trades)], owner);
    else if (kind < 84) await market.write.cancelTrade([recent(trades)], { account });
    else if (kind < 92) {
      const tradeId = recent(trades);
      const most = Number(await market.read.deliverable([tradeId]));
      await market.write.deliver([tradeId, next(3) === 0 ? 1 + next(100) : most], { account });
    } else if (kind < 93) await market.write.closeTrade([recent(trades)], { account });
    else if (kind < 95) await market.write.rateTrade([recent(trades), 1 + next(5)], { account });
    else {
      const mine = next(2);
      exported[mine] = exported[mine]! + BigInt(next(6_000));
      await system.settle(batteries[mine]!, exported[mine]!, 100_000n);
    }
  }

  async function eventsSince(fromBlock: bigint) {
    const logs = await system.client.getLogs({ address: system.market.address, fromBlock });
    return parseEventLogs({ abi: system.market.abi, logs });
  }

  it("rebuild balances, book, offers, trades and reputations", async () => {
    const placed: { orderId: bigint; owner: Address }[] = [];
    const exported = [0n, 0n];
    let refused = 0;
    for (let i = 0; i < OPERATIONS; i++) {
      await operate(placed, exported).catch((error: Error) => {
        // Only the market's own refusals are expected, each under its name.
        assert.match(error.message, /The contract function .* reverted[\s\S]*Error: [A-Z]\w+\(/);
        refused++;
      });
      for (const event of await eventsSince(await system.client.getBlockNumber())) {
        if (event.eventName === "OrderPlaced") placed.push(event.args);
      }
    }
    assert.ok(refused < (OPERATIONS * 3) / 4, `${refused} of ${OPERATIONS} calls were refused`);

    const energy = new Map<Address, bigint>(actors.map((actor) => [actor, 0n]));
    const cash = new Map<Address, bigint>(actors.map((actor) => [actor, 0n]));
    const move = (account: Address, energyWh: bigint, idrs: bigint) => {
      energy.set(account, energy.get(account)! + energyWh);
      cash.set(account, cash.get(account)! + idrs);
    };
    const orders = new Map<bigint, Order>();
    const offers = new Map<bigint, Offer>();
    const trades = new Map<bigint, Trade>();
    const reputations = new Map(
      actors.map((actor) => [actor, { promisedWh: 0n, deliveredWh: 0n, ratings: 0, stars: 0 }]),
    );
    const kinds = new Set<string>();
    const refund = (trade: Trade, wattHours: number, status: number) => {
      move(trade.buyer, 0n, BigInt(wattHours) * BigInt(trade.price));
      trade.status = status;
    };
    const record = (trade: Trade) => {
      const reputation = reputations.get(offers.get(trade.offerId)!.seller)!;
      reputation.promisedWh += BigInt(trade.wattHours);
      reputation.deliveredWh += BigInt(trade.deliveredWh);
    };

    for (const { eventName, args } of await eventsSince(0n)) {
      kinds.add(eventName);
      switch (eventName) {
        case "Deposited":
          move(args.account, args.energyWh, args.idrs);
          break;
        case "Withdrawn":
          move(args.account, -args.energyWh, -args.idrs);
          break;
        case "OrderPlaced": {
          const price = ((args.orderId >> 64n) & 0xffffn) * 1_000n;
          const order = {
            owner: args.owner,
            ask: args.orderId >> 80n === 1n,
            price,
            openWh: BigInt(args.wattHours),
          };
          assert.ok(!orders.has(args.orderId), "B8: an id never denotes two orders");
          orders.set(args.orderId, order);
          move(args.owner, order.ask ? -order.openWh : 0n, order.ask ? 0n : -order.openWh * price);
          break;
        }
        case "OrderCancelled": {
          const order = orders.get(args.orderId)!;
          const wattHours = BigInt(args.wattHours);
          order.openWh -= wattHours;
          move(order.owner, order.ask ? wattHours : 0n, order.ask ? 0n : wattHours * order.price);
          break;
        }
        case "OrderFilled": {
          const order = orders.get(args.makerOrderId)!;
          const wattHours = BigInt(args.wattHours);
          order.openWh -= wattHours;
          // What the maker gives was set aside when it placed the order.
          move(order.owner, order.ask ? 0n : wattHours, order.ask ? wattHours * order.price : 0n);
          move(
            args.taker,
            order.ask ? wattHours : -wattHours,
            (order.ask ? -1n : 1n) * wattHours * order.price,
          );
          break;
        }
        case "OfferCreated": {
          const { seller, wattHours: remainingWh, price, availableTo } = args;
          offers.set(args.offerId, { seller, remainingWh, price, availableTo, status: OFFER_STATUS.active });
          break;
        }
        case "OfferUpdated": {
          const { remainingWh, price, availableTo } = args;
          Object.assign(offers.get(args.offerId)!, { remainingWh, price, availableTo });
          break;
        }
        case "OfferCancelled":
          offers.get(args.offerId)!.status = OFFER_STATUS.cancelled;
          break;
        case "OfferExpired":
          offers.get(args.offerId)!.status = OFFER_STATUS.expired;
          break;
        case "OfferCompleted":
          offers.get(args.offerId)!.status = OFFER_STATUS.completed;
          break;
        case "TradeRequested": {
          const { offerId, buyer, wattHours, price } = args;
          trades.set(args.tradeId, {
            offerId,
            buyer,
            wattHours,
            meteredWh: 0,
            deliveredWh: 0,
            price,
            status: TRADE_STATUS.pending,
          });
          move(buyer, 0n, -BigInt(wattHours) * BigInt(price));
          break;
        }
        case "TradeAccepted": {
          const trade = trades.get(args.tradeId)!;
          const offer = offers.get(trade.offerId)!;
          trade.status = TRADE_STATUS.accepted;
          offer.remainingWh -= trade.wattHours;
          break;
        }
        case "TradeRejected":
          refund(trades.get(args.tradeId)!, trades.get(args.tradeId)!.wattHours, TRADE_STATUS.rejected);
          break;
        case "TradeCancelled":
          refund(trades.get(args.tradeId)!, trades.get(args.tradeId)!.wattHours, TRADE_STATUS.cancelled);
          break;
        case "TradeLapsed":
          refund(trades.get(args.tradeId)!, trades.get(args.tradeId)!.wattHours, TRADE_STATUS.lapsed);
          break;
        case "TradeExpired":
          refund(trades.get(args.tradeId)!, args.undeliveredWh, TRADE_STATUS.expired);
          record(trades.get(args.tradeId)!);
          break;
        case "TradeMetered":
          trades.get(args.tradeId)!.meteredWh += args.wattHours;
          break;
        case "TradeDelivered": {
          const trade = trades.get(args.tradeId)!;
          const { seller } = offers.get(trade.offerId)!;
          const wattHours = BigInt(args.wattHours);
          trade.deliveredWh += args.wattHours;
          move(seller, -wattHours, wattHours * BigInt(trade.price));
          move(trade.buyer, wattHours, 0n);
          break;
        }
        case "TradeCompleted":
          trades.get(args.tradeId)!.status = TRADE_STATUS.completed;
          record(trades.get(args.tradeId)!);
          break;
        case "TradeRated": {
          const reputation = reputations.get(args.rated)!;
          reputation.ratings += 1;
          reputation.stars += args.stars;
          break;
        }
      }
    }
    for (const kind of [
      "OrderFilled",
      "OrderCancelled",
      "OfferUpdated",
      "OfferExpired",
      "TradeMetered",
      "TradeDelivered",
    ]) {
      assert.ok(kinds.has(kind), `${kind} happened`);
    }

    const { read } = system.market;
    for (const actor of actors) {
      assert.deepEqual(await read.tradingBalance([actor]), [energy.get(actor), cash.get(actor)], actor);
      assert.deepEqual(await read.reputation([actor]), reputations.get(actor), actor);
    }
    for (const [side, ask] of [
      [0, false],
      [1, true],
    ] as const) {
      const levels = new Map<number, bigint>();
      for (const [orderId, order] of orders) {
        const [owner, , , openWh] = await read.openOrder([orderId]);
        assert.equal(BigInt(openWh), order.openWh);
        if (order.openWh > 0n) assert.equal(owner, order.owner);
        if (order.ask !== ask || order.openWh === 0n) continue;
        const tick = Number(order.price / 1_000n);
        levels.set(tick, (levels.get(tick) ?? 0n) + order.openWh);
      }
      const best = [...levels].sort(([a], [b]) => (ask ? a - b : b - a));
      assert.deepEqual(
        await read.depth([side, 1_000n]),
        best.map(([tick, wattHours]) => ({ tick, wattHours })),
      );
      assert.equal(await read.bestPrice([side]), best[0]?.[0] ?? 0);
    }
    const now = await system.now();
    for (const [offerId, offer] of offers) {
      const view = await read.offer([offerId]);
      const delivering =
        offer.remainingWh === 0 &&
        [...trades.values()].some((t) => t.offerId === offerId && t.status === TRADE_STATUS.accepted);
      const over = offer.status === OFFER_STATUS.active && now > offer.availableTo && !delivering;
      const { seller, remainingWh, price, availableTo, status } = view;
      assert.deepEqual(
        { seller, remainingWh, price, availableTo, status },
        { ...offer, status: over ? OFFER_STATUS.expired : offer.status },
      );
    }
    for (const [tradeId, { meteredWh, ...trade }] of trades) {
      const { deliverBy, ...view } = await read.trade([tradeId]);
      const { offerId, buyer, wattHours, deliveredWh, price, status } = view;
      assert.deepEqual({ offerId, buyer, wattHours, deliveredWh, price, status }, trade);
      const inTime = status === TRADE_STATUS.accepted && now >= view.availableFrom && now <= deliverBy;
      assert.equal(await read.deliverable([tradeId]), inTime ? BigInt(meteredWh - deliveredWh) : 0n);
    }
    assert.equal(await read.offerCount(), BigInt(offers.size));
    assert.equal(await read.tradeCount(), BigInt(trades.size));
  });

  it("a wallet trades in one transaction, with a permit and without an approval", async () => {
    const [, wallet] = await system.wallets();
    const account = wallet!.account;
    await system.give(account.address, 5_000n, 0n);
    await system.energyToken.write.approve([system.market.address, 0n], { account });
    const deadline = BigInt(await system.now()) + 3_600n;
    const signature = await wallet!.signTypedData({
      domain: {
        name: "EnerLink Energy",
        version: "1",
        chainId: await system.client.getChainId(),
        verifyingContract: system.energyToken.address,
      },
      types: {
        Permit: [
          { name: "owner", type: "address" },
          { name: "spender", type: "address" },
          { name: "value", type: "uint256" },
          { name: "nonce", type: "uint256" },
          { name: "deadline", type: "uint256" },
        ],
      },
      primaryType: "Permit",
      message: {
        owner: account.address,
        spender: system.market.address,
        value: 5_000n,
        nonce: 0n,
        deadline,
      },
    });
    const { r, s, yParity } = parseSignature(signature);
    const { market } = system;
    const permit = encodeFunctionData({
      abi: market.abi,
      functionName: "permit",
      args: [system.energyToken.address, 5_000n, deadline, 27 + yParity, r, s],
    });
    const order = encodeFunctionData({
      abi: market.abi,
      functionName: "placeOrder",
      args: [1, 60_000, 5_000, 3, 0],
    });

    await market.write.multicall([[permit, order]], { account });

    const [opened, deposited, placed] = await eventsSince(await system.client.getBlockNumber());
    assert.equal(opened?.eventName, "AccountOpened");
    assert.equal(deposited?.eventName, "Deposited");
    assert.ok(placed?.eventName === "OrderPlaced");
    const [owner] = await market.read.openOrder([placed.args.orderId]);
    assert.equal(owner.toLowerCase(), account.address.toLowerCase());
  });
});
