/** A community that does everything the contracts allow, at random but repeatably. */
import { encodeFunctionData, type Hex, keccak256, toEventSelector } from "viem";
import { type Harness, type Kind, places } from "./harness.ts";

/** Topic of the event that gives an order its id. */
const ORDER_PLACED = toEventSelector("OrderPlaced(uint256,address,uint32)");

/** mulberry32: the same numbers for the same seed. */
export function makeRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number from `least` to `most`. */
    between: (least: number, most: number) => least + Math.floor(next() * (most - least + 1)),
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
    chance: (probability: number) => next() < probability,
  };
}

type Meter = { id: Hex; owner: number; kind: Kind; exportWh: bigint; importWh: bigint; epoch: number };

export async function makeActivity(harness: Harness, seed: number) {
  const { attempt, send, read, now, pass, settle, contracts } = harness;
  const random = makeRandom(seed);
  const meters: Meter[] = [];
  const orderIds: bigint[] = [];

  for (const [serial, owner, kind] of [
    ["home-01", 1, "PROSUMER"],
    ["home-02", 2, "PROSUMER"],
    ["battery-01", 3, "BATTERY"],
    ["battery-04", 4, "BATTERY"],
    ["grid-05", 5, "GRID"],
  ] as const) {
    const place = places[owner % places.length]!;
    const id = await harness.addMeter(serial, harness.address(owner), kind, place);
    meters.push({ id, owner, kind, exportWh: 10_000n, importWh: 20_000n, epoch: 1 });
  }

  const report = (meter: Meter, timestamp: number) => ({
    meterId: meter.id,
    exportWh: meter.exportWh,
    importWh: meter.importWh,
    storedWh: meter.kind === "BATTERY" ? 400_000n : 0n,
    timestamp,
    epoch: meter.epoch,
  });

  /** Every meter reports after `seconds`: mostly surplus, sometimes demand, sometimes nonsense. */
  async function settleAll(seconds = 3_600) {
    await pass(seconds);
    const timestamp = await now();
    for (const meter of meters) {
      if (random.chance(0.6)) meter.exportWh += BigInt(random.between(0, 40_000));
      if (random.chance(0.5)) meter.importWh += BigInt(random.between(0, 30_000));
    }
    const reports = meters.map((meter) => report(meter, timestamp));
    if (random.chance(0.3)) reports.push({ ...random.pick(reports), exportWh: 1n });
    await settle(reports);
  }

  await settleAll(60);
  for (let i = 0; i < 3; i++) {
    for (const meter of meters) meter.exportWh += 50_000n;
    await settleAll();
  }

  // Everybody has energy to sell: as much as each owner has at least, however little it exported beyond these rounds.
  for (const { owner } of meters) {
    for (let person = 0; person < 6; person++) {
      await send(owner, "energy", "transfer", [harness.address(person), 10_000n]);
    }
  }

  // Registrar and owner put right what was counted, down and up; another is only proposed, one taken back. Certificates
  // are asked for what homes export, so no home's export is taken back.
  const [, home, battery, other, grid] = meters as [Meter, Meter, Meter, Meter, Meter];
  for (const [{ id, owner }, exportWh, importWh, end] of [
    [grid, -400n, 150n, "acceptCorrection"],
    [battery, 200n, -100n, "acceptCorrection"],
    [home, 0n, 75n, "acceptCorrection"],
    [other, 5n, 0n, "withdrawCorrection"],
    [other, 6n, 0n, undefined],
  ] as const) {
    const correction = [id, exportWh, importWh, keccak256(id)];
    await send(0, "converter", "proposeCorrection", correction);
    if (end) await send(owner, "converter", end, end === "acceptCorrection" ? correction : [id]);
  }

  const person = () => random.between(0, 5);
  const order = () => [
    random.between(0, 1),
    random.between(1_440, 1_452),
    random.between(80, 4_000),
    random.pick([0, 0, 0, 0, 1, 2, 3]),
    random.pick([0, 1, 2, 30, 30, 30]),
  ];
  const trades = async () =>
    BigInt(random.between(1, Math.max(1, Number(await read("market", "tradeCount")))));
  const offers = async () =>
    BigInt(random.between(1, Math.max(1, Number(await read("market", "offerCount")))));

  async function place(who: number) {
    remember(await attempt(who, "market", "placeOrder", order()));
  }

  function remember(receipt: Awaited<ReturnType<typeof attempt>>) {
    for (const log of receipt?.logs ?? []) {
      if (log.topics[0] === ORDER_PLACED) orderIds.push(BigInt(log.topics[1]!));
    }
  }

  const steps: [weight: number, step: () => Promise<unknown>][] = [
    [30, () => place(person())],
    [6, attemptCancel],
    [
      4,
      () =>
        attempt(person(), "market", "deposit", [
          BigInt(random.between(0, 2_000)),
          BigInt(random.between(0, 9e9)),
        ]),
    ],
    [
      4,
      () =>
        attempt(person(), "market", "withdraw", [
          BigInt(random.between(0, 900)),
          BigInt(random.between(0, 5e9)),
        ]),
    ],
    [
      2,
      () =>
        attempt(person(), "market", "depositFor", [
          harness.address(person()),
          BigInt(random.between(0, 500)),
          BigInt(random.between(0, 3e9)),
        ]),
    ],
    [2, placeTwice],
    [
      2,
      () =>
        attempt(person(), "energy", "transfer", [
          harness.address(person()),
          BigInt(random.between(0, 3_000)),
        ]),
    ],
    [
      2,
      () =>
        attempt(person(), "rupiah", "transfer", [harness.address(person()), BigInt(random.between(0, 1e9))]),
    ],
    [5, () => settleAll(random.between(60, 3_000))],
    [
      3,
      () =>
        attempt(person(), "converter", "repay", [random.pick(meters).id, BigInt(random.between(1, 3_000))]),
    ],
    [8, createOffer],
    [3, updateOffer],
    [1, async () => attempt(random.between(3, 4), "market", "cancelOffer", [await offers()])],
    [1, async () => attempt(person(), "market", "closeOffer", [await offers()])],
    [12, request],
    [8, async () => acceptOrReject(random.chance(0.85) ? "acceptTrade" : "rejectTrade")],
    [1, async () => attempt(person(), "market", "cancelTrade", [await trades()])],
    [10, deliver],
    [3, async () => attempt(person(), "market", "closeTrade", [await trades()])],
    [5, rate],
    [1, () => pass(random.pick([60, 1_000, 8_000]))],
    [1, pause],
    [1, () => attempt(0, "market", "setMinimumPrice", [random.between(1, 2_000)])],
    [1, () => attempt(person(), "faucet", "draw", [BigInt(random.between(1, 1e9))])],
    [
      2,
      () => attempt(person(), "rupiah", "requestWithdrawal", [BigInt(random.between(1, 1e9)), meters[0]!.id]),
    ],
    [1, () => attempt(0, "rupiah", "payWithdrawal", [BigInt(random.between(1, 4))])],
    [1, newEpoch],
    [1, changeMeter],
  ];

  async function attemptCancel() {
    if (orderIds.length === 0) return;
    const orderId = random.pick(orderIds);
    const [owner] = await read("market", "openOrder", [orderId]);
    const who = harness.people.findIndex(({ address }) => address === owner);
    return who < 0 ? undefined : attempt(who, "market", "cancelOrder", [orderId]);
  }

  /** Two orders in one transaction: the index must not mix their fills. */
  async function placeTwice() {
    const calls = [order(), order()].map((args) =>
      encodeFunctionData({ abi: contracts.market.abi, functionName: "placeOrder", args: args as never }),
    );
    remember(await attempt(person(), "market", "multicall", [calls]));
  }

  async function createOffer() {
    const battery = random.pick(meters.filter(({ kind }) => kind === "BATTERY"));
    const start = await now();
    const { h3Cell } = await read("registry", "meter", [battery.id]);
    return attempt(battery.owner, "market", "createOffer", [
      battery.id,
      random.between(50, 30_000),
      random.between(500, 2_000_000),
      h3Cell,
      start - random.between(0, 100),
      start + random.between(100, 20_000),
    ]);
  }

  async function updateOffer() {
    const end = (await now()) + random.between(1_000, 50_000);
    const changed = [await offers(), random.between(50, 30_000), random.between(1_000, 2_000_000), end];
    return attempt(random.between(3, 4), "market", "updateOffer", changed);
  }

  async function request() {
    const count = Number(await read("market", "offerCount"));
    if (count === 0) return;
    const offerId = BigInt(random.between(Math.max(1, count - 4), count));
    const { price, remainingWh, availableTo } = await read("market", "offer", [offerId]);
    const wattHours = random.chance(0.3) ? remainingWh : random.between(100, 5_000);
    return attempt(person(), "market", "requestTrade", [offerId, wattHours, price, availableTo]);
  }

  async function latestTrade() {
    const count = Number(await read("market", "tradeCount"));
    return count === 0 ? undefined : BigInt(random.between(Math.max(1, count - 5), count));
  }

  async function acceptOrReject(action: string) {
    const tradeId = await latestTrade();
    if (tradeId === undefined) return;
    const { seller } = await read("market", "trade", [tradeId]);
    const who = harness.people.findIndex(({ address }) => address === seller);
    return attempt(who, "market", action, [tradeId]);
  }

  async function deliver() {
    const tradeId = await latestTrade();
    if (tradeId === undefined) return;
    const wattHours: bigint = await read("market", "deliverable", [tradeId]);
    if (wattHours === 0n) return settleAll(random.between(60, 3_000));
    const part = random.chance(0.5) ? wattHours : BigInt(random.between(1, Number(wattHours)));
    return attempt(person(), "market", "deliver", [tradeId, part]);
  }

  async function rate() {
    const tradeId = await trades().catch(() => undefined);
    if (tradeId === undefined || Number(await read("market", "tradeCount")) === 0) return;
    const { buyer, seller } = await read("market", "trade", [tradeId]);
    const who = harness.people.findIndex(({ address }) => address === random.pick([buyer, seller]));
    return attempt(who, "market", "rateTrade", [tradeId, random.between(1, 5)]);
  }

  /** What still works while paused is tried, what does not is refused. */
  async function pause() {
    await send(0, "market", "setPaused", [random.chance(0.5), true]);
    await deliver();
    await attemptCancel();
    await place(person());
    await pass(random.between(1, 500));
    await send(0, "market", "setPaused", [false, false]);
  }

  async function newEpoch() {
    const meter = random.pick(meters);
    await pass(61);
    const closing = random.chance(0.5)
      ? report(meter, await now())
      : { ...report(meter, 0), exportWh: 0n, importWh: 0n, storedWh: 0n };
    if (!(await attempt(0, "converter", "proposeEpoch", [meter.id, closing]))) return;
    if (random.chance(0.3)) return send(0, "converter", "withdrawEpochProposal", [meter.id]);
    await send(meter.owner, "converter", "acceptEpoch", [meter.id, closing]);
    meter.epoch++;
    meter.exportWh = BigInt(random.between(0, 1_000));
    meter.importWh = BigInt(random.between(0, 1_000));
  }

  async function changeMeter() {
    const meter = random.pick(meters);
    await random.pick([
      () => send(0, "registry", "setRating", [meter.id, random.between(90_000, 150_000), 100_000]),
      () => send(0, "registry", "setCredit", [meter.id, BigInt(random.between(0, 9_000))]),
      () => send(0, "registry", "setTrust", [meter.id, random.between(1, 2)]),
      () => attempt(0, "registry", "setCapacity", [meter.id, meter.kind === "BATTERY" ? 1_100_000n : 0n]),
      async () => {
        await send(0, "registry", "suspend", [meter.id]);
        await pass(100);
        await send(0, "registry", "resume", [meter.id]);
      },
    ])();
  }

  const total = steps.reduce((sum, [weight]) => sum + weight, 0);

  return {
    meters,
    orderIds,
    /** What is known of the chain, to be restored when the chain goes back. */
    save: () => structuredClone({ meters, orderIds }),
    restore(saved: { meters: Meter[]; orderIds: bigint[] }) {
      meters.splice(0, meters.length, ...saved.meters);
      orderIds.splice(0, orderIds.length, ...saved.orderIds);
    },
    /** Takes every order out of the book. */
    async emptyBook() {
      for (const orderId of orderIds) {
        const [owner, , , openWh] = await read("market", "openOrder", [orderId]);
        const who = harness.people.findIndex(({ address }) => address === owner);
        if (openWh > 0) await send(who, "market", "cancelOrder", [orderId]);
      }
    },
    /** Does `count` random things. */
    async act(count: number) {
      for (let i = 0; i < count; i++) {
        let left = random.between(1, total);
        for (const [weight, step] of steps) {
          left -= weight;
          if (left <= 0) {
            await step();
            break;
          }
        }
      }
    },
  };
}
