/** Who is a neighbour, at which terms, and what became of the slots. */
import { z } from "zod/mini";
import { integer, itemsOf, queryIndex, seconds, useIndex } from "../energy-index/index.ts";
import type { Meter } from "../meters/index.ts";
import { useChain, useLive, useSystem } from "../system/index.ts";
import type { Hour } from "./outlook.ts";
import type { Limits, Share, Slot, Terms } from "./slot.ts";

/** A meter as a neighbour. */
export type Home = Meter;

/** Limits of a meter that is a member; undefined of one that never was. */
export const limitsOf = ({ sellFrom, buyUpTo }: Home): Limits | undefined =>
  sellFrom === null || buyUpTo === null ? undefined : { sellFrom, buyUpTo };

export type Neighbourhood = Terms & {
  id: number;
  /** Length of a slot, seconds, and the end of the latest that is cleared, unix seconds; 0 before the first. */
  slot: number;
  clearedTo: number;
  steepness: bigint;
};

/** A neighbourhood with the terms of a slot that begins now; null where there is none of that number. */
export function useNeighbourhood(id: number | undefined) {
  const { pool } = useSystem();
  return useChain<Neighbourhood | null>(
    ["community", id],
    id === undefined
      ? undefined
      : async () => {
          const [{ retail, feedIn, fee, slot, clearedTo }, steepness] = await Promise.all([
            pool.read.community([id]),
            pool.read.STEEPNESS(),
          ]);
          if (slot === 0) return null;
          return { id, retail, feedIn, fee, slot, clearedTo, steepness: BigInt(steepness) };
        },
  );
}

const slotSchema = z.object({
  slotStart: seconds,
  slotEnd: seconds,
  price: z.nullable(integer),
  sharedWh: integer,
  surplusWh: integer,
  needWh: integer,
  retail: z.int(),
  feedIn: z.int(),
  fee: z.int(),
});

const SLOTS = `query ($communityId: Int!, $from: BigInt!, $to: BigInt!, $limit: Int!) {
  clearedSlots(
    where: { communityId: $communityId, slotEnd_gt: $from, slotEnd_lte: $to }, orderBy: "slotEnd", orderDirection: "desc", limit: $limit
  ) {
    items { slotStart slotEnd price sharedWh surplusWh needWh retail feedIn fee }
  }
}`;

const shareSchema = z.object({
  slotEnd: seconds,
  side: z.enum(["SOLD", "BOUGHT"]),
  sharedWh: integer,
  utilityWh: integer,
  leftWh: integer,
  /** Earned or paid, and what the utility alone would have paid or cost, IDRS base units. */
  amount: integer,
  plnAmount: integer,
  sellFrom: z.int(),
  buyUpTo: z.int(),
});
/** A home's part of a slot, with its limits as they were. */
export type OwnShare = Share & Limits & { slotEnd: number; amount: bigint; plnAmount: bigint };

const SHARES = `query ($meterId: String!, $from: BigInt!, $to: BigInt!, $limit: Int!) {
  slotShares(
    where: { meterId: $meterId, slotEnd_gt: $from, slotEnd_lte: $to }, orderBy: "slotEnd", orderDirection: "desc", limit: $limit
  ) {
    items { slotEnd side sharedWh utilityWh leftWh amount plnAmount sellFrom buyUpTo }
  }
}`;

/** As many slots are asked for as they come. */
export const SHOWN_SLOTS = 24;
/** As many are looked back at, at most, to say what limits would have meant. */
export const LOOKED_BACK_SLOTS = 1_000;

/** Which slots, by when they ended: after `from` and up to `to`, unix seconds; and how often they are asked for. */
export type Past = { from: number; to: number; limit: number; milliseconds: number; isOver?: boolean };
/** No time that the contracts know is later. */
const EVER = 2 ** 40;
/** What just happened. */
export const latest: Past = { from: 0, to: EVER, limit: SHOWN_SLOTS, milliseconds: 5_000 };
/** What happened since `from`, unix seconds: it changes with every slot, and little. */
export const since = (from: number): Past => ({
  from,
  to: EVER,
  limit: LOOKED_BACK_SLOTS,
  milliseconds: 60_000,
});
/** What is over, and is asked for once: at most so many slots as one answer holds, which half a day of minutes does. */
export const over = (from: number, to: number): Past => ({
  ...{ from, to, limit: LOOKED_BACK_SLOTS, milliseconds: 3_600_000, isOver: true },
});

/** Cleared slots, newest first. */
export const useSlots = (communityId: number | undefined, past: Past) =>
  useIndex<Slot[]>(
    SLOTS,
    communityId === undefined ? undefined : { communityId, ...asked(past) },
    itemsOf("clearedSlots", slotSchema),
    past,
  );

/** A home's parts of cleared slots, newest first; none of a slot that it was absent from. */
export const useShares = (meterId: string | undefined, past: Past) =>
  useIndex<OwnShare[]>(
    SHARES,
    meterId === undefined ? undefined : { meterId, ...asked(past) },
    itemsOf("slotShares", shareSchema),
    past,
  );

const asked = ({ from, to, limit }: Past) => ({ from: String(from), to: String(to), limit });

const HALF_A_DAY = 43_200;

/** What was asked for in two parts, newest first; undefined until both are known. */
export const whole = <One>([later, earlier]: readonly [One[] | undefined, One[] | undefined]) =>
  later && earlier && [...later, ...earlier];

/**
 * The slots of a day that is over, and the home's parts of them, newest first; undefined until they are known.
 * @param from when the day began, unix seconds; undefined while none is wanted
 */
export function useDayBefore(home: Home | undefined, communityId: number, from: number | undefined) {
  const halves =
    from === undefined
      ? ([latest, latest] as const)
      : ([over(from + HALF_A_DAY, from + 2 * HALF_A_DAY), over(from, from + HALF_A_DAY)] as const);
  const [community, meter] = from === undefined ? [] : [communityId, home?.id];
  const slots = [useSlots(community, halves[0]).data, useSlots(community, halves[1]).data] as const;
  const shares = [useShares(meter, halves[0]).data, useShares(meter, halves[1]).data] as const;
  return { slots: whole(slots), shares: whole(shares) };
}

const partnerSchema = z.object({
  slotEnd: seconds,
  side: z.enum(["SOLD", "BOUGHT"]),
  sharedWh: integer,
  meter: z.object({ serial: z.string() }),
});
/** A neighbour's part of what was shared in a slot. */
export type PartOf = z.infer<typeof partnerSchema>;

const PARTNERS = `query ($communityId: Int!, $from: BigInt!, $to: BigInt!, $limit: Int!) {
  slotShares(
    where: { communityId: $communityId, slotEnd_gt: $from, slotEnd_lte: $to, sharedWh_gt: "0" }, limit: $limit
  ) {
    items { slotEnd side sharedWh meter { serial } }
  }
}`;

/** Who shared in the slots between, and how much. */
export const usePartsOf = (communityId: number | undefined, from: number, to: number) =>
  useIndex<PartOf[]>(
    PARTNERS,
    communityId === undefined ? undefined : { communityId, ...asked(over(from, to)) },
    itemsOf("slotShares", partnerSchema),
    over(from, to),
  );

const rangeSchema = z.nullable(z.object({ low: integer, median: integer, high: integer }));
const outlookSchema = z.pipe(
  z.object({
    outlook: z.array(z.object({ start: seconds, surplusWh: rangeSchema, price: rangeSchema })),
  }),
  z.transform(({ outlook }) => outlook),
);

const OUTLOOK = `query ($meterId: String!) {
  outlook(meterId: $meterId) { start surplusWh { low median high } price { low median high } }
}`;

/** The next 24 hours as the last days were. With every hour there is another one: that is not asked about with every slot. */
export function useOutlook(meterId: string) {
  const { config } = useSystem();
  return useLive<Hour[]>(
    ["outlook", meterId],
    () => queryIndex(config.indexerUrl, OUTLOOK, { meterId }, outlookSchema),
    { milliseconds: 600_000 },
  );
}

const deliverySchema = z.object({ buyer: z.string(), seller: z.string(), wattHours: integer });
/** Energy of a battery that came to a neighbour. */
export type Delivery = z.infer<typeof deliverySchema>;

const OWN_DELIVERIES_SINCE = `query ($account: String!, $from: BigInt!) {
  energyTransactions(where: { OR: [{ buyer: $account }, { seller: $account }], timestamp_gte: $from }, limit: 1000) {
    items { buyer seller wattHours }
  }
}`;

/** What was delivered from batteries to an account or by it since then, unix seconds. */
export const useOwnDeliveriesSince = (account: string, from: number) =>
  useIndex(
    OWN_DELIVERIES_SINCE,
    { account: account.toLowerCase(), from: String(from) },
    itemsOf("energyTransactions", deliverySchema),
  );
