/** With whom a home shared: everybody of the other side gave or took a part of all that was shared. */
import type { I18n } from "../i18n/index.ts";
import type { OwnShare, PartOf } from "./data.ts";

/** As many are named. */
const NAMED = 5;

export type Partner = { serial: string; sharedWh: bigint };

/** What all of them shared, Wh. */
export const sharedBy = (all: readonly { sharedWh: bigint }[]): bigint =>
  all.reduce((sum, { sharedWh }) => sum + sharedWh, 0n);

/**
 * Who stood on this side of the slots in which the home stood on the other one, most first.
 * @param own the home's parts of these slots
 */
export function partnersOf(
  parts: readonly PartOf[],
  own: readonly Pick<OwnShare, "slotEnd" | "side" | "sharedWh">[],
  side: PartOf["side"],
): Partner[] {
  const shared = new Set(
    own.filter((one) => one.side !== side && one.sharedWh > 0n).map(({ slotEnd }) => slotEnd),
  );
  const others = parts.filter((part) => part.side === side && shared.has(part.slotEnd));
  return [...Map.groupBy(others, ({ meter }) => meter.serial)]
    .map(([serial, all]) => ({ serial, sharedWh: sharedBy(all) }))
    .toSorted((a, b) => (a.sharedWh > b.sharedWh ? -1 : a.sharedWh < b.sharedWh ? 1 : 0));
}

/** Their names, and how much each gave or took. @param others says how many more there are */
export const namesOf = (
  partners: readonly Partner[],
  called: (serial: string) => string,
  others: (count: number) => string,
  format: I18n["format"],
): string =>
  format.list([
    ...partners
      .slice(0, NAMED)
      .map(({ serial, sharedWh }) => `${called(serial)} (${format.energy(sharedWh)})`),
    ...(partners.length > NAMED ? [others(partners.length - NAMED)] : []),
  ]);
