/**
 * Which reports of a window go into its root: all members are asked for each, what some refuse is asked again apart, and
 * the root is of what one quorum stands for together. A dispute leaves out one report, a faulty member nobody else's.
 */
import type { Item, RefusalReason, Refused } from "@enerlink/protocol/wire/committee";
import type { Hex } from "viem";
import type { Disputes } from "./disputes.ts";
import { about, keyOf, ownDoubt, type Polled } from "./round.ts";
import type { SignedReports } from "./signed.ts";

/** Reports that the same members stand for. */
export type Part = {
  /** As the members know it. */
  batch: Hex;
  items: readonly Item[];
  /** Of the other members. */
  signers: ReadonlySet<string>;
  /** Whether it is refused for now only: a member has not heard yet what this node has. */
  early: boolean;
};

const EARLY: readonly RefusalReason[] = ["window-open", "not-yet"];

/**
 * Those of a window of which the most can be made with `others` further members: what one choice of them all stand for.
 * @param passed Choices that came to nothing: a member may stand for reports, and never for a root
 */
export function chosenOf(parts: readonly Part[], others: number, passed = 0): Part[] {
  const stood = new Map<string, number>();
  for (const { items, signers } of parts)
    for (const member of signers) stood.set(member, (stood.get(member) ?? 0) + items.length);
  const ranked = [...stood].sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1));
  if (ranked.length < others) return [];
  const first = ranked.length === 0 ? 0 : passed % ranked.length;
  const best = [...ranked.slice(first), ...ranked.slice(0, first)].slice(0, others);
  return parts.filter(({ signers }) => best.every(([member]) => signers.has(member)));
}

/** `items` by who refuses them, and whether for now only. */
function groupsOf({ items, refusals }: Polled): { items: Item[]; early: boolean }[] {
  const refused = new Map<string, { members: string[]; reasons: RefusalReason[] }>();
  const note = (member: string, one: Refused) => {
    const known = refused.get(keyOf(one)) ?? { members: [], reasons: [] };
    refused.set(keyOf(one), known);
    known.members.push(member);
    known.reasons.push(one.reason);
  };
  for (const [member, all] of refusals) for (const one of all) note(member, one);
  const of = (item: Item) => refused.get(keyOf(about(item)));
  const isEarly = (item: Item) => of(item)?.reasons.every((reason) => EARLY.includes(reason)) ?? false;
  const groups = Map.groupBy(items, (item) => `${isEarly(item)} ${of(item)?.members.sort().join(" ")}`);
  return [...groups.values()].map((group) => ({ items: group, early: group.every(isEarly) }));
}

export function makeLeaves({
  self,
  poll,
  portion,
  signed,
  disputes,
}: {
  /** In lower case. */
  self: string;
  poll: (items: readonly Item[]) => Promise<Polled>;
  /** How many of `items`, from the first one on, are proposed at once. */
  portion: (items: readonly Item[]) => number;
  signed: Pick<SignedReports, "refused">;
  disputes: Pick<Disputes, "keep">;
}) {
  async function ask(items: readonly Item[]): Promise<Part[]> {
    const polled = await poll(items);
    const groups = groupsOf(polled);
    if (groups.length === 1) {
      return [{ batch: polled.batch, items, signers: polled.signers, early: groups[0]!.early }];
    }
    const parts: Part[] = [];
    for (const group of groups) parts.push(...(await ask(group.items)));
    return parts;
  }

  /** Resolves to what of `items` who stands for; what this node itself cannot sign is in none. */
  return async function gather(items: readonly Item[]): Promise<Part[]> {
    const unsigned = signed.refused(items);
    if (unsigned.length > 0) disputes.keep(self, self, unsigned.map(ownDoubt));
    const mine = new Set(unsigned.map(({ item }) => item));
    const parts: Part[] = [];
    for (let rest = items.filter((item) => !mine.has(item)); rest.length > 0; ) {
      const count = Math.max(1, portion(rest));
      parts.push(...(await ask(rest.slice(0, count))));
      rest = rest.slice(count);
    }
    return parts;
  };
}
