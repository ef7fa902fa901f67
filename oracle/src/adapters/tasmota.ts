/**
 * Tasmota: `…/SENSOR` every few minutes, `…/LWT`. Meters read by its smart-meter script (SML, OBIS) report on the same
 * topic under names that the user chose, hence the map. Its time is local and without a zone.
 */
import { messageText } from "@enerlink/protocol/wire/message";
import type { Json } from "@enerlink/protocol/wire/strict-json";
import type { BindingOf } from "./bindings.ts";
import { at, deviceJson, type Fields, nameOf, type Path, partsAt, wattsAt } from "./fields.ts";
import type { Liveness, Readout, Receipt } from "./observation.ts";
import { deviceSeconds } from "./time.ts";

type Binding = BindingOf<"tasmota">;

/** Whether the device has ever shown a register of the import alone: a message without it does not tell the import. */
export type TasmotaMemory = { hasImport: boolean };
export const newMemory = (): TasmotaMemory => ({ hasImport: false });

const EXPORT = ["ENERGY", "ExportActive"];
const PLUG: Fields = { import: [["ENERGY", "Total"]], export: [EXPORT] };
/** A meter that has this one counts what goes out in `Total` as well. */
const BOTH_WAYS: Fields = { import: [["ENERGY", "ImportActive"]], export: [EXPORT] };

export const topics = ({ topic }: Binding) => [`${topic}/SENSOR`, `${topic}/LWT`];

/** One reader of several meters speaks for each of them. */
export const reads = ({ fields }: Binding) =>
  (fields ? [fields] : [PLUG, BOTH_WAYS]).flatMap((map) =>
    [...map.import, ...(map.export ?? [])].map(nameOf),
  );

export function adapt(
  topic: string,
  payload: Uint8Array,
  binding: Binding,
  receipt: Receipt,
  memory: TasmotaMemory,
): (Readout | Liveness)[] {
  if (topic.endsWith("/LWT")) {
    const text = messageText(payload);
    if (text !== "Online" && text !== "Offline") return [];
    return [{ kind: "liveness", state: text === "Online" ? "online" : "offline" }];
  }
  const json = deviceJson(payload);
  const { unit, arrays, byException, offset, clock } = binding;
  const parts = partsAt(
    json,
    binding.fields ?? usual(json, memory, receipt),
    { unit, arrays },
    { byException },
  );
  if (!parts) return [];
  const time = () => deviceSeconds(at(json, ["Time"]), offset, receipt.at, "Time");
  return [
    {
      kind: "readout",
      ...parts,
      timestamp: clock === "receipt" ? undefined : time(),
      watts: wattsAt(json, binding.power ?? powerBeside(binding.fields ?? PLUG), binding.powerUnit),
    },
  ];
}

/** Where the driver shows the power of what it counts: of a channel at the same place. */
function powerBeside({ import: [path, ...more] }: Fields): Path | undefined {
  const [driver, , ...place] = path ?? [];
  return driver === "ENERGY" && more.length === 0 ? [driver, "Power", ...place] : undefined;
}

function usual(json: Json, memory: TasmotaMemory, { retained }: Receipt): Fields {
  const isThere = at(json, BOTH_WAYS.import[0]!) !== undefined;
  if (isThere && !retained) memory.hasImport = true;
  return isThere || memory.hasImport ? BOTH_WAYS : PLUG;
}
