/** Every format that devices speak which do not sign. An adapter is pure: topic, bytes and binding in, registers out. */
import { MessageError } from "../meters/message.ts";
import type { Binding, BindingOf, Format } from "./bindings.ts";
import * as enerlink1 from "./enerlink-1.ts";
import { IdentityError } from "./identity.ts";
import type { Adapted, Observation } from "./observation.ts";
import * as shelly from "./shelly.ts";
import * as sparkplug from "./sparkplug.ts";
import * as tasmota from "./tasmota.ts";
import * as zigbee2mqtt from "./zigbee2mqtt.ts";

type Adapter<Name extends Format> = {
  /** The topics that the device publishes on. */
  topics: (binding: BindingOf<Name>) => string[];
  /** @throws MessageError, IdentityError */
  adapt: (topic: string, payload: Uint8Array, binding: BindingOf<Name>) => Observation[];
};

const adapters: { [Name in Format]: Adapter<Name> } = {
  "enerlink-1": enerlink1,
  tasmota,
  shelly,
  zigbee2mqtt,
  sparkplug,
};

const adapterOf = (binding: Binding) => adapters[binding.format] as Adapter<Format>;

/** The topics of a binding's device. */
export const topicsOf = (binding: Binding): string[] => adapterOf(binding).topics(binding);

/** What a device's message says; a refusal names the field. Never throws. */
export function adapt(topic: string, payload: Uint8Array, binding: Binding): Adapted {
  try {
    return { observations: adapterOf(binding).adapt(topic, payload, binding) };
  } catch (error) {
    if (error instanceof MessageError) return { fault: error.fault, detail: error.message };
    if (error instanceof IdentityError) return { fault: "wrong-serial", detail: error.message };
    throw error;
  }
}
