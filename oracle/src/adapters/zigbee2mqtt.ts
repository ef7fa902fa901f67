/** Zigbee2MQTT: one topic a device, named by a friendly name that people change; `device` pins the hardware address. */
import { messageText } from "../meters/message.ts";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, registersAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Observation } from "./observation.ts";

type Binding = BindingOf<"zigbee2mqtt">;

export const topics = ({ topic }: Binding) => [topic, `${topic}/availability`];

export function adapt(topic: string, payload: Uint8Array, binding: Binding): Observation[] {
  if (topic.endsWith("/availability")) {
    const text = messageText(payload);
    const state = text.startsWith("{") ? at(deviceJson(payload), ["state"]) : text;
    return state === "online" || state === "offline" ? [{ kind: "liveness", state }] : [];
  }
  const json = deviceJson(payload);
  checkDevice(at(json, ["device", "ieeeAddr"]), binding.device, "device.ieeeAddr");
  const found = registersAt(json, binding.fields, binding.unit);
  // `last_seen` is optional and in one of several forms: the time of receipt is surer.
  return found ? [{ kind: "registers", ...found, timestamp: undefined }] : [];
}
