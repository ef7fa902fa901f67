/** What a device that does not sign showed of its registers, as ones that never begin anew. */

import type { Registers } from "@enerlink/protocol/wire/reading";
import type { ObservedRegisters } from "../adapters/observation.ts";
import type { Meter } from "../chain/mirror.ts";
import { mostWh, stepOf } from "../rules/connection.ts";
import { unrolled } from "../rules/judge.ts";
import type { Levels, RegisterName } from "../rules/levels.ts";

/** How a device's registers are to be read: what its binding says of them. */
export type RegisterTraits = { rollover?: bigint | undefined; resolution?: bigint | undefined };

/** A register that the device did not send has not changed; one that it says it has not counted yet is 0. */
function seen(
  observed: ObservedRegisters,
  name: RegisterName,
  compared: Registers | undefined,
  { rollover, resolution }: RegisterTraits,
  most: bigint,
): { wattHours: bigint; rolled: boolean } | undefined {
  const wattHours = observed[name];
  const before = compared?.[name];
  if (wattHours === undefined || wattHours === null) {
    const same = before ?? (wattHours === null ? 0n : undefined);
    return same === undefined ? undefined : { wattHours: same, rolled: false };
  }
  const step = resolution ?? (before === undefined ? 0n : stepOf(before, wattHours));
  return unrolled(wattHours, before, rollover, most + step);
}

/**
 * Both registers of `meter` at `timestamp` (unix seconds), and whether one has begun anew; or the one that is missing
 * and was never sent before. `levels` remember which were ever heard.
 */
export function registersOf(
  meter: Pick<Meter, "exportWatts" | "importWatts">,
  observed: ObservedRegisters,
  timestamp: number,
  compared: Registers | undefined,
  levels: Levels | undefined,
  traits: RegisterTraits,
) {
  const elapsed = compared ? timestamp - compared.timestamp : 0;
  const register = (name: RegisterName, watts: number) =>
    seen(observed, name, compared, traits, mostWh(watts, elapsed));
  const [out, into] = [register("exportWh", meter.exportWatts), register("importWh", meter.importWatts)];
  if (!out || !into) return { missing: out ? "import" : "export" };
  const heard = (name: RegisterName) =>
    typeof observed[name] === "bigint" || (levels ? levels[name].heard : compared !== undefined);
  return {
    exportWh: out.wattHours,
    importWh: into.wattHours,
    rolled: out.rolled || into.rolled,
    heard: { exportWh: heard("exportWh"), importWh: heard("importWh") },
  };
}
