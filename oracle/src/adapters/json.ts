/**
 * JSON of any make on one topic, by a map: registers, the factor that their numbers come in, the time and the device's
 * name, and what stands in the last will where it comes on the same topic (Grott, OpenInverterGateway, SunGather).
 */
import type { Json } from "@enerlink/protocol/wire/strict-json";
import type { BindingOf } from "./bindings.ts";
import { numberText } from "./decimal.ts";
import { at, deviceJson, nameOf, partsAt, wattsAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Liveness, Readout, Receipt } from "./observation.ts";
import { deviceSeconds } from "./time.ts";

type Binding = BindingOf<"json">;

export const topics = ({ topic }: Binding) => [topic];

/** A message may speak for several meters. */
export const reads = ({ fields }: Binding) => [...fields.import, ...(fields.export ?? [])].map(nameOf);

/** Whether a value is the word or the number that is meant; -1.0 is -1. */
function isSaid(value: Json | undefined, meant: string): boolean {
  const text = numberText(value);
  return text === meant || (text !== undefined && /\d/.test(text) && Number(text) === Number(meant));
}

export function adapt(
  _topic: string,
  payload: Uint8Array,
  binding: Binding,
  receipt: Receipt,
): (Readout | Liveness)[] {
  const json = deviceJson(payload);
  const { fields, unit, scale, arrays, byException, power, powerUnit, time, offset, device, offline } =
    binding;
  if (device) checkDevice(json, device.at, device.is);
  if (offline && isSaid(at(json, offline.at), offline.is)) return [{ kind: "liveness", state: "offline" }];
  const parts = partsAt(json, fields, { unit, scale, arrays }, { byException });
  if (!parts) return [];
  const timestamp = time && deviceSeconds(at(json, time), offset, receipt.at, nameOf(time));
  return [{ kind: "readout", ...parts, timestamp, watts: wattsAt(json, power, powerUnit) }];
}
