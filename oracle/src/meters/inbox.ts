/** Where every message goes: a meter's own topics by their kind, those of devices that do not sign through their adapter. */
import { adapt } from "../adapters/adapters.ts";
import type { Bindings } from "../adapters/bindings.ts";
import type { Mirror } from "../chain/mirror.ts";
import { parseAck } from "../commands/command.ts";
import type { Commands } from "../commands/commands.ts";
import type { Metrics } from "../metrics.ts";
import { type Message, nativeTopic } from "../mqtt/client.ts";
import type { Settler } from "../settlement/settler.ts";
import type { Intake } from "./intake.ts";
import { MessageError } from "./message.ts";
import { type Presence, parseStatus, parseTelemetry } from "./presence.ts";

export function makeInbox({
  bindings,
  mirror,
  intake,
  presence,
  commands,
  settler,
  metrics,
}: {
  bindings: Bindings;
  mirror: Pick<Mirror, "meter">;
  intake: Intake;
  presence: Presence;
  commands: Pick<Commands, "acknowledged">;
  settler: Pick<Settler, "windowClosed">;
  metrics: Metrics;
}) {
  function native(message: Message, serial: string, kind: string): void {
    const { topic, payload } = message;
    if (kind === "reading") {
      const accepted = intake.reading(message, serial);
      if (!accepted) return;
      presence.heard(serial);
      if (accepted.closed) settler.windowClosed(serial);
      return;
    }
    if (!mirror.meter(serial)) {
      intake.reject(topic, serial, payload, "unknown-meter", "not in the registry");
      return;
    }
    try {
      if (kind === "ack") {
        commands.acknowledged(serial, parseAck(payload));
      } else if (kind === "status") {
        presence.status(serial, parseStatus(payload));
      } else {
        const telemetry = parseTelemetry(payload);
        if (telemetry.serial === serial) {
          presence.telemetry(serial, telemetry);
          return;
        }
        const detail = `serial: ${telemetry.serial} on the topic of ${serial}`;
        intake.reject(topic, serial, payload, "wrong-serial", detail);
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      intake.reject(topic, serial, payload, error.fault, `${kind}: ${error.message}`);
    }
  }

  /** Takes a message in; when this returns, what had to be kept is on disk. */
  return (message: Message): void => {
    const { topic, payload, retained } = message;
    const own = nativeTopic(topic);
    if (own) {
      native(message, own.serial, own.kind);
      return;
    }
    const binding = bindings.of(topic);
    // A subscription of an earlier start: the broker remembers it, the bindings do not.
    if (!binding) return;
    const { serial } = binding;
    if (!mirror.meter(serial)) {
      intake.reject(topic, serial, payload, "unknown-meter", "not in the registry");
      return;
    }
    const adapted = adapt(topic, payload, binding);
    if ("fault" in adapted) {
      intake.reject(topic, serial, payload, adapted.fault, adapted.detail);
      return;
    }
    if (adapted.observations.length === 0) metrics.readings.inc({ outcome: "empty" });
    for (const observation of adapted.observations) {
      if (observation.kind === "liveness") {
        const { state, uptime = 0 } = observation;
        if (state === "online" && !retained) presence.heard(serial);
        presence.status(serial, { state, uptime, bootId: "", firmware: "" });
        continue;
      }
      const accepted = intake.unsigned(message, serial, observation);
      if (!accepted) continue;
      presence.heard(serial);
      if (accepted.closed) settler.windowClosed(serial);
    }
  };
}
