/** What happened to an account, put together from the index's tables and the oracle's alerts. */
import { capitals, realNamesOf, serialOf, TradeStatus } from "@enerlink/protocol";
import type { Hex } from "viem";
import { z } from "zod/mini";
import { integer, type SettledSpan, seconds, useIndex } from "../energy-index/index.ts";
import { answerOf, oracleAt } from "../oracle/index.ts";
import { useLive, useSystem } from "../system/index.ts";
import { type AccountNews, accountEventsSchema, accountNewsOf } from "./account-events.ts";
import type { DeviceAlert } from "./store.ts";

const items = <Row extends z.ZodMiniType>(row: Row) => z.object({ items: z.array(row) });

const fillSchema = z.object({
  id: z.string(),
  maker: z.string(),
  buyer: z.string(),
  tick: z.int(),
  wattHours: integer,
  cost: integer,
  timestamp: seconds,
});
const tradeSchema = z.object({
  id: z.string(),
  buyer: z.string(),
  wattHours: integer,
  price: integer,
  status: z.enum(capitals(realNamesOf(TradeStatus))),
  updatedAt: seconds,
});
const happenedSchema = z.object({
  fills: items(fillSchema),
  trades: items(tradeSchema),
  ...accountEventsSchema,
});
export type Happened = z.infer<typeof happenedSchema>;

/** As many fills, trades, and changes of who may open an account, are asked for. */
export const LATEST_HAPPENED = 25;
/** Of each of the accounts that one looks after. */
const LATEST_OF_EACH = 3;
const MOST_GUARDED = 10;
const EVENT = "id account kind guardian time timestamp transactionHash";
const HAPPENED = `query ($account: String!) {
  fills(where: { maker: $account }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_HAPPENED}) {
    items { id maker buyer tick wattHours cost timestamp }
  }
  trades(where: { OR: [{ buyer: $account }, { seller: $account }] }, orderBy: "updatedAt", orderDirection: "desc", limit: ${LATEST_HAPPENED}) {
    items { id buyer wattHours price status updatedAt }
  }
  own: homeAccountEvents(where: { account: $account }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_HAPPENED}) {
    items { ${EVENT} }
  }
  named: homeAccountEvents(where: { guardian: $account }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_HAPPENED}) {
    items { ${EVENT} }
  }
  guarded: homeAccounts(where: { guardian: $account }, limit: ${MOST_GUARDED}) {
    items { events(orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_OF_EACH}) { items { ${EVENT} } } }
  }
}`;

/** @param told whether the reader wants to be told while looking elsewhere: only then a hidden page asks, now and then */
export const useHappened = (account: string | undefined, told: boolean) =>
  useIndex(HAPPENED, account === undefined ? undefined : { account: account.toLowerCase() }, happenedSchema, {
    inBackground: told,
  });

const unix = (iso: string) => Math.floor(Date.parse(iso) / 1_000);

/** What the oracle stored of an account's own meters, newest first; null where the account has to sign in to it first. */
export function useStoredAlerts(account: string | undefined) {
  const oracle = oracleAt(useSystem().config.oracleUrl);
  return useLive<DeviceAlert[] | null>(
    ["devices", "alerts", account],
    account === undefined
      ? undefined
      : async () => {
          const { address } = await answerOf(oracle.GET("/api/v1/auth/me"));
          // Whoever used this browser before may still be signed in.
          if (address?.toLowerCase() !== account) return null;
          const { items } = await answerOf(
            oracle.GET("/api/v1/alerts", { params: { query: { limit: 50 } } }),
          );
          return items.flatMap(({ kind, meterId, raisedAt, endedAt }) =>
            meterId
              ? [
                  {
                    serial: meterId,
                    state: kind,
                    at: unix(raisedAt),
                    endedAt: endedAt === null ? undefined : unix(endedAt),
                  },
                ]
              : [],
          );
        },
  );
}

export type Notification = {
  id: string;
  /** Unix seconds. */
  at: number;
  /** Raises the count and may be heard; the rest is there to be read. */
  urgent: boolean;
} & (
  | { kind: "matched"; side: "buy" | "sell"; wattHours: bigint; tick: number; cost: bigint }
  | {
      kind: "trade";
      as: "buyer" | "seller";
      status: Happened["trades"]["items"][number]["status"];
      wattHours: bigint;
      price: bigint;
    }
  | { kind: "settled"; serial: string; times: number; tokensWh: bigint; debtWh: bigint | undefined }
  | { kind: "device"; serial: string; state: string; endedAt: number | undefined }
  | AccountNews
);

/** Since when all of it is known, unix seconds: before that there may be some that was not asked for. */
export function knownSince({ fills, trades, own, named }: Happened): number {
  const oldest = (times: readonly number[]) =>
    times.length < LATEST_HAPPENED ? Number.NEGATIVE_INFINITY : times.at(-1)!;
  return Math.max(
    oldest(fills.items.map(({ timestamp }) => timestamp)),
    oldest(trades.items.map(({ updatedAt }) => updatedAt)),
    ...[own, named].map(({ items }) => oldest(items.map(({ timestamp }) => timestamp))),
  );
}

/** Who has to do or to know something about a trade: not who brought the change about. */
const concerns: Record<string, "buyer" | "seller" | "both"> = {
  PENDING: "seller",
  ACCEPTED: "buyer",
  REJECTED: "buyer",
  CANCELLED: "seller",
  LAPSED: "both",
  COMPLETED: "both",
  EXPIRED: "both",
};

/** What is owed on each meter now, as far as that is known. */
type Debts = readonly { id: string; debtWh: bigint }[] | undefined;

/**
 * Newest first. A meter's settlements of one day are one line, since they come every few minutes.
 * @param days what the meters settled, day by day
 */
export function notificationsOf(
  account: string,
  { fills, trades, ...events }: Happened,
  days: readonly SettledSpan[],
  debts: Debts,
  alerts: readonly DeviceAlert[],
): Notification[] {
  const matched = fills.items.map(
    ({ id, buyer, wattHours, tick, cost, timestamp }): Notification => ({
      id,
      at: timestamp,
      urgent: true,
      kind: "matched",
      side: buyer === account ? "buy" : "sell",
      wattHours,
      tick,
      cost,
    }),
  );
  const traded = trades.items.flatMap(
    ({ id, buyer, wattHours, price, status, updatedAt }): Notification[] => {
      const as = buyer === account ? "buyer" : "seller";
      const concerned = concerns[status];
      if (concerned !== "both" && concerned !== as) return [];
      return [
        { id: `${id} ${status}`, at: updatedAt, urgent: true, kind: "trade", as, status, wattHours, price },
      ];
    },
  );
  const devices = alerts.map(
    ({ serial, state, at, endedAt }): Notification => ({
      id: `${serial} ${state} ${at}`,
      at,
      urgent: true,
      kind: "device",
      serial,
      state,
      endedAt,
    }),
  );
  const news = accountNewsOf(account, events).map((one): Notification => ({ ...one, urgent: true }));
  return [...matched, ...traded, ...settledOn(days, debts), ...devices, ...news].toSorted(
    (a, b) => b.at - a.at,
  );
}

/** Only a meter's newest day says what it owes: that is what stands now. */
function settledOn(days: readonly SettledSpan[], debts: Debts): Notification[] {
  return days.map(({ meterId, start, mintedWh, burnedWh, settlements, lastReadAt }) => {
    const isNewest = !days.some((other) => other.meterId === meterId && other.start > start);
    return {
      id: `${meterId} ${start}`,
      at: lastReadAt,
      urgent: false,
      kind: "settled",
      serial: serialOf(meterId as Hex),
      times: settlements,
      tokensWh: mintedWh - burnedWh,
      debtWh: isNewest ? debts?.find(({ id }) => id === meterId)?.debtWh : undefined,
    };
  });
}
