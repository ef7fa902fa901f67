/** Every format that devices speak which do not sign as meters do. An adapter does nothing but read: bytes and binding in, registers out. */
import { MessageError } from "@enerlink/protocol/wire/message";
import * as amsreader from "./amsreader.ts";
import { aboutOf, type Binding, type BindingOf, type Format } from "./bindings.ts";
import * as enerlink1 from "./enerlink-1.ts";
import { FieldError, IdentityError, SignatureError } from "./fault.ts";
import * as json from "./json.ts";
import type { Adapted, Liveness, Observation, Readout, Receipt, Request } from "./observation.ts";
import * as ocmf from "./ocmf.ts";
import { makeRegisters } from "./registers.ts";
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
function isEmpty(payload: Uint8Array, format: Format): boolean {
  if (payload.length === 0) return true;
  return format !== "sparkplug" && payload.length <= 16 && /^[\0\s]*$/.test(utf8.decode(payload));
}
/** Leaves a byte order mark out. */
const utf8 = new TextDecoder();

/** @throws `error` itself when it is not about the message. */
function faultOf(error: unknown, { format }: Binding): Adapted {
  const about =
    error instanceof FieldError || error instanceof IdentityError || error instanceof SignatureError
      ? { about: aboutOf(format, error.about) }
      : {};
  if (error instanceof MessageError) return { fault: error.fault, detail: error.message, ...about };
  if (error instanceof IdentityError) return { fault: "wrong-serial", detail: error.message, ...about };
  if (error instanceof SignatureError) return { fault: "wrong-signature", detail: error.message, ...about };
  throw error;
}

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
  const registers = makeRegisters(adapter);
  const topics = adapter.topics(binding);
  const unheard = new Set(adapter.gathers ? adapter.reads(binding) : topics);

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
      if (isEmpty(payload, binding.format) && !adapter.speaksBlank?.(topic)) return { observations: [] };
      // Where one message says all of it, any of its topics shows that the device is bound where it speaks.
      if (!receipt.retained) adapter.gathers ? unheard.delete(topic) : unheard.clear();
      try {
        const said = adapter.adapt(topic, payload, binding, receipt, memory);
        return {
          observations: said.flatMap((one): Observation[] =>
            one.kind === "readout" ? registers.observed(one, receipt) : [one],
          ),
        };
      } catch (error) {
        return faultOf(error, binding);
      }
    },
  };
}
