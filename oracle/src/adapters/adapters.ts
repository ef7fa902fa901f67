/** Every format that devices speak which do not sign as meters do. An adapter does nothing but read: bytes and binding in, registers out. */
import { MessageError } from "@enerlink/protocol/wire/message";
import * as amsreader from "./amsreader.ts";
import type { Binding, BindingOf, Format } from "./bindings.ts";
import { wholeWh } from "./decimal.ts";
import * as enerlink1 from "./enerlink-1.ts";
import { IdentityError, SignatureError } from "./identity.ts";
import * as json from "./json.ts";
import type {
  Adapted,
  Liveness,
  Observation,
  ObservedRegisters,
  Part,
  Readout,
  Receipt,
  Request,
} from "./observation.ts";
import * as ocmf from "./ocmf.ts";
import * as shelly from "./shelly.ts";
import * as sparkplug from "./sparkplug.ts";
import * as tasmota from "./tasmota.ts";
import * as values from "./values.ts";
import * as victron from "./victron.ts";
import * as zigbee2mqtt from "./zigbee2mqtt.ts";

/** What has to be remembered of a device's messages, beside the parts of its registers. */
type Memory = sparkplug.SparkplugMemory & values.ValuesMemory & ocmf.OcmfMemory & tasmota.TasmotaMemory;

type Adapter<Name extends Format> = {
  /** The topics that the device publishes on. */
  topics: (binding: BindingOf<Name>) => string[];
  /** What it takes from messages on a topic that may speak for other meters too; undefined where none may. */
  reads: (binding: BindingOf<Name>) => string[] | undefined;
  /** @throws MessageError, IdentityError, SignatureError */
  adapt: (
    topic: string,
    payload: Uint8Array,
    binding: BindingOf<Name>,
    receipt: Receipt,
    memory: Memory,
  ) => (Readout | Liveness | Request)[];
  /** Whether each message brings a part of the registers only: the others are as they were heard last. */
  gathers?: boolean;
  /** Whether each message has a signature that must be checked, which takes time. */
  signs?: boolean;
  /** What the device falls silent without. */
  keepAlive?: (binding: BindingOf<Name>) => Request;
  /** Whether an empty message on the topic says something; else it clears what the broker keeps. */
  speaksBlank?: (topic: string) => boolean;
};

const adapters: { [Name in Format]: Adapter<Name> } = {
  "enerlink-1": enerlink1,
  tasmota,
  shelly,
  zigbee2mqtt,
  sparkplug,
  values,
  json,
  victron,
  amsreader,
  ocmf,
};

export const formats = Object.keys(adapters) as Format[];

/** Empty, but for what devices put before and after a text. */
function isBlank(payload: Uint8Array, format: Format): boolean {
  if (payload.length === 0) return true;
  return format !== "sparkplug" && payload.length <= 16 && /^[\0\s]*$/.test(utf8.decode(payload));
}
/** Leaves a byte order mark out. */
const utf8 = new TextDecoder();

const adapterOf = (binding: Binding) => adapters[binding.format] as Adapter<Format>;

export type Device = ReturnType<typeof makeDevice>;

/** A device that is bound, with what has to be remembered of its messages. */
export function makeDevice(binding: Binding) {
  const adapter = adapterOf(binding);
  const memory: Memory = {
    ...sparkplug.newMemory(),
    ...values.newMemory(),
    ...ocmf.newMemory(),
    ...tasmota.newMemory(),
  };
  const parts: { import: Part[]; export: Part[] } = { import: [], export: [] };
  /** When each part was heard last, unix seconds. */
  const times: { import: number[]; export: number[] } = { import: [], export: [] };
  const topics = adapter.topics(binding);
  const unheard = new Set(adapter.gathers ? adapter.reads(binding) : topics);

  /** The register that is the sum of `found` and of what was sent earlier; of one part only, as it was sent. */
  function register(name: "import" | "export", found: Part[], { retained }: Receipt): Part {
    const before = parts[name];
    const known = found.map((part, place) => part ?? (before[place] === undefined ? part : before[place]));
    if (!retained) parts[name] = known;
    const [only] = found;
    if (found.length === 1 && !adapter.gathers && typeof only !== "bigint")
      return only === undefined && before[0] === null ? null : only;
    if (known.some((part) => part === undefined)) return undefined;
    if (known.length > 0 && known.every((part) => part === null)) return adapter.gathers ? undefined : null;
    // A tariff or phase that has never counted is 0 beside one that has, as a register is.
    return wholeWh(known.map((part) => part ?? 0n));
  }

  /** When the oldest of the parts that `found` brings was heard before; null where it brings none. */
  function heardBefore(name: "import" | "export", found: Part[], { at, retained }: Receipt) {
    const brought = found.flatMap((part, place) => (typeof part === "bigint" ? [place] : []));
    const before = brought.map((place) => times[name][place]);
    if (!retained) for (const place of brought) times[name][place] = at;
    // A register that the device does not have is as it should be with every message.
    if (found.length === 0) return undefined;
    if (brought.length === 0) return null;
    return before.reduce((oldest, one) =>
      oldest === undefined || one === undefined ? undefined : Math.min(oldest, one),
    );
  }

  /** None of a message that only says that it has no registers yet, which is remembered. */
  function observed(readout: Readout, receipt: Receipt): ObservedRegisters[] {
    const { timestamp, watts } = readout;
    const exportWh = register("export", readout.export, receipt);
    const importWh = register("import", readout.import, receipt);
    const says = [...readout.export, ...readout.import].some((part) => typeof part === "bigint");
    if (!says) return [];
    const out = readout.counters?.export ?? readout.export.length;
    const into = readout.counters?.import ?? readout.import.length;
    const counters = out > 1 || into > 1 ? { exportWh: out, importWh: into } : undefined;
    const gathers = adapter.gathers ? { gathers: true } : {};
    const before = {
      exportWh: heardBefore("export", readout.export, receipt),
      importWh: heardBefore("import", readout.import, receipt),
    };
    const isWhole = !adapter.gathers && readout.export.length <= 1 && readout.import.length <= 1;
    const together = isWhole ? {} : { heardBefore: before };
    return [{ kind: "registers", exportWh, importWh, timestamp, watts, counters, ...together, ...gathers }];
  }

  return {
    binding,
    topics,
    reads: adapter.reads(binding),
    signs: adapter.signs ?? false,
    keepAlive: adapter.keepAlive?.(binding),
    /** What it has to be heard on before anything of it counts, and was not since the start; without it, why it is silent is a riddle. */
    unheard: (): readonly string[] => [...unheard],
    /** What a message of the device says; a refusal names the field. Never throws. */
    adapt: (topic: string, payload: Uint8Array, receipt: Receipt): Adapted => {
      if (isBlank(payload, binding.format) && !adapter.speaksBlank?.(topic)) return { observations: [] };
      // Where one message says all of it, any of its topics shows that the device is bound where it speaks.
      if (!receipt.retained) adapter.gathers ? unheard.delete(topic) : unheard.clear();
      try {
        const said = adapter.adapt(topic, payload, binding, receipt, memory);
        return {
          observations: said.flatMap((one): Observation[] =>
            one.kind === "readout" ? observed(one, receipt) : [one],
          ),
        };
      } catch (error) {
        if (error instanceof MessageError) return { fault: error.fault, detail: error.message };
        if (error instanceof IdentityError) return { fault: "wrong-serial", detail: error.message };
        if (error instanceof SignatureError) return { fault: "wrong-signature", detail: error.message };
        throw error;
      }
    },
  };
}
