/** Fills a chain with a busy market: settlements, a quoted order book, offers with trades and deliveries. */
import { energyMarketAbi, Side } from "@enerlink/protocol";
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from "viem";
import { makeRandom } from "../test/activity.ts";
import { type Chain, places } from "../test/chain.ts";

/** Homes that trade, each with a meter; the first tenth have batteries. */
const HOMES = 100;
const BATTERIES = HOMES / 10;
/** How many quote in one block of a round, and how many orders each. */
const TRADERS = 10;
const ORDERS = 20;
/** A round is a quarter of an hour. */
const ROUND_SECONDS = 900;
const GAS = "0xf00000";

export type Market = Awaited<ReturnType<typeof makeMarket>>;

export async function makeMarket(chain: Chain) {
  const { client, contracts, settle, now, read } = chain;
  const random = makeRandom(1);
  const request = client.request as (asked: { method: string; params: unknown[] }) => Promise<never>;
  const homes = ((await request({ method: "eth_accounts", params: [] })) as Address[]).slice(10, 10 + HOMES);
  const meters: { id: Hex; exportWh: bigint; importWh: bigint }[] = [];
  const resting = new Map<Address, bigint[]>();
  let accepted: [seller: Address, tradeId: bigint][] = [];

  const sent: Hex[] = [];
  const send = async (from: Address, to: Address, data: Hex) =>
    sent.push(await request({ method: "eth_sendTransaction", params: [{ from, to, data, gas: GAS }] }));
  type Call = { functionName: string; args: readonly unknown[] };
  const encoded = (abi: readonly unknown[], call: Call) => encodeFunctionData({ abi, ...call } as never);
  const inMarket = (from: Address, calls: Call[]) => {
    const { address, abi } = contracts.market;
    const [first] = calls;
    if (!first) return;
    const all = [calls.map((call) => encoded(abi, call))];
    const call = calls.length === 1 ? first : { functionName: "multicall", args: all };
    return send(from, address, encoded(abi, call));
  };

  /** Puts what was sent into one block. @returns its events on the market @throws when a transaction reverted */
  async function mine() {
    await client.mine({ blocks: 1 });
    const blockNumber = await client.getBlockNumber({ cacheTime: 0 });
    const receipts = (await request({
      method: "eth_getBlockReceipts",
      params: [`0x${blockNumber.toString(16)}`],
    })) as { status: Hex; logs: never[]; transactionHash: Hex }[];
    if (receipts.length !== sent.length)
      throw new Error(`${sent.length - receipts.length} transactions wait`);
    const failed = receipts.find(({ status }) => status !== "0x1");
    if (failed) throw new Error(`${failed.transactionHash} reverted`);
    sent.length = 0;
    const logs = receipts.flatMap((receipt) => receipt.logs);
    events += logs.length;
    return parseEventLogs({ abi: energyMarketAbi, logs });
  }
  let events = 0;

  async function setUp() {
    await client.setAutomine(true);
    for (let home = 0; home < HOMES; home++) {
      const kind = home < BATTERIES ? "BATTERY" : "PROSUMER";
      const place = places[home % places.length]!;
      const id = await chain.addMeter(`home-${home}`, homes[home]!, kind, {
        latitude: place.latitude + (home % 7) * 0.02,
        longitude: place.longitude + (home % 11) * 0.02,
      });
      meters.push({ id, exportWh: 0n, importWh: 0n });
    }
    await client.setAutomine(false);
    for (const home of homes) {
      for (const contract of ["energy", "rupiah"] as const) {
        const args = [contracts.market.address, 2n ** 256n - 1n];
        await send(
          home,
          contracts[contract].address,
          encoded(contracts[contract].abi, { functionName: "approve", args }),
        );
      }
      for (let i = 0; i < 5; i++) {
        const args = [1_000_000_000_000n];
        await send(
          home,
          contracts.faucet.address,
          encoded(contracts.faucet.abi, { functionName: "draw", args }),
        );
      }
    }
    await mine();
    await report();
    for (let i = 0; i < 4; i++) await report(10_000);
  }

  /** All meters report one quarter of an hour. */
  async function report(least = 0) {
    await client.increaseTime({ seconds: ROUND_SECONDS });
    await client.setAutomine(true);
    await client.mine({ blocks: 1 });
    const timestamp = await now();
    const reports = meters.map((meter, home) => {
      const isBattery = home < BATTERIES;
      // A battery discharges at least what its owner accepted a round ago.
      meter.exportWh += BigInt(random.between(isBattery ? 4_000 : least, least + 12_000));
      meter.importWh += BigInt(random.between(0, 3_000));
      const storedWh = isBattery ? 900_000n : 0n;
      return {
        meterId: meter.id,
        exportWh: meter.exportWh,
        importWh: meter.importWh,
        storedWh,
        timestamp,
        epoch: 1,
      };
    });
    const { logs } = await settle(reports);
    events += logs.length;
    await client.setAutomine(false);
  }

  /** In one block, `traders` take back what rests of their quotes and quote anew. */
  async function quote(traders: number) {
    const first = random.between(BATTERIES, HOMES - traders);
    for (const home of homes.slice(first, first + traders)) {
      const mine = resting.get(home) ?? [];
      const open = await stillOpen(mine);
      resting.set(home, []);
      const orders = Array.from({ length: ORDERS }, () => {
        const side = random.between(0, 1);
        const tick = random.between(1_400, 1_440) + (side === Side.Ask ? 20 : 0);
        return { functionName: "placeOrder", args: [side, tick, random.between(100, 1_500), 0, 50] };
      });
      await inMarket(home, [...open.map((id) => ({ functionName: "cancelOrder", args: [id] })), ...orders]);
    }
    for (const log of await mine()) {
      if (log.eventName === "OrderPlaced") resting.get(log.args.owner)?.push(log.args.orderId);
    }
  }

  async function stillOpen(orders: bigint[]): Promise<bigint[]> {
    if (orders.length === 0) return [];
    const { abi, address } = contracts.market;
    const calls = orders.map((id) => encoded(abi, { functionName: "openOrder", args: [id] }));
    const { result } = await client.simulateContract({
      abi,
      address,
      functionName: "multicall",
      args: [calls],
    });
    // The last of the four words is what is open.
    return orders.filter((_, i) => BigInt(`0x${result[i]!.slice(-64)}`) > 0n);
  }

  /** What was accepted a round ago is delivered; batteries make offers, neighbours ask for parts, sellers accept. */
  async function trade() {
    for (const [seller, tradeId] of accepted) {
      const wattHours = await read("market", "deliverable", [tradeId]);
      if (wattHours > 0n)
        await inMarket(seller, [{ functionName: "deliver", args: [tradeId, Number(wattHours)] }]);
    }
    const start = await now();
    const battery = random.between(0, BATTERIES - 1);
    const { h3Cell } = await read("registry", "meter", [meters[battery]!.id]);
    const price = random.between(1_300_000, 1_500_000);
    const args = [meters[battery]!.id, 1_000, price, h3Cell, start, start + 4 * ROUND_SECONDS];
    await inMarket(homes[battery]!, Array(2).fill({ functionName: "createOffer", args }));
    const offers = (await mine()).filter((log) => log.eventName === "OfferCreated");
    for (const { args } of offers) {
      for (const wattHours of [400, 500]) {
        const buyer = homes[random.between(BATTERIES, HOMES - 1)]!;
        await inMarket(buyer, [
          { functionName: "requestTrade", args: [args.offerId, wattHours, price, args.availableTo] },
        ]);
      }
    }
    const requested = (await mine()).filter((log) => log.eventName === "TradeRequested");
    accepted = requested.map(({ args }) => [homes[battery]!, args.tradeId]);
    await inMarket(
      homes[battery]!,
      accepted.map(([, id]) => ({ functionName: "acceptTrade", args: [id] })),
    );
    await mine();
  }

  await setUp();

  return {
    homes,
    meters,
    events: () => events,
    /** Trades until the chain has emitted `total` events; tells now and then how many there are. */
    async grow(total: number, tell: (events: number) => void) {
      let told = performance.now();
      while (events < total) {
        await report();
        await quote(TRADERS);
        await quote(TRADERS);
        await trade();
        if (performance.now() - told < 10_000) continue;
        tell(events);
        told = performance.now();
      }
      tell(events);
    },
    /** One block with one more order that rests far from the market. @returns its id */
    async restOne(): Promise<bigint> {
      await inMarket(homes[0]!, [
        { functionName: "placeOrder", args: [0, random.between(1, 900), 100, 0, 0] },
      ]);
      const placed = (await mine()).find((log) => log.eventName === "OrderPlaced");
      if (!placed) throw new Error("The order does not rest");
      return placed.args.orderId;
    },
    quote,
  };
}
