/**
 * Shelly, second generation and later: whole component states on `…/status/<component>`, changes on `…/events/rpc`, the
 * last will on `…/online`. Registers are in Wh; its clock is UTC.
 */
import { messageText } from "@enerlink/protocol/wire/message";
import type { Json } from "@enerlink/protocol/wire/strict-json";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, type Fields, partsAt, wattsAt } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Liveness, Readout } from "./observation.ts";
import { unixSeconds } from "./time.ts";

type Binding = BindingOf<"shelly">;

const plug = { import: [["aenergy", "total"]], export: [["ret_aenergy", "total"]] };
/** Where the registers are in each kind of component. */
const registers: Record<string, Fields> = {
  emdata: { import: [["total_act"]], export: [["total_act_ret"]] },
  em1data: { import: [["total_act_energy"]], export: [["total_act_ret_energy"]] },
  switch: plug,
  pm1: plug,
  cover: plug,
  light: plug,
};

export const topics = ({ topic, component }: Binding) => [
  `${topic}/status/${component}`,
  `${topic}/events/rpc`,
  `${topic}/online`,
];

/** A device of several clamps speaks for a meter each. */
export const reads = ({ component }: Binding) => [component];

export function adapt(topic: string, payload: Uint8Array, binding: Binding): (Readout | Liveness)[] {
  if (topic.endsWith("/online")) {
    const text = messageText(payload);
    if (text !== "true" && text !== "false") return [];
    return [{ kind: "liveness", state: text === "true" ? "online" : "offline" }];
  }
  const json = deviceJson(payload);
  if (!topic.endsWith("/events/rpc")) return readout(json, binding, undefined);
  checkDevice(json, ["src"], binding.device);
  const method = at(json, ["method"]);
  if (method !== "NotifyStatus" && method !== "NotifyFullStatus") return [];
  const component = at(json, ["params", binding.component]);
  if (component === undefined) return [];
  const ts = binding.clock === "device" ? at(json, ["params", "ts"]) : null;
  const timestamp = ts === undefined || ts === null ? undefined : unixSeconds(ts, 0, "params.ts");
  return readout(component, binding, timestamp, method === "NotifyStatus");
}

/** `byException`: it carries what has changed. */
function readout(
  component: Json,
  { component: name, exports }: Binding,
  timestamp: number | undefined,
  byException = false,
): Readout[] {
  const fields = registers[name.split(":")[0]!]!;
  const used = exports ? fields : { ...fields, export: null };
  const parts = partsAt(component, used, { unit: "Wh" }, { byException });
  return parts ? [{ kind: "readout", ...parts, timestamp, watts: wattsAt(component, ["apower"]) }] : [];
}
