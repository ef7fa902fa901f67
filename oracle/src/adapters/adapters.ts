/** Every format that devices speak which do not sign. An adapter does nothing but read: bytes and binding in, registers out. */
import { MessageError } from "@enerlink/protocol/wire/message";
import type { Binding, BindingOf, Format } from "./bindings.ts";
import { wholeWh } from "./decimal.ts";
import * as enerlink1 from "./enerlink-1.ts";
import { IdentityError } from "./identity.ts";
import type { Adapted, Liveness, ObservedRegisters, Part, Readout, Receipt, Request } from "./observation.ts";
import * as shelly from "./shelly.ts";
import * as sparkplug from "./sparkplug.ts";
import * as tasmota from "./tasmota.ts";
import * as zigbee2mqtt from "./zigbee2mqtt.ts";

type Adapter<Name extends Format> = {
  /** The topics that the device publishes on. */
  topics: (binding: BindingOf<Name>) => string[];
  /** What it takes from messages on a topic that may speak for other meters too; undefined where none may. */
  reads: (binding: BindingOf<Name>) => string[] | undefined;
  /** @throws MessageError, IdentityError */
  adapt: (
    topic: string,
    payload: Uint8Array,
    binding: BindingOf<Name>,
    receipt: Receipt,
    memory: sparkplug.SparkplugMemory,
  ) => (Readout | Liveness | Request)[];
};

const adapters: { [Name in Format]: Adapter<Name> } = {
  "enerlink-1": enerlink1,
  tasmota,
  shelly,
  zigbee2mqtt,
  sparkplug,
};

const adapterOf = (binding: Binding) => adapters[binding.format] as Adapter<Format>;

export type Device = ReturnType<typeof makeDevice>;

/** A device that is bound, with what has to be remembered of its messages. */
export function makeDevice(binding: Binding) {
  const adapter = adapterOf(binding);
  const memory = sparkplug.newMemory();
  const parts: { import: Part[]; export: Part[] } = { import: [], export: [] };

  /** The register that is the sum of `found` and of what was sent earlier; of one part only, as it was sent. */
  function register(name: "import" | "export", found: Part[], { retained }: Receipt) {
    if (found.length === 1) return found[0] === null ? null : found[0] && wholeWh([found[0]]);
    const known = found.map((part, place) => part ?? parts[name][place]);
    if (!retained) parts[name] = known;
    return known.every((part) => typeof part === "bigint") ? wholeWh(known) : undefined;
  }

  function observed(readout: Readout, receipt: Receipt): ObservedRegisters {
    const { timestamp, watts } = readout;
    return {
      kind: "registers",
      exportWh: register("export", readout.export, receipt),
      importWh: register("import", readout.import, receipt),
      timestamp,
      watts,
    };
  }

  return {
    binding,
    topics: adapter.topics(binding),
    reads: adapter.reads(binding),
    /** What a message of the device says; a refusal names the field. Never throws. */
    adapt: (topic: string, payload: Uint8Array, receipt: Receipt): Adapted => {
      // What clears a message that the broker keeps.
      if (payload.length === 0 && binding.format !== "sparkplug") return { observations: [] };
      try {
        const said = adapter.adapt(topic, payload, binding, receipt, memory);
        return { observations: said.map((one) => (one.kind === "readout" ? observed(one, receipt) : one)) };
      } catch (error) {
        if (error instanceof MessageError) return { fault: error.fault, detail: error.message };
        if (error instanceof IdentityError) return { fault: "wrong-serial", detail: error.message };
        throw error;
      }
    },
  };
}
