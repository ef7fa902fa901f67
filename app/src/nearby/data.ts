import { z } from "zod";
import { integer, seconds, useIndex } from "../energy-index/index.ts";
import { useLive, useSystem } from "../system/index.ts";

const reputationSchema = z.object({
  promisedWh: integer,
  deliveredWh: integer,
  ratings: z.int(),
  stars: z.int(),
});
export type Reputation = z.infer<typeof reputationSchema>;

const offerSchema = z.object({
  id: z.string(),
  seller: z.string(),
  batteryId: z.string(),
  remainingWh: integer,
  price: integer,
  h3Cell: z.string(),
  availableFrom: seconds,
  availableTo: seconds,
  reputation: reputationSchema.nullable(),
});
export type Offer = z.infer<typeof offerSchema>;

const offerFields = `id seller batteryId remainingWh price h3Cell availableFrom availableTo
  reputation { promisedWh deliveredWh ratings stars }`;

const OPEN_OFFERS = `query ($now: BigInt!) {
  offers(where: { status: ACTIVE, availableTo_gt: $now, remainingWh_gt: "0" }, orderBy: "createdAt", orderDirection: "desc", limit: 200) {
    items { ${offerFields} }
  }
}`;

const offers = z
  .object({ offers: z.object({ items: z.array(offerSchema) }) })
  .transform((data) => data.offers.items);

/** What is on offer at `now` (unix seconds), the newest first. */
export const useOffers = (now: number) => useIndex(OPEN_OFFERS, { now: String(now) }, offers);

const tradeSchema = z.object({
  id: z.string(),
  offerId: z.string(),
  buyer: z.string(),
  seller: z.string(),
  wattHours: integer,
  deliveredWh: integer,
  price: integer,
  availableFrom: seconds,
  availableTo: seconds,
  answerBy: seconds,
  status: z.enum(["PENDING", "ACCEPTED", "REJECTED", "CANCELLED", "LAPSED", "COMPLETED", "EXPIRED"]),
  requestedAt: seconds,
  ratings: z.object({ items: z.array(z.object({ rater: z.string(), stars: z.int() })) }),
});
export type Trade = z.infer<typeof tradeSchema>;

const TRADES = `query ($account: String!) {
  trades(where: { OR: [{ buyer: $account }, { seller: $account }] }, orderBy: "requestedAt", orderDirection: "desc", limit: 50) {
    items {
      id offerId buyer seller wattHours deliveredWh price availableFrom availableTo answerBy status requestedAt
      ratings { items { rater stars } }
    }
  }
}`;

/** Requests that an account made or got, newest first. */
export const useTrades = (account: string | undefined) =>
  useIndex(
    TRADES,
    account === undefined ? undefined : { account: account.toLowerCase() },
    z.object({ trades: z.object({ items: z.array(tradeSchema) }) }).transform(({ trades }) => trades.items),
  );

/** What of an accepted trade could be delivered now (Wh), and until when delivery is paid (unix seconds). */
export function useDelivery(tradeId: string | undefined) {
  const { market } = useSystem();
  return useLive(
    ["delivery", tradeId],
    tradeId === undefined
      ? undefined
      : async () => {
          const id = BigInt(tradeId);
          const [wattHours, { deliverBy }] = await Promise.all([
            market.read.deliverable([id]),
            market.read.trade([id]),
          ]);
          return { wattHours, deliverBy };
        },
  );
}

/** The board's switch and lowest price (price units). */
export function useBoard() {
  const { market } = useSystem();
  return useLive(["board"], async () => {
    const [[, paused], minimumPrice] = await Promise.all([market.read.paused(), market.read.minimumPrice()]);
    return { paused, minimumPrice: BigInt(minimumPrice) };
  });
}

/** What a battery can still promise, Wh: what is stored, at most its capacity, less debt and open promises. */
export function useFreeToPromise(battery: { id: string; capacityWh: bigint } | undefined) {
  const { market, converter } = useSystem();
  return useLive(
    ["promisable", battery?.id],
    battery &&
      (async () => {
        const id = battery.id as `0x${string}`;
        const [promisedWh, [, , debtWh, storedWh]] = await Promise.all([
          market.read.promised([id]),
          converter.read.settled([id]),
        ]);
        const covered = (storedWh < battery.capacityWh ? storedWh : battery.capacityWh) - debtWh - promisedWh;
        return covered > 0n ? covered : 0n;
      }),
  );
}
