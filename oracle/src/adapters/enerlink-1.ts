/**
 * EnerLink's first firmware: `…/data` and `…/status`. Settled are the registers that it never resets, `total_energy`;
 * its `settlement_energy` loses and doubles energy with every reset.
 */
import type { Json } from "@enerlink/protocol/wire/strict-json";
import type { BindingOf } from "./bindings.ts";
import { FieldError, IdentityError } from "./fault.ts";
import { at, deviceJson, partsAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Liveness, Readout, Receipt } from "./observation.ts";
import { deviceSeconds } from "./time.ts";

type Binding = BindingOf<"enerlink-1">;

const fields = {
  import: [["data", "import", "total_energy"]],
  export: [["data", "export", "total_energy"]],
} as const;

export const topics = ({ topic }: Binding) => [`${topic}/data`, `${topic}/status`];

/** The payload alone would tell its devices apart. */
export const reads = () => undefined;

export function adapt(
  topic: string,
  payload: Uint8Array,
  binding: Binding,
  receipt: Receipt,
): (Readout | Liveness)[] {
  const json = deviceJson(payload);
  if (at(json, ["meterId"]) === undefined) throw new IdentityError("meterId", "is missing");
  checkDevice(json, ["meterId"], binding.device);
  if (topic.endsWith("/status")) {
    const uptime = at(json, ["data", "system", "uptime"]);
    return [{ kind: "liveness", state: "online", ...(isCount(uptime) ? { uptime: Number(uptime) } : {}) }];
  }
  const unit = at(json, ["units", "energy"]) ?? "Wh";
  if (unit !== "Wh" && unit !== "kWh") throw new FieldError("units.energy", "must be Wh or kWh");
  const parts = partsAt(json, fields, { unit });
  if (!parts) return [];
  const time = () => deviceSeconds(at(json, ["datetime"]), binding.offset, receipt.at, "datetime");
  return [{ kind: "readout", ...parts, timestamp: binding.clock === "receipt" ? undefined : time() }];
}

const isCount = (value: Json | undefined) => typeof value === "bigint" && value >= 0n && value < 2n ** 53n;
