/** What happened to who may open an account: to one's own, and to those that one looks after. */
import { getAddress, type Hex } from "viem";
import { z } from "zod/mini";
import { seconds } from "../energy-index/index.ts";

const kinds = [
  "SIGNER_ADDED",
  "REMOVAL_ANNOUNCED",
  "REMOVAL_REFUSED",
  "SIGNER_REMOVED",
  "GUARDIAN_ANNOUNCED",
  "GUARDIAN_REFUSED",
  "GUARDIAN_CHANGED",
  "RECOVERY_PROPOSED",
  "RECOVERY_REFUSED",
  "RECOVERED",
] as const;
type Kind = (typeof kinds)[number];

const hex = z.templateLiteral(["0x", z.string()]);
const eventSchema = z.object({
  id: z.string(),
  account: hex,
  kind: z.string(),
  guardian: z.nullable(hex),
  time: z.nullable(seconds),
  timestamp: seconds,
  transactionHash: hex,
});
type AccountEvent = z.infer<typeof eventSchema>;
const items = <Row extends z.ZodMiniType>(row: Row) => z.object({ items: z.array(row) });

export const accountEventsSchema = {
  own: items(eventSchema),
  named: items(eventSchema),
  guarded: items(z.object({ events: items(eventSchema) })),
};
export type AccountEvents = z.infer<z.ZodMiniObject<typeof accountEventsSchema>>;

/** Its words are chosen by what happened, and by who is told: who holds it, is or was named its guardian, looks after it. */
export type AccountNews = {
  kind: "account";
  as: "holder" | "named" | "guardian";
  what: Kind;
  /** Whose account. */
  account: Hex;
  /** Whom it is about, where it is about a guardian; undefined: nobody. */
  guardian: Hex | undefined;
  /** From when on it holds, unix seconds, of what is announced or proposed. */
  from: number | undefined;
};

/** Whom a guardian's news of an account that it looks after concerns. */
const toGuardian: readonly Kind[] = ["GUARDIAN_ANNOUNCED", "RECOVERY_REFUSED", "RECOVERED"];
const isKind = (kind: string): kind is Kind => (kinds as readonly string[]).includes(kind);

/**
 * One's own news, and a guardian's: it was named or is to be, the account is to have another, what it proposed was refused
 * or came true.
 * @param me lower case
 */
export function accountNewsOf(
  me: string,
  { own, named, guarded }: AccountEvents,
): (AccountNews & { id: string; at: number })[] {
  const news = (as: AccountNews["as"], { id, kind, account, guardian, time, timestamp }: AccountEvent) =>
    isKind(kind)
      ? [
          {
            ...{ id: `${id} ${as}`, at: timestamp, kind: "account" as const, as, what: kind },
            account: getAddress(account),
            guardian: guardian === null ? undefined : getAddress(guardian),
            from: time ?? undefined,
          },
        ]
      : [];
  // The device that a recovery brings is let in with it.
  const brought = new Set(
    own.items.filter(({ kind }) => kind === "RECOVERED").map(({ transactionHash }) => transactionHash),
  );
  const isBrought = ({ kind, transactionHash }: AccountEvent) =>
    kind === "SIGNER_ADDED" && brought.has(transactionHash);
  const ofGuarded = guarded.items
    .flatMap(({ events }) => events.items)
    .filter(({ kind, guardian }) => isKind(kind) && toGuardian.includes(kind) && guardian !== me);
  return [
    ...own.items.filter((event) => !isBrought(event)).flatMap((event) => news("holder", event)),
    ...named.items.flatMap((event) => news("named", event)),
    ...ofGuarded.flatMap((event) => news("guardian", event)),
  ];
}
