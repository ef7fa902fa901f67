/**
 * What `verify` says of neighbourhoods: walks through everything that pool, converter and market told, in order, has each
 * member's open energy from what its meter showed, and reckons every slot anew (`slots.ts`). The first thing that comes
 * out differently ends it: price, what went to whom, what was taken and paid.
 */
import {
  type Entry,
  energyConverterAbi,
  energyMarketAbi,
  entryOf,
  formatKwh,
  PRICE_PER_TICK,
  serialOf,
  slotPoolAbi,
  slotShareOf,
} from "@enerlink/protocol";
import { type Address, type Hex, type PublicClient, parseEventLogs } from "viem";
import { table } from "./output.ts";
import { showIdr } from "./setup.ts";
import { type Outcome, outcomeOf, type Part, type Read, type Terms } from "./slots.ts";

/** How long a reading counts for a slot's end, and how steep its price is: settings of the pool. */
export type Rules = { tolerance: number; steepness: bigint };

type Registers = { exportWh: bigint; importWh: bigint };
/** What a meter showed at a time, where that is known besides what the chain says. */
export type Shown = (serial: string, timestamp: number) => Registers | undefined;

/** A member's part of a slot; Wh and IDRS base units. */
export type SlotPart = {
  serial: string;
  /** Its owner's, by number. */
  account: number;
  side: Part["side"];
  communityId: number;
  slotStart: number;
  slotEnd: number;
  blockNumber: bigint;
  openWh: bigint;
  price: bigint;
  sharedWh: bigint;
  utilityWh: bigint;
  leftWh: bigint;
  /** Received, or with a minus paid. */
  idrs: bigint;
  /** Of it, for the network. */
  feeIdrs: bigint;
  /** What PLN alone would have paid, or with a minus asked, for what was sold or bought. */
  plnIdrs: bigint;
  sellFrom: number;
  buyUpTo: number;
};

/** What a slot came to. */
export type Cleared = {
  communityId: number;
  slotStart: number;
  slotEnd: number;
  terms: Terms;
  price: bigint;
  sharedWh: bigint;
  utility: Outcome["utility"];
  parts: SlotPart[];
  /** Their accounts' numbers. */
  parties: { utility: number; gridOperator: number };
};

type MeterState = {
  serial: string;
  exportWh: bigint;
  importWh: bigint;
  readAt: number;
  openWh: bigint;
  account: number;
  limits: { sellFrom: number; buyUpTo: number };
};

type Ticks = { retail: number; feedIn: number; fee: number };

type CommunityState = {
  members: Hex[];
  terms: (Partial<Ticks> & { from: number })[];
  slot: number;
  clearedTo: number;
  /** Who was read at `clearedTo`, be it before it joined. */
  present: Set<Hex>;
};

class Difference extends Error {}

/** @throws with what differs, and where */
export function same(where: string, what: string, expected: unknown, found: unknown): void {
  if (expected !== found) throw new Difference(`${where}: ${what}: expected ${expected}, found ${found}`);
}

export const time = (seconds: number) => new Date(seconds * 1_000).toISOString();

/**
 * @param contracts the deployment's
 * @returns every slot, in order, and what each meter has open after the last
 */
export async function walkSlots(
  client: Pick<PublicClient, "getLogs" | "readContract">,
  contracts: { slotPool: Address; energyConverter: Address; energyMarket: Address },
  range: { fromBlock: bigint; toBlock: bigint },
  shown: Shown,
): Promise<{ slots: Cleared[]; openWh: Map<string, bigint> }> {
  const { slotPool, energyConverter, energyMarket } = contracts;
  const pool = { address: slotPool, abi: slotPoolAbi } as const;
  const rules = {
    tolerance: await client.readContract({ ...pool, functionName: "TOLERANCE" }),
    steepness: BigInt(await client.readContract({ ...pool, functionName: "STEEPNESS" })),
  };
  const logs = await client.getLogs({ address: [slotPool, energyConverter, energyMarket], ...range });
  const abi = [...slotPoolAbi, ...energyConverterAbi, ...energyMarketAbi] as const;
  const walk = makeWalk(slotPool, rules, shown);
  for (const log of parseEventLogs({ abi, logs })) walk.take(log as never);
  return walk.result();
}

type PoolLog = ReturnType<typeof parseEventLogs<typeof slotPoolAbi, true, undefined>>[number];
type ConverterLog = ReturnType<typeof parseEventLogs<typeof energyConverterAbi, true, undefined>>[number];
type MarketLog = ReturnType<typeof parseEventLogs<typeof energyMarketAbi, true, undefined>>[number];
type Log = PoolLog | ConverterLog | MarketLog;

/** What is known of meters and communities so far. */
function makeState() {
  const meters = new Map<Hex, MeterState>();
  const communities = new Map<number, CommunityState>();
  const accounts = new Map<string, number>();

  /** @param own what the meter itself showed then, which the chain has to have */
  function settle(
    { meterId, exportWh, importWh, timestamp }: Registers & { meterId: Hex; timestamp: number },
    own: Registers | undefined,
  ): void {
    const last = meters.get(meterId);
    const serial = serialOf(meterId);
    if (own) {
      const where = `${serial}, read ${time(timestamp)}`;
      same(where, "export register, Wh", own.exportWh, exportWh);
      same(where, "import register, Wh", own.importWh, importWh);
    }
    if (!last) {
      const fresh = { openWh: 0n, account: 0, limits: { sellFrom: 0, buyUpTo: 0 } };
      meters.set(meterId, { serial, exportWh, importWh, readAt: timestamp, ...fresh });
      return;
    }
    // An epoch's first reading is compared with none.
    if (last.readAt > 0) last.openWh += importWh - last.importWh - (exportWh - last.exportWh);
    Object.assign(last, { exportWh, importWh, readAt: timestamp });
  }

  /** What it was created with counts for every slot before the first change. */
  function announce(id: number, from: number, change: Partial<Ticks>): void {
    const { terms } = communities.get(id)!;
    const last = terms.at(-1);
    if (last?.from === 0 && last.fee === undefined) Object.assign(last, change);
    else terms.push({ ...last, ...change, from: last ? from : 0 });
  }

  function leave(id: number, place: number): void {
    const community = communities.get(id)!;
    community.present.delete(community.members[place]!);
    const last = community.members.pop()!;
    if (place < community.members.length) community.members[place] = last;
  }

  return { meters, communities, accounts, settle, announce, leave };
}
type State = ReturnType<typeof makeState>;

/** Whether what it showed last is taken for the slot's end. */
const isReadAt = ({ readAt }: MeterState, slotEnd: number, tolerance: number): boolean =>
  readAt >= slotEnd && readAt - slotEnd <= tolerance;

/** Takes in what changes who shares what at which terms. */
function takeTerms(
  { meters, communities, accounts, announce, leave }: State,
  log: Log,
  { tolerance }: Rules,
): void {
  switch (log.eventName) {
    case "AccountOpened":
      accounts.set(log.args.owner.toLowerCase(), log.args.number);
      break;
    case "CommunityCreated": {
      const nothing = { members: [], terms: [], slot: 0, clearedTo: 0, present: new Set<Hex>() };
      communities.set(log.args.communityId, nothing);
      break;
    }
    case "TariffAnnounced": {
      const { communityId, from, retail, feedIn } = log.args;
      announce(communityId, from, { retail, feedIn });
      break;
    }
    case "FeeChanged":
      announce(log.args.communityId, log.args.from, { fee: log.args.fee });
      break;
    case "SlotLengthChanged":
      communities.get(log.args.communityId)!.slot = log.args.slot;
      break;
    case "Joined": {
      const { communityId, meterId, owner } = log.args;
      const [community, meter] = [communities.get(communityId)!, meters.get(meterId)!];
      community.members.push(meterId);
      if (isReadAt(meter, community.clearedTo, tolerance)) community.present.add(meterId);
      Object.assign(meter, { openWh: 0n, account: accounts.get(owner.toLowerCase()) });
      break;
    }
    case "LimitsChanged": {
      const { meterId, sellFrom, buyUpTo } = log.args;
      meters.get(meterId)!.limits = { sellFrom, buyUpTo };
      break;
    }
    case "Left":
      leave(log.args.communityId, log.args.place);
      break;
  }
}

export function makeWalk(slotPool: Address, rules: Rules, shown: Shown) {
  const state = makeState();
  const slots: Cleared[] = [];
  /** What the clearing that is under way took and gave, and what it minted less what it burned. */
  const moved: Moved = { taken: [], given: [], closedWh: 0n };

  function take(log: Log): void {
    switch (log.eventName) {
      case "Taken":
        if (log.args.module === slotPool) moved.taken = [...log.args.entries];
        break;
      case "Given":
        if (log.args.giver === slotPool) moved.given = [...log.args.entries];
        break;
      case "SlotClosed":
        moved.closedWh = log.args.netWh;
        break;
      case "MeterSettled":
        state.settle(log.args, shown(serialOf(log.args.meterId), log.args.timestamp));
        break;
      case "EpochDeclared": {
        const meter = state.meters.get(log.args.meterId);
        if (meter) meter.readAt = 0;
        break;
      }
      case "SlotCleared": {
        const community = state.communities.get(log.args.communityId)!;
        slots.push(checkSlot(log, community, { ...moved, meters: state.meters, rules }));
        break;
      }
      default:
        takeTerms(state, log, rules);
    }
  }

  const openWh = () => {
    const members = [...state.communities.values()].flatMap((community) => community.members);
    return new Map(members.map((id) => [serialOf(id), state.meters.get(id)!.openWh]));
  };
  return { take, result: () => ({ slots, openWh: openWh() }) };
}

type Moved = { taken: bigint[]; given: bigint[]; closedWh: bigint };
type Clearing = Moved & { meters: Map<Hex, MeterState>; rules: Rules };

type SlotLog = Extract<PoolLog, { eventName: "SlotCleared" }>;
type Member = Read & { meter: MeterState; place: number };

const inUnits = (ticks: number | undefined) => BigInt(ticks!) * PRICE_PER_TICK;

/** Who was read at the slot's end, with what each could pay. */
function readMembers(
  { slotEnd, present }: SlotLog["args"],
  community: CommunityState,
  { taken, meters, rules }: Clearing,
  where: string,
): Member[] {
  const follows = slotEnd - community.clearedTo <= community.slot;
  const before = follows ? community.present : new Set<Hex>();
  const places = [...community.members.keys()].filter((place) =>
    isReadAt(meters.get(community.members[place]!)!, slotEnd, rules.tolerance),
  );
  const bits = places.reduce((sum, place) => sum | (1n << BigInt(place)), 0n);
  same(where, "who was read", bits, present);
  return places.map((place) => {
    const id = community.members[place]!;
    const meter = meters.get(id)!;
    return {
      meter,
      place,
      openWh: meter.openWh,
      shares: before.has(id),
      sellFrom: inUnits(meter.limits.sellFrom),
      buyUpTo: inUnits(meter.limits.buyUpTo),
      idrs: entryOf(taken[place]!).idrs,
    };
  });
}

/** Holds a member's part against what the event tells and what the account got. */
function checkPart(
  { amounts }: SlotLog["args"],
  { meter, place, openWh, idrs }: Member,
  part: Part,
  gift: Entry,
  where: string,
): void {
  const at = `${where}, ${meter.serial}`;
  const told = slotShareOf(amounts[place]!);
  same(at, "side", part.side, told?.side);
  same(at, "shared, Wh", part.sharedWh, told?.sharedWh ?? 0n);
  same(at, "with the utility, Wh", part.utilityWh, told?.utilityWh ?? 0n);
  same(at, "left, Wh", part.leftWh, told?.leftWh ?? 0n);
  // A buyer gets back what its need did not cost; a seller what it earned, and what nobody took.
  const bought = openWh > 0n;
  same(at, "money given, IDRS base units", bought ? idrs - part.idrs : part.idrs, gift.idrs);
  same(at, "energy given, Wh", bought ? 0n : part.leftWh, gift.energyWh);
  if (part.side) same(at, "account", meter.account, gift.account);
}

/** Holds what utility and grid operator got against what they must. */
function checkOthers(outcome: Outcome, terms: Terms, { taken, given }: Moved, where: string): void {
  const { takenWh, givenWh } = outcome.utility;
  const before = entryOf(taken.at(-2)!);
  const [utility, grid] = given.slice(-2).map(entryOf);
  const earned = givenWh * terms.retail - takenWh * terms.feedIn;
  same(`${where}, utility`, "money given, IDRS base units", before.idrs + earned, utility!.idrs);
  same(`${where}, utility`, "energy given, Wh", before.energyWh + takenWh - givenWh, utility!.energyWh);
  same(`${where}, grid operator`, "money given, IDRS base units", outcome.sharedWh * terms.fee, grid!.idrs);
}

/** Reckons a slot and holds it against what the chain says. Afterwards `community` and meters stand as it left them. */
function checkSlot({ args, blockNumber }: SlotLog, community: CommunityState, clearing: Clearing): Cleared {
  const { communityId, slotEnd } = args;
  const slotStart = slotEnd - community.slot;
  const where = `community ${communityId}, slot until ${time(slotEnd)}`;
  const announced = community.terms.findLast(({ from }) => from <= slotStart)!;
  const terms = {
    retail: inUnits(announced.retail),
    feedIn: inUnits(announced.feedIn),
    fee: inUnits(announced.fee),
  };

  const members = readMembers(args, community, clearing, where);
  const { idrs, energyWh } = entryOf(clearing.taken.at(-2)!);
  const outcome = outcomeOf(members, terms, clearing.rules.steepness, { idrs, wattHours: energyWh });
  same(where, "price, IDRS base units per Wh", outcome.price, args.price);
  same(where, "shared, Wh", outcome.sharedWh, args.sharedWh);
  const parts = outcome.parts.map((part, i): SlotPart => {
    const member = members[i]!;
    const { openWh, meter, place } = member;
    checkPart(args, member, part, entryOf(clearing.given[place]!), where);
    const bought = openWh > 0n;
    return {
      ...part,
      ...meter.limits,
      serial: meter.serial,
      account: meter.account,
      ...{ communityId, slotStart, slotEnd, blockNumber, openWh },
      price: outcome.price,
      idrs: bought ? -part.idrs : part.idrs,
      feeIdrs: bought ? part.sharedWh * terms.fee : 0n,
      plnIdrs: (part.sharedWh + part.utilityWh) * (bought ? -terms.retail : terms.feedIn),
    };
  });
  checkOthers(outcome, terms, clearing, where);
  const minted = parts.reduce((sum, part) => sum + mintedWh(part), 0n);
  same(where, "minted less burned, Wh", minted, clearing.closedWh);

  const [utility, gridOperator] = clearing.given.slice(-2).map((word) => entryOf(word).account);
  const parties = { utility: utility!, gridOperator: gridOperator! };
  community.clearedTo = slotEnd;
  community.present = new Set(members.map(({ place }) => community.members[place]!));
  for (const { meter } of members) meter.openWh = 0n;
  return { communityId, slotStart, slotEnd, terms, ...outcome, parts, parties };
}

/** What a slot minted for a meter, or with a minus burned: of a buyer's need what was bought. */
export function mintedWh({ openWh, sharedWh, utilityWh }: SlotPart): bigint {
  return openWh < 0n ? -openWh : -(sharedWh + utilityWh);
}

const idr = (baseUnits: bigint) =>
  showIdr(((baseUnits < 0n ? -baseUnits : baseUnits) / 1_000_000n) * 1_000_000n);
const signed = (baseUnits: bigint) => (baseUnits < 0n ? `-${idr(baseUnits)}` : idr(baseUnits));

/**
 * What all slots came to for each neighbour, against PLN alone for the same energy. No price that a member accepts is
 * worse than the tariff.
 * @throws where somebody came off worse
 */
export function neighboursTable(slots: readonly Cleared[]): string {
  const rows: string[][] = [];
  const bySerial = Map.groupBy(
    slots.flatMap(({ parts }) => parts),
    ({ serial }) => serial,
  );
  for (const [serial, parts] of [...bySerial].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const of = (amount: (part: SlotPart) => bigint) => parts.reduce((sum, part) => sum + amount(part), 0n);
    const [paid, alone] = [-of(({ idrs }) => idrs), -of(({ plnIdrs }) => plnIdrs)];
    if (paid > alone)
      throw new Difference(`${serial} paid ${paid} IDRS base units, and with PLN alone ${alone}`);
    const { sellFrom, buyUpTo } = parts.at(-1)!;
    rows.push([
      serial,
      `${sellFrom}–${buyUpTo}`,
      formatKwh(of(({ openWh }) => (openWh < 0n ? -openWh : 0n))),
      formatKwh(of(({ openWh }) => (openWh > 0n ? openWh : 0n))),
      formatKwh(of(({ sharedWh }) => sharedWh)),
      formatKwh(of(({ leftWh }) => leftWh)),
      signed(paid),
      signed(alone),
      signed(alone - paid),
    ]);
  }
  const head = ["neighbour", "limits", "surplus kWh", "need kWh", "shared kWh", "left kWh"];
  return table([...head, "paid IDR", "PLN alone IDR", "better by"], rows);
}
