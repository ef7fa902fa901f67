/** A neighbourhood in which everything happens that the pool knows: some days of slots, at random but repeatably. */
import type { Hex } from "viem";
import { makeRandom } from "./activity.ts";
import { type Harness, type Kind, places } from "./harness.ts";

const HOUR = 3_600;
/** Who plays which part: persons of the harness. */
export const UTILITY = 4;
export const OPERATOR = 5;
/** Has no money in the market at first: what it draws becomes arrears. */
export const POOR = 3;
export const COMMUNITY = 1;
const MINUTE = 60;

type Meter = { id: Hex; serial: string; owner: number; kind: Kind; exportWh: bigint; importWh: bigint };

export async function makeNeighbours(harness: Harness, seed: number) {
  const { send, read, now, pass, settle, address } = harness;
  const random = makeRandom(seed);
  const { address: pool } = harness.contracts.pool;

  async function meter(serial: string, owner: number, kind: Kind = "PROSUMER"): Promise<Meter> {
    const id = await harness.addMeter(serial, address(owner), kind, places[0]!);
    return { id, serial, owner, kind, exportWh: 1_000n, importWh: 2_000n };
  }
  const homes = [
    await meter("home-a", 1),
    await meter("home-b", 1),
    await meter("home-c", 2),
    await meter("home-d", POOR),
    await meter("home-e", 0),
  ];
  /** Outside the community. */
  const battery = await meter("battery-z", POOR, "BATTERY");
  const grid = await meter("grid-z", UTILITY, "GRID");
  const members = [...homes];

  /** Settles what these meters count at `at`, which may be past. */
  const report = (meters: Meter[], at: number) =>
    settle(
      meters.map(({ id, kind, exportWh, importWh }) => ({
        meterId: id,
        exportWh,
        importWh,
        storedWh: kind === "BATTERY" ? 400_000n : 0n,
        timestamp: at,
        epoch: 1,
      })),
    );

  await pass(2 * MINUTE);
  await report([...homes, battery, grid], await now());
  grid.exportWh += 60_000n;
  battery.exportWh += 20_000n;
  await pass(HOUR);
  await report([battery, grid], await now());
  for (const person of [0, 1, 2, POOR, UTILITY, OPERATOR])
    await send(person, "market", "deposit", [
      person === UTILITY ? 60_000n : 0n,
      person === POOR ? 1n : 2_000_000_000n,
    ]);
  for (const person of [0, 1, 2, POOR, UTILITY])
    await send(person, "market", "authorizeModule", [pool, true]);
  await send(0, "pool", "createCommunity", [address(UTILITY), address(OPERATOR), 1_445, 900, 100]);
  await send(UTILITY, "pool", "acceptCommunity", [COMMUNITY]);
  for (const [i, { id, owner }] of homes.entries()) {
    await send(0, "pool", "admit", [id, COMMUNITY]);
    await send(owner, "pool", "join", [id, COMMUNITY, i === 2 ? 1_200 : 900, i === 1 ? 1_100 : 1_445]);
  }

  /** Sunny homes by day, all in need by night; `absent` ones are not read. */
  async function slot(absent: readonly Meter[] = []) {
    const { slot: length } = await read("pool", "community", [COMMUNITY]);
    const slotEnd = (Math.floor((await now()) / length) + 1) * length;
    const sunny = Math.floor(slotEnd / HOUR) % 24 < 12;
    for (const home of members) {
      const watts = BigInt(random.between(0, 900));
      if (random.chance(sunny ? 0.7 : 0.15)) home.exportWh += watts;
      if (random.chance(0.8)) home.importWh += BigInt(random.between(0, 700));
    }
    const at = slotEnd + random.between(0, 40);
    await pass(at - (await now()));
    await report(
      members.filter((home) => !absent.includes(home)),
      at,
    );
    // Who is missing is waited for.
    if (absent.length > 0) await pass(MINUTE);
    await send(random.between(0, 3), "pool", "clear", [COMMUNITY, slotEnd]);
  }

  async function slots(count: number) {
    for (let i = 0; i < count; i++) await slot(random.chance(0.1) ? [random.pick(members)] : []);
  }

  /** What can be taken out where so much is to stay. */
  const most = (all: bigint, stays: bigint) => (all > stays ? all - stays : 0n);

  /** Some fills of the book, and a delivery of the battery. */
  async function trade() {
    // A battery is offered by what it said just now.
    await pass(MINUTE);
    await report([battery], await now());
    const start = await now();
    await send(POOR, "market", "placeOrder", [1, 1_400, 500, 0, 30]);
    await send(2, "market", "placeOrder", [0, 1_410, 300, 0, 30]);
    const { h3Cell } = await read("registry", "meter", [battery.id]);
    await send(POOR, "market", "createOffer", [
      battery.id,
      5_000,
      1_350_000,
      h3Cell,
      start,
      start + 4 * HOUR,
    ]);
    const offerId = await read("market", "offerCount");
    await send(1, "market", "requestTrade", [offerId, 2_000, 1_350_000, start + 4 * HOUR]);
    const tradeId = await read("market", "tradeCount");
    await send(POOR, "market", "acceptTrade", [tradeId]);
    battery.exportWh += 2_500n;
    await pass(10 * MINUTE);
    await report([battery], await now());
    await send(1, "market", "deliver", [tradeId, 1_700]);
  }

  return {
    homes,
    battery,
    grid,
    members,
    slot,
    /** A day in which the community lives and its terms change. */
    async firstDay() {
      await slots(6);
      await send(2, "pool", "setLimits", [homes[2]!.id, 1_000, 1_445]);
      await send(UTILITY, "pool", "announceTariff", [COMMUNITY, 1_500, 850]);
      await slots(5);
      await trade();
      await send(0, "pool", "setFee", [COMMUNITY, 60]);
      await slots(4);
    },
    /** Another, with shorter slots, in which the utility runs out of money, one pays and one leaves. */
    async secondDay() {
      await send(0, "pool", "setSlotLength", [COMMUNITY, 1_800]);
      await slots(3);
      await send(POOR, "market", "deposit", [0n, 500_000_000n]);
      await slots(3);
      const [energyWh, idrs] = await read("market", "tradingBalance", [address(UTILITY)]);
      await send(UTILITY, "market", "withdraw", [most(energyWh, 700n), most(idrs, 100_000n)]);
      await slots(12);
      await send(0, "pool", "quit", [homes[4]!.id]);
      members.splice(members.indexOf(homes[4]!), 1);
      await slots(4);
      await trade();
      await slots(8);
    },
  };
}
