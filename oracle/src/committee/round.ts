/** One round of agreement: a batch, what the other members answer to it, and what is left of it when too few sign. */
import {
  type RegistersRoot,
  type Report,
  registersRootTypedData,
  settlementBatchTypedData,
} from "@enerlink/protocol";
import type { CommitteeDomain, Item, Refused } from "@enerlink/protocol/wire/committee";
import type { Hex } from "viem";
import { reportOf } from "../ledger/report.ts";
import { signatures } from "../seams/signatures.ts";
import type { Doubt } from "./confirm.ts";
import type { Unsigned } from "./signed.ts";

/** Milliseconds that a leader waits for answers. */
export const ANSWER_WITHIN = 3_000;

/** A batch as `OracleCommittee.submit` takes it. */
export type Agreed = { outcome: "agreed"; reports: Report[]; deadline: bigint; signatures: Hex[] };
/**
 * `refused`: too few members sign the batch as it is. `parts` are what may still be signed, each without those who refuse
 * any of it; the others too many members refuse: for now (`early`), since by what they know an earlier report or the
 * clearing of a slot comes first, or for whatever other reason (`hopeless`). `silent`: too few members answered.
 */
export type Agreement =
  | Agreed
  | { outcome: "refused"; parts: Item[][]; early: Item[]; hopeless: Item[] }
  | { outcome: "silent" };

/** A root as `RootCommittee.commitRoot` takes it. */
export type AgreedRoot = { root: Hex; windowEnd: number; deadline: bigint; signatures: Hex[] };

/** Who stands for these reports, and who refuses which of them. */
export type Polled = {
  batch: Hex;
  items: readonly Item[];
  signers: ReadonlySet<string>;
  refusals: ReadonlyMap<string, readonly Refused[]>;
};

export type Round = {
  hash: Hex;
  deadline: bigint;
  items: readonly Item[];
  /** Of the other members. */
  signatures: Map<string, Hex>;
  refusals: Map<string, Refused[]>;
  changed: () => void;
};

/** What a member signs: `items` as reports, with a deadline, by the committee's present configuration. */
export function batchOf(
  { chainId, committee }: CommitteeDomain,
  configuration: number,
  items: readonly Item[],
  deadline: bigint,
) {
  const reports = items.map(reportOf);
  const typedData = settlementBatchTypedData(chainId, committee, { reports, deadline, configuration });
  return { reports, typedData, hash: signatures.hashTyped(typedData) };
}

/** What a member signs of a root. */
export function rootOf({ chainId, committee }: CommitteeDomain, root: RegistersRoot) {
  const typedData = registersRootTypedData(chainId, committee, root);
  return { typedData, hash: signatures.hashTyped(typedData) };
}

/** The quorum's signatures as the contract takes them: those of others, and this node's `own`, by their members' addresses. */
export function ascending(
  others: ReadonlyMap<string, Hex>,
  quorum: number,
  own: readonly [string, Hex],
): Hex[] {
  const chosen = [...[...others].slice(0, quorum - 1), own];
  return chosen.sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1)).map(([, signature]) => signature);
}

export const about = ({ windowEnd, reading: { serial } }: Item) => ({ serial, windowEnd });
export const keyOf = ({ serial, windowEnd }: { serial: string; windowEnd: number }) =>
  `${serial} ${windowEnd}`;

/** Why this node cannot sign an item any more, as it tells others. */
export const ownDoubt = ({ item, reason }: Unsigned): Doubt => ({
  item,
  refused: { ...about(item), reason, evidence: null },
});

/** What of `refusals` was proposed, each with the item that it is about. */
export function meantBy(refusals: readonly Refused[], { items }: Round): Doubt[] {
  const itemOf = new Map(items.map((item) => [keyOf(about(item)), item]));
  const refused = new Map(refusals.map((one) => [keyOf(one), one]));
  return [...refused].flatMap(([key, one]) => {
    const item = itemOf.get(key);
    return item ? [{ item, refused: one }] : [];
  });
}

/**
 * What a quorum may still sign of a batch that it did not sign: those items together that the same ones refuse.
 * @param answering The members that answer, this node among them
 */
export function partsOf({ items, refusals }: Round, quorum: number, answering: readonly string[]): Agreement {
  const refusers = new Map(items.map((item) => [keyOf(about(item)), [] as string[]]));
  const disputed = new Set<string>();
  for (const [member, refused] of refusals)
    for (const one of refused) {
      refusers.get(keyOf(one))?.push(member);
      if (one.reason !== "not-yet") disputed.add(keyOf(one));
    }
  const by = (item: Item) => refusers.get(keyOf(about(item)))!;
  const isEarly = (item: Item) => !disputed.has(keyOf(about(item)));
  const groups = [...Map.groupBy(items, (item) => by(item).sort().join(" ")).values()];
  const isHopeless = ([first]: Item[]) => {
    const against = by(first!);
    const left = answering.filter((member) => !against.includes(member));
    return against.length > 0 && left.length < quorum;
  };
  const refused = groups.filter(isHopeless).flat();
  const parts = groups.filter((group) => !isHopeless(group));
  // It was proposed as it is.
  if (parts.length === 1 && refused.length === 0) return { outcome: "silent" };
  parts.sort(([a], [b]) => by(a!).length - by(b!).length);
  const [early, hopeless] = [refused.filter(isEarly), refused.filter((item) => !isEarly(item))];
  return { outcome: "refused", parts, early, hopeless };
}
