/**
 * What `verify` asks the index of neighbourhoods: each slot and each member's part of it, and everybody's statement of
 * every day. Both are compared with what follows from the chain's raw events; the statements of all accounts add up to
 * zero. The first thing that comes out differently ends it.
 */
import { costOf, decodeOrderId, energyMarketAbi, meterId, PRICE_PER_TICK, Side } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { PublicClient } from "viem";
import { type Cleared, same, time } from "./verify-slots.ts";

type Ask = <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>;
type Range = { fromBlock: bigint; toBlock: bigint };

const PAGE_ROWS = 500;

/** Every row of a list, a page after the other. */
async function listAll<Row>(ask: Ask, list: string, communityId: number, fields: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    type Page = { items: Row[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } };
    const { page }: { page: Page } = await ask(
      `query ($communityId: Int!, $after: String) {
        page: ${list}(where: { communityId: $communityId }, orderBy: "slotEnd", limit: ${PAGE_ROWS}, after: $after) {
          items { ${fields} } pageInfo { endCursor hasNextPage }
        }
      }`,
      { communityId, after },
    );
    rows.push(...page.items);
    if (!page.pageInfo.hasNextPage) return rows;
    after = page.pageInfo.endCursor;
  }
}

/** Holds the index's slots against `slots`. What it has of later slots is left alone. */
export async function checkIndexedSlots(slots: readonly Cleared[], ask: Ask): Promise<void> {
  for (const [communityId, own] of Map.groupBy(slots, (slot) => slot.communityId)) {
    const slotFields =
      "slotStart slotEnd price sharedWh surplusWh needWh soldToUtilityWh boughtFromUtilityWh retail feedIn fee";
    const partFields =
      "meterId slotStart slotEnd side sharedWh utilityWh leftWh amount fee plnAmount price sellFrom buyUpTo";
    type Row = Record<string, string | number | null>;
    const cleared = new Map(
      (await listAll<Row>(ask, "clearedSlots", communityId, slotFields)).map((row) => [row.slotEnd, row]),
    );
    const parts = new Map(
      (await listAll<Row>(ask, "slotShares", communityId, partFields)).map((row) => [
        `${row.meterId} ${row.slotEnd}`,
        row,
      ]),
    );
    for (const slot of own) {
      const where = `index, community ${communityId}, slot until ${time(slot.slotEnd)}`;
      compareRow(where, slotRow(slot), cleared.get(String(slot.slotEnd)));
      for (const part of slot.parts) {
        const row = partRow(part, slot);
        const found = parts.get(`${meterId(part.serial)} ${slot.slotEnd}`);
        if (row) compareRow(`${where}, ${part.serial}`, row, found);
        else same(`${where}, ${part.serial}`, "part", undefined, found);
      }
    }
  }
}

function compareRow(where: string, expected: Record<string, unknown>, found: Record<string, unknown> = {}) {
  for (const [name, value] of Object.entries(expected))
    same(
      where,
      name,
      value === null ? null : String(value),
      found[name] == null ? found[name] : String(found[name]),
    );
}

const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
const magnitude = (amount: bigint) => (amount < 0n ? -amount : amount);

function slotRow({ slotStart, slotEnd, price, sharedWh, utility, terms, parts }: Cleared) {
  return {
    slotStart,
    slotEnd,
    price: sharedWh === 0n ? null : price,
    sharedWh,
    surplusWh: sum(parts.map(({ openWh }) => (openWh < 0n ? -openWh : 0n))),
    needWh: sum(parts.map(({ openWh }) => (openWh > 0n ? openWh : 0n))),
    soldToUtilityWh: utility.takenWh,
    boughtFromUtilityWh: utility.givenWh,
    retail: terms.retail / PRICE_PER_TICK,
    feedIn: terms.feedIn / PRICE_PER_TICK,
    fee: terms.fee / PRICE_PER_TICK,
  };
}

/** None for who counted nothing. */
function partRow(part: Cleared["parts"][number], { slotStart, slotEnd, sharedWh }: Cleared) {
  if (!part.side) return undefined;
  const { side, utilityWh, leftWh, idrs, feeIdrs, plnIdrs, price, sellFrom, buyUpTo } = part;
  return {
    slotStart,
    slotEnd,
    side,
    sharedWh: part.sharedWh,
    utilityWh,
    leftWh,
    amount: magnitude(idrs),
    fee: feeIdrs,
    plnAmount: magnitude(plnIdrs),
    price: sharedWh === 0n ? null : price,
    sellFrom,
    buyUpTo,
  };
}

// ------------------------------------------------------------------------------------------------------ statements

/** What stands in a statement of this, Wh and IDRS base units. */
const amounts = [
  "neighboursSold",
  "neighboursBought",
  "utilitySold",
  "utilityBought",
  "offersSold",
  "offersBought",
  "bookSold",
  "bookBought",
].flatMap((source) => [`${source}Wh`, `${source}Idrs`]);
const others = ["feeIdrs", "feeReceivedIdrs", "plnAloneIdrs", "arrearsWh", "leftWh"];
const names = [...amounts, ...others];

/** Something that stands in an account's statement of `time`, unix seconds. */
type Line = { account: string; time: number; amounts: Record<string, bigint> };

/**
 * Holds the index's statements of every account and day from `from` to before `to` (unix seconds; everything that counts
 * in this time is in `range`) against the raw events.
 * @returns how many accounts had how many days
 */
export async function checkStatements(
  client: PublicClient,
  { contracts }: Deployment,
  range: Range,
  slots: readonly Cleared[],
  { from, to }: { from: number; to: number },
  ask: Ask,
): Promise<{ accounts: number; days: number }> {
  const market = { address: contracts.energyMarket, abi: energyMarketAbi, strict: true, ...range } as const;
  const opened = await client.getContractEvents({ ...market, eventName: "AccountOpened" });
  const accounts = opened.map(({ args }) => args.owner.toLowerCase());
  const owners = new Map(opened.map(({ args }) => [args.number, args.owner.toLowerCase()]));
  const lines = Map.groupBy(
    [...slotLines(slots, owners), ...(await tradeLines(client, market))],
    ({ account }) => account,
  );

  const net = new Map<string, bigint>();
  for (const account of accounts) {
    const { statement } = await ask<{ statement: Record<string, string | null>[] }>(
      `query ($account: String!, $from: BigInt!, $to: BigInt!) {
        statement(account: $account, from: $from, to: $to, timeZone: "Asia/Jakarta", groupBy: DAY) {
          start end localStart netIdrs ${names.join(" ")}
        }
      }`,
      { account, from: String(from), to: String(to) },
    );
    for (const day of statement) {
      const own = (lines.get(account) ?? []).filter(
        (line) => line.time >= Number(day.start) && line.time < Number(day.end),
      );
      for (const name of names) {
        const expected = sum(own.map((line) => line.amounts[name] ?? 0n));
        same(`statement of ${account}, ${day.localStart}`, name, expected, BigInt(day[name] ?? 0));
      }
      net.set(day.localStart!, (net.get(day.localStart!) ?? 0n) + BigInt(day.netIdrs!));
    }
  }
  for (const [day, idrs] of net) same(`all statements of ${day}`, "IDRS base units together", 0n, idrs);
  return { accounts: accounts.length, days: net.size };
}

/** What slots bring into statements: members', their utility's and the grid operator's. */
function slotLines(slots: readonly Cleared[], owners: ReadonlyMap<number, string>): Line[] {
  return slots.flatMap(({ slotStart, price, sharedWh, terms, utility, parts, parties }): Line[] => {
    const line = (account: number, amounts: Line["amounts"]) => ({
      account: owners.get(account)!,
      time: slotStart,
      amounts,
    });
    return [
      ...parts
        .filter(({ side }) => side)
        .map((part) => {
          const { account, side, leftWh, feeIdrs, plnIdrs } = part;
          const [end, tariff] = side === "SOLD" ? ["Sold", terms.feedIn] : ["Bought", terms.retail];
          return line(account, {
            [`neighbours${end}Wh`]: part.sharedWh,
            [`neighbours${end}Idrs`]: part.sharedWh * price,
            [`utility${end}Wh`]: part.utilityWh,
            [`utility${end}Idrs`]: part.utilityWh * (tariff as bigint),
            feeIdrs,
            plnAloneIdrs: -plnIdrs,
            [side === "SOLD" ? "leftWh" : "arrearsWh"]: leftWh,
          });
        }),
      line(parties.utility, {
        utilitySoldWh: utility.givenWh,
        utilitySoldIdrs: utility.givenWh * terms.retail,
        utilityBoughtWh: utility.takenWh,
        utilityBoughtIdrs: utility.takenWh * terms.feedIn,
      }),
      line(parties.gridOperator, { feeReceivedIdrs: sharedWh * terms.fee }),
    ];
  });
}

type Market = { address: `0x${string}`; abi: typeof energyMarketAbi; strict: true } & Range;

/** What fills and deliveries bring into statements. */
async function tradeLines(client: PublicClient, market: Market): Promise<Line[]> {
  const of = <
    Name extends "OrderPlaced" | "OrderFilled" | "OfferCreated" | "TradeRequested" | "TradeDelivered",
  >(
    eventName: Name,
  ) => client.getContractEvents({ ...market, eventName });
  const makers = new Map((await of("OrderPlaced")).map(({ args }) => [args.orderId, args.owner]));
  const sellers = new Map((await of("OfferCreated")).map(({ args }) => [args.offerId, args.seller]));
  const trades = new Map((await of("TradeRequested")).map(({ args }) => [args.tradeId, args]));

  const moved: {
    source: string;
    seller: string;
    buyer: string;
    wattHours: bigint;
    idrs: bigint;
    block: bigint;
  }[] = [];
  for (const { args, blockNumber: block } of await of("OrderFilled")) {
    const { side, tick } = decodeOrderId(args.makerOrderId);
    const maker = makers.get(args.makerOrderId)!;
    const [seller, buyer] = side === Side.Ask ? [maker, args.taker] : [args.taker, maker];
    const wattHours = BigInt(args.wattHours);
    moved.push({
      source: "book",
      seller,
      buyer,
      wattHours,
      idrs: costOf(wattHours, tick),
      block,
    });
  }
  for (const { args, blockNumber: block } of await of("TradeDelivered")) {
    const { offerId, buyer, price } = trades.get(args.tradeId)!;
    const wattHours = BigInt(args.wattHours);
    const seller = sellers.get(offerId)!;
    moved.push({ source: "offers", seller, buyer, wattHours, idrs: wattHours * BigInt(price), block });
  }

  const times = new Map<bigint, number>();
  for (const block of new Set(moved.map(({ block }) => block)))
    times.set(block, Number((await client.getBlock({ blockNumber: block })).timestamp));
  return moved.flatMap(({ source, seller, buyer, wattHours, idrs, block }): Line[] =>
    (
      [
        ["Sold", seller],
        ["Bought", buyer],
      ] as const
    ).map(([end, account]) => ({
      account: account.toLowerCase(),
      time: times.get(block)!,
      amounts: { [`${source}${end}Wh`]: wattHours, [`${source}${end}Idrs`]: idrs },
    })),
  );
}
