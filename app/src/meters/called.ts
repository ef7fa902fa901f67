/** What people call their meters, instead of by the serial on a label. */
import type { Translate } from "../i18n/index.ts";
import type { Meter } from "./data.ts";

export type Called = Pick<Meter, "id" | "serial" | "kind">;
/** The household's own name, and the serial of its home's meter. */
type Household = { serial: string | undefined; label: string | undefined };

/**
 * By serial: the name that its owner gave it, else the household's, else what it is; two of one name are told apart by
 * their serials.
 * @param given names by meter id
 */
export function callAll(
  meters: readonly Called[],
  given: Readonly<Record<string, string>>,
  household: Household | undefined,
  t: Translate,
): Map<string, string> {
  const nameOf = ({ id, serial, kind }: Called) => {
    if (given[id]) return given[id];
    if (household?.label && household.serial === serial) return household.label;
    return kind === "BATTERY" || kind === "GRID" ? t(`meters.kind.${kind}`) : t("meters.home");
  };
  const named = meters.map((meter) => [meter.serial, nameOf(meter)] as const);
  const alike = Map.groupBy(named, ([, name]) => name);
  return new Map(
    named.map(([serial, name]) => [serial, alike.get(name)!.length > 1 ? `${name} (${serial})` : name]),
  );
}

/** What the household is called whose home's meter has that serial; where nobody knows, the serial. */
export const householdOf = (serial: string, households: readonly { name: string; label: string }[]): string =>
  households.find(({ name }) => name === serial)?.label || serial;
