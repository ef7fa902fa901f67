/**
 * One number a topic, as bridges and firmware of many makes send them (Deye, OpenDTU, ESPHome, DSMR-reader, Shelly's first
 * generation, evcc, Home Assistant): the binding says which topics add up to a register.
 */
import { messageText } from "@enerlink/protocol/wire/message";
import type { BindingOf } from "./bindings.ts";
import { energyPart } from "./decimal.ts";
import type { Liveness, Readout, Receipt } from "./observation.ts";

type Binding = BindingOf<"values">;

/** Whether what is sent counts, by the topic that says so. */
export type ValuesMemory = { isValid: boolean };
export const newMemory = (): ValuesMemory => ({ isValid: true });

/** What is sent where there is no number for now. */
const NOTHING = /^(?:unknown|unavailable|none|null)$/i;
const YES = /^(?:online|true|on|1)$/i;
const NO = /^(?:offline|false|off|0)$/i;

const sourcesOf = ({ registers }: Binding) => [...registers.import, ...(registers.export ?? [])];

export const topics = (binding: Binding) => [
  ...reads(binding),
  ...[binding.availability, binding.valid].flatMap((topic) => topic ?? []),
];

/** One bridge may say of several meters whether it is there. */
export const reads = (binding: Binding) => sourcesOf(binding).map(({ topic }) => topic);

export const gathers = true;

export function adapt(
  topic: string,
  payload: Uint8Array,
  binding: Binding,
  _receipt: Receipt,
  memory: ValuesMemory,
): (Readout | Liveness)[] {
  const text = messageText(payload).trim();
  if (topic === binding.valid) memory.isValid = !NO.test(text);
  if (topic === binding.availability) {
    if (YES.test(text)) return [{ kind: "liveness", state: "online" }];
    return NO.test(text) ? [{ kind: "liveness", state: "offline" }] : [];
  }
  if (topic === binding.valid || !memory.isValid || NOTHING.test(text)) return [];
  const { registers } = binding;
  const part = (source: (typeof registers.import)[number]) =>
    source.topic === topic ? energyPart(text, source, topic) : undefined;
  const parts = { import: registers.import.map(part), export: (registers.export ?? []).map(part) };
  return [{ kind: "readout", ...parts, timestamp: undefined }];
}
