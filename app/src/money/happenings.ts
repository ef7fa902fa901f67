/** From changes of a balance to what happened: what was paid, received and set aside apart, however many changes each is. */
import { startOfDay } from "../format/index.ts";
import type { Movement } from "./data.ts";

type Kind = Movement["kind"];
export type What = Exclude<Kind, "TAKEN" | "RECEIVED" | "GIVEN"> | "NEIGHBOURHOOD";

export type Happening = {
  id: string;
  what: What;
  /** Sums, Wh and IDRS base units; negative what left. */
  energyWh: bigint;
  idrs: bigint;
  /** Of the latest of them, unix seconds. */
  timestamp: number;
  /** How often on that day. */
  times: number;
  /** Of a day of which more happened before, that is not known here: from when on it is counted, unix seconds. */
  since?: number;
};

/** What a transaction did is told in this order. */
const told: readonly What[] = [
  "NEIGHBOURHOOD",
  "SOLD",
  "BOUGHT",
  "DELIVERY_SOLD",
  "DELIVERY_BOUGHT",
  "ESCROWED",
  "REFUNDED",
  "ORDER_CANCELLED",
  "ORDER_PLACED",
  "CREDITED",
  "DRAWN",
  "WITHDRAWN",
  "DEPOSITED",
];

/** Set aside or given back: it stays its owner's, and is neither paid nor received. */
export const isAside = (what: What): boolean =>
  what === "ORDER_PLACED" || what === "ORDER_CANCELLED" || what === "ESCROWED" || what === "REFUNDED";

/** Comes with every reading or slot, or whenever a program bids anew: one row a day. */
const isDaily = (what: What): boolean =>
  what === "NEIGHBOURHOOD" || what === "CREDITED" || what === "DRAWN" || isAside(what);

/** A slot takes what all of a need would cost and gives back what it did not: neither is of interest by itself. */
const whatOf = ({ kind }: Movement): What =>
  kind === "TAKEN" || kind === "RECEIVED" || kind === "GIVEN" ? "NEIGHBOURHOOD" : kind;

/**
 * @param movements newest first
 * @param cut whether there are older ones: the oldest transaction may then be known in part, and is left out, and the
 * oldest day says from when on it is summed
 * @returns newest first
 */
export function happenings(movements: readonly Movement[], cut = false): Happening[] {
  const found = new Map<string, Happening>();
  const transactions = byTransaction(movements);
  const whole = cut && transactions.length > 1 ? transactions.slice(0, -1) : transactions;
  for (const transaction of whole) {
    const { timestamp, transactionHash } = transaction[0]!;
    const parts = Map.groupBy(transaction, whatOf);
    // What was fetched from the wallet to pay with is no event of its own.
    if (parts.size > 1) parts.delete("DEPOSITED");
    for (const what of told) {
      const own = parts.get(what);
      if (!own) continue;
      const id = isDaily(what) ? `${what} ${startOfDay(timestamp)}` : `${what} ${transactionHash}`;
      const before = found.get(id) ?? { id, what, energyWh: 0n, idrs: 0n, timestamp, times: 0 };
      found.set(id, {
        ...before,
        energyWh: own.reduce((sum, { energyWh }) => sum + energyWh, before.energyWh),
        idrs: own.reduce((sum, { idrs }) => sum + idrs, before.idrs),
        times: before.times + 1,
      });
    }
  }
  const oldest = whole.at(-1)?.[0]?.timestamp;
  if (!cut || oldest === undefined) return [...found.values()];
  const day = startOfDay(oldest);
  return [...found.values()].map((one) =>
    isDaily(one.what) && startOfDay(one.timestamp) === day ? { ...one, since: oldest } : one,
  );
}

const byTransaction = (movements: readonly Movement[]): Movement[][] => [
  ...Map.groupBy(movements, ({ transactionHash }) => transactionHash).values(),
];
