/** amsreader: a meter's customer port (HAN, DLMS) on `…/energy`, `tPI` and `tPO` being OBIS 1.8.0 and 2.8.0 in kWh. */
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, partsAt } from "./fields.ts";
import type { Readout, Receipt } from "./observation.ts";
import { deviceSeconds } from "./time.ts";

type Binding = BindingOf<"amsreader">;

const fields = { import: [["tPI"]], export: [["tPO"]] } as const;

export const topics = ({ topic }: Binding) => [`${topic}/energy`];

/** A reader has one meter. */
export const reads = () => undefined;

export function adapt(
  _topic: string,
  payload: Uint8Array,
  { offset, clock }: Binding,
  receipt: Receipt,
): Readout[] {
  const json = deviceJson(payload);
  const parts = partsAt(json, fields, { unit: "kWh" });
  if (!parts) return [];
  // The meter's own time, or the reader's.
  const field = at(json, ["rtc"]) ? "rtc" : "t";
  const time = () => deviceSeconds(at(json, [field]), offset, receipt.at, field);
  return [{ kind: "readout", ...parts, timestamp: clock === "receipt" ? undefined : time() }];
}
