/** Zigbee2MQTT: one topic a device, named by a friendly name that people change; `device` pins the hardware address. */
import { messageText } from "@enerlink/protocol/wire/message";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, nameOf, partsAt, wattsAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Liveness, Readout } from "./observation.ts";

type Binding = BindingOf<"zigbee2mqtt">;

export const topics = ({ topic }: Binding) => [topic, `${topic}/availability`];

/** A device of several channels speaks for a meter each. */
export const reads = ({ fields }: Binding) => [...fields.import, ...(fields.export ?? [])].map(nameOf);

export function adapt(topic: string, payload: Uint8Array, binding: Binding): (Readout | Liveness)[] {
  if (topic.endsWith("/availability")) {
    const text = messageText(payload);
    const state = text.startsWith("{") ? at(deviceJson(payload), ["state"]) : text;
    return state === "online" || state === "offline" ? [{ kind: "liveness", state }] : [];
  }
  const json = deviceJson(payload);
  checkDevice(json, ["device", "ieeeAddr"], binding.device);
  const { fields, unit, byException, power, powerUnit } = binding;
  const parts = partsAt(json, fields, { unit }, { byException });
  // `last_seen` is optional and in one of several forms: the time of receipt is surer.
  return parts
    ? [{ kind: "readout", ...parts, timestamp: undefined, watts: wattsAt(json, power, powerUnit) }]
    : [];
}
