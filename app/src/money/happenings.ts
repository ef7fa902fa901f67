/** From changes of a balance to what happened: one thing each, however many changes it is made of. */
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
};

/** What names a transaction that changed a balance in several ways: the first of these that it holds. */
const telling: readonly What[] = [
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

/** Comes with every reading or slot: one row a day. */
const daily: readonly What[] = ["NEIGHBOURHOOD", "CREDITED", "DRAWN"];

/** A slot takes what all of a need would cost and gives back what it did not: neither is of interest by itself. */
const whatOf = ({ kind }: Movement): What =>
  kind === "TAKEN" || kind === "RECEIVED" || kind === "GIVEN" ? "NEIGHBOURHOOD" : kind;

/** @param movements newest first @returns newest first */
export function happenings(movements: readonly Movement[]): Happening[] {
  const found = new Map<string, Happening>();
  for (const transaction of byTransaction(movements)) {
    const what = telling.find((one) => transaction.some((movement) => whatOf(movement) === one))!;
    // What was fetched from the wallet to pay with is no event of its own.
    const own = transaction.filter(({ kind }) => what === "DEPOSITED" || kind !== "DEPOSITED");
    const { timestamp, transactionHash } = transaction[0]!;
    const id = daily.includes(what) ? `${what} ${startOfDay(timestamp)}` : transactionHash;
    const before = found.get(id) ?? { id, what, energyWh: 0n, idrs: 0n, timestamp, times: 0 };
    found.set(id, {
      ...before,
      energyWh: own.reduce((sum, { energyWh }) => sum + energyWh, before.energyWh),
      idrs: own.reduce((sum, { idrs }) => sum + idrs, before.idrs),
      times: before.times + 1,
    });
  }
  return [...found.values()];
}

const byTransaction = (movements: readonly Movement[]): Movement[][] => [
  ...Map.groupBy(movements, ({ transactionHash }) => transactionHash).values(),
];
