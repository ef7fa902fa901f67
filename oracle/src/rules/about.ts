/** What a refusal is about, for programs beside its words: the field of the message, the settings of the binding. */

/** Options of a binding in METER_BINDINGS that may be what is wrong. */
export const settings = [
  "arrays",
  "byException",
  "clock",
  "device",
  "exports",
  "fields",
  "key",
  "offset",
  "power",
  "powerUnit",
  "registers",
  "unit",
] as const;
export type Setting = (typeof settings)[number];

/** `field` as the message has it, levels joined by dots; left out where it is none of the message's. */
export type About = { field?: string | undefined; settings?: readonly Setting[] | undefined };
