/**
 * Victron's Venus OS: one register a topic, `{"value": 16555.66}`, in kWh, below `N/<portal>/<service>/<instance>`. An empty
 * message says that the device has left. Nothing is sent unless somebody asks for it once a minute.
 */
import type { BindingOf } from "./bindings.ts";
import { energyPart } from "./decimal.ts";
import { FieldError } from "./fault.ts";
import { at, deviceJson } from "./fields.ts";
import type { Liveness, Readout, Request } from "./observation.ts";

type Binding = BindingOf<"victron">;

export const topics = ({ topic, fields }: Binding) =>
  [...fields.import, ...(fields.export ?? [])].map((name) => `${topic}/${name}`);

/** A device may speak for several meters. */
export const reads = topics;

export const gathers = true;
export const speaksBlank = () => true;

/** For all that the portal has; a bridge may have put something before its topics. */
export const keepAlive = ({ topic }: Binding): Request => ({
  kind: "request",
  topic: topic.replace(/(^|\/)N\/([^/]+)\/[^/]+\/\d+$/, "$1R/$2/keepalive"),
  payload: new Uint8Array(),
});

export function adapt(topic: string, payload: Uint8Array, binding: Binding): (Readout | Liveness)[] {
  if (payload.length === 0) return [{ kind: "liveness", state: "offline" }];
  const value = at(deviceJson(payload), ["value"]);
  if (value === null) return [];
  const name = topic.slice(binding.topic.length + 1);
  if (value === undefined) throw new FieldError(name, "value: is missing");
  const { fields } = binding;
  const part = (one: string) => (one === name ? energyPart(value, { unit: "kWh" }, name) : undefined);
  const parts = { import: fields.import.map(part), export: (fields.export ?? []).map(part) };
  return [{ kind: "readout", ...parts, timestamp: undefined }];
}
