/**
 * Shelly, second generation and later: whole component states on `…/status/<component>`, changes on `…/events/rpc`, the
 * last will on `…/online`. Registers are in Wh; its clock is UTC.
 */
import { messageText } from "../meters/message.ts";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, type Fields, registersAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Observation } from "./observation.ts";
import { unixSeconds } from "./time.ts";

type Binding = BindingOf<"shelly">;

/** Where the registers are in each kind of component. */
const registers: Record<string, Fields> = {
  emdata: { import: ["total_act"], export: ["total_act_ret"] },
  em1data: { import: ["total_act_energy"], export: ["total_act_ret_energy"] },
  switch: { import: ["aenergy", "total"], export: ["ret_aenergy", "total"] },
};

export const topics = ({ topic, component }: Binding) => [
  `${topic}/status/${component}`,
  `${topic}/events/rpc`,
  `${topic}/online`,
];

export function adapt(topic: string, payload: Uint8Array, binding: Binding): Observation[] {
  if (topic.endsWith("/online")) {
    const text = messageText(payload);
    if (text !== "true" && text !== "false") return [];
    return [{ kind: "liveness", state: text === "true" ? "online" : "offline" }];
  }
  const json = deviceJson(payload);
  const fields = registers[binding.component.split(":")[0]!]!;
  const used = binding.exports ? fields : { ...fields, export: null };
  if (!topic.endsWith("/events/rpc")) {
    const found = registersAt(json, used, "Wh");
    return found ? [{ kind: "registers", ...found, timestamp: undefined }] : [];
  }
  checkDevice(at(json, ["src"]), binding.device, "src");
  const method = at(json, ["method"]);
  if (method !== "NotifyStatus" && method !== "NotifyFullStatus") return [];
  const found = registersAt(at(json, ["params", binding.component]) ?? null, used, "Wh");
  if (!found) return [];
  const ts = at(json, ["params", "ts"]);
  return [
    {
      kind: "registers",
      ...found,
      timestamp: ts === undefined ? undefined : unixSeconds(ts, 0, "params.ts"),
    },
  ];
}
