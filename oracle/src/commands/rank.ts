/**
 * Whose word on a meter counts for more: what an operator, or the chain, has closed its owner does not open, and the
 * register epoch is the operators' alone. An owner may always close what is open.
 */
import type { CommandName } from "@enerlink/protocol/wire/command";
import type { StoredCommand } from "./ledger.ts";

export type Given = Pick<StoredCommand, "name" | "arguments" | "state" | "requestedBy">;

/** What a switch is set to. */
const setTo = ({ mode, state }: Readonly<Record<string, unknown>>) => mode ?? state;
const OPEN: readonly unknown[] = ["both", "on"];

/**
 * Why an owner may not command this; undefined where it may.
 * @param before the meter's latest commands, the newest first
 * @param isAbove whether whoever asked for one is above the owner: an operator, or what follows from the chain
 */
export function outranked(
  { name, arguments: given }: { name: CommandName; arguments: Readonly<Record<string, unknown>> },
  before: Iterable<Given>,
  isAbove: (requestedBy: string) => boolean,
): string | undefined {
  if (name === "epoch") return "the register epoch is the operators' to tell it";
  if (name !== "grid" && name !== "relay") return undefined;
  const [wish, above] = [setTo(given), lastAbove(name, before, isAbove)];
  if (!above) return undefined;
  const restriction = setTo(above.arguments);
  if (OPEN.includes(restriction) || wish === "off" || wish === restriction) return undefined;
  const who = above.requestedBy === "chain" ? "a debt beyond its credit" : "an operator";
  return `${who} has set ${name} to ${restriction}, and an operator alone opens it`;
}

/** What counts of those above, whatever an owner said since. */
function lastAbove(name: CommandName, before: Iterable<Given>, isAbove: (requestedBy: string) => boolean) {
  for (const one of before)
    if (one.name === name && one.state !== "rejected" && one.state !== "expired" && isAbove(one.requestedBy))
      return one;
  return undefined;
}
