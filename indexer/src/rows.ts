/** What the handlers of every contract write alike. */
import { type Context, ponder } from "ponder:registry";
import { account, announcement, change, market, movement } from "ponder:schema";
import { replaceBigInts } from "ponder";
import { type Address, type Hex, zeroAddress } from "viem";

export type { Context };

/** An event of any contract, as far as every event is alike. */
export type AnyEvent = {
  id: string;
  block: { timestamp: bigint; number: bigint; hash: Hex };
  transaction: { hash: Hex };
  log: { logIndex: number; address: Address };
};

/** `<transaction hash>-<log index>` */
export const eventId = (event: AnyEvent, logIndex = event.log.logIndex) =>
  `${event.transaction.hash}-${logIndex}`;

/** When and where: the columns that rows of one event share. */
export const stamp = (event: AnyEvent) => ({
  timestamp: event.block.timestamp,
  blockNumber: event.block.number,
  transactionHash: event.transaction.hash,
});

type AccountRow = typeof account.$inferSelect;
type Amounts = Omit<AccountRow, "id" | "firstSeenAt" | "latestFill">;

const nothing: Amounts = {
  walletWh: 0n,
  walletIdrs: 0n,
  tradingWh: 0n,
  tradingIdrs: 0n,
  ordersWh: 0n,
  ordersIdrs: 0n,
  escrowIdrs: 0n,
  boughtWh: 0n,
  soldWh: 0n,
  spentIdrs: 0n,
  earnedIdrs: 0n,
};

/** Adds `delta` to what `id` has, and sets `set`; creates the account at its first event. */
export async function addToAccount(
  context: Context,
  event: AnyEvent,
  id: Address,
  delta: Partial<Amounts>,
  set: Pick<Partial<AccountRow>, "latestFill"> = {},
) {
  if (id === zeroAddress) return;
  await context.db
    .insert(account)
    .values({ id, ...nothing, ...delta, ...set, firstSeenAt: event.block.timestamp })
    .onConflictDoUpdate((row: AccountRow) => {
      const changed: Partial<AccountRow> = { ...set };
      for (const column of Object.keys(delta) as (keyof Amounts)[])
        changed[column] = row[column] + (delta[column] ?? 0n);
      return changed;
    });
}

type Movement = {
  account: Address;
  kind: (typeof movement.$inferSelect)["kind"];
  energyWh?: bigint;
  idrs?: bigint;
  reference?: string;
  /** The other side. */
  counterparty?: Address;
  /** Which of several movements of one event and kind. */
  part?: number;
};

/** Changes a free trading balance, keeps the record of it, adds `also` to the account and sets `set` there. */
export async function move(
  context: Context,
  event: AnyEvent,
  { account: id, kind, energyWh = 0n, idrs = 0n, reference, counterparty, part }: Movement,
  also: Partial<Amounts> = {},
  set: Pick<Partial<AccountRow>, "latestFill"> = {},
) {
  await context.db.insert(movement).values({
    id: `${movementId(event, kind)}${part === undefined ? "" : `-${part}`}`,
    account: id,
    kind,
    energyWh,
    idrs,
    reference: reference ?? null,
    counterparty: counterparty ?? null,
    ...stamp(event),
  });
  await addToAccount(context, event, id, { ...also, tradingWh: energyWh, tradingIdrs: idrs }, set);
}

/** The id of a movement that is its event's only one of its kind. */
export const movementId = (event: AnyEvent, kind: Movement["kind"]) => `${eventId(event)}-${kind}`;

type MarketRow = typeof market.$inferSelect;

// The market's one row is there from the start.
ponder.on("EnergyMarket:setup", async ({ context }) => {
  await context.db.insert(market).values({
    id: context.contracts.EnergyMarket.address,
    bookPaused: false,
    boardPaused: false,
    settlementStopped: false,
    stoppedFor: 0n,
    stoppedSince: 0n,
    minimumPrice: 0n,
    lastTick: null,
    lastFilledAt: null,
    fills: 0,
    filledWh: 0n,
    filledIdrs: 0n,
    deliveries: 0,
    deliveredWh: 0n,
    deliveredIdrs: 0n,
    offers: 0,
    trades: 0,
    completedTrades: 0,
    mintedWh: 0n,
    burnedWh: 0n,
  });
});

/** Changes the market's one row. */
export const updateMarket = (context: Context, set: (row: MarketRow) => Partial<Omit<MarketRow, "id">>) =>
  context.db.update(market, { id: context.contracts.EnergyMarket.address }).set(set);

type Topic = (typeof announcement.$inferSelect)["topic"];

/**
 * Tells stream and subscriptions, once for each event.
 * @param name the event's
 * @param subject id of the row that it is about
 */
export async function announce(
  context: Context,
  { id, block }: AnyEvent,
  topic: Topic,
  name: string,
  subject: string | bigint,
) {
  await context.db
    .insert(announcement)
    .values({ id, topic, event: name, subject: String(subject), blockHash: block.hash });
}

/** Keeps a privileged change, or a change to a meter, and tells of it at once. */
export async function recordChange(context: Context, event: AnyEvent & { args: unknown }, name: string) {
  const [contract, eventName] = name.split(":") as [string, string];
  const args = replaceBigInts(event.args ?? {}, String) as Record<string, unknown>;
  const meterId = typeof args.meterId === "string" ? (args.meterId as Hex) : null;
  await context.db.insert(change).values({
    id: eventId(event),
    contract,
    event: eventName,
    arguments: args,
    meterId,
    ...stamp(event),
  });
  await announce(context, event, "CHANGES", eventName, eventId(event));
}
