/**
 * Tasmota: `…/SENSOR` every few minutes, `…/LWT`. Meters read by its smart-meter script (SML, OBIS) report on the same
 * topic under names that the user chose, hence the map. Its time is local and without a zone.
 */
import { messageText } from "../meters/message.ts";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, registersAt } from "./fields.ts";
import type { Observation } from "./observation.ts";
import { isoSeconds } from "./time.ts";

type Binding = BindingOf<"tasmota">;

export const topics = ({ topic }: Binding) => [`${topic}/SENSOR`, `${topic}/LWT`];

export function adapt(topic: string, payload: Uint8Array, binding: Binding): Observation[] {
  if (topic.endsWith("/LWT")) {
    const text = messageText(payload);
    if (text !== "Online" && text !== "Offline") return [];
    return [{ kind: "liveness", state: text === "Online" ? "online" : "offline" }];
  }
  const json = deviceJson(payload);
  const registers = registersAt(json, binding.fields, binding.unit, binding.arrays);
  if (!registers) return [];
  return [
    { kind: "registers", ...registers, timestamp: isoSeconds(at(json, ["Time"]), binding.offset, "Time") },
  ];
}
