/**
 * Where every message goes: a meter's own topics by their kind, those of devices that do not sign through their adapter.
 * A group of messages is stored in one database transaction.
 */
import { adapt } from "../adapters/adapters.ts";
import type { Bindings } from "../adapters/bindings.ts";
import type { Mirror } from "../chain/mirror.ts";
import { parseAck } from "../commands/command.ts";
import type { Commands } from "../commands/commands.ts";
import type { Metrics } from "../metrics.ts";
import { type Message, nativeTopic } from "../mqtt/client.ts";
import type { Settler } from "../settlement/settler.ts";
import type { Database } from "../store/database.ts";
import type { Intake } from "./intake.ts";
import { MessageError } from "./message.ts";
import { type Presence, parseStatus, parseTelemetry } from "./presence.ts";

export function makeInbox({
  database,
  bindings,
  mirror,
  intake,
  presence,
  commands,
  settler,
  metrics,
}: {
  database: Database;
  bindings: Bindings;
  mirror: Pick<Mirror, "meter">;
  intake: Intake;
  presence: Presence;
  commands: Pick<Commands, "acknowledged">;
  settler: Pick<Settler, "windowClosed">;
  metrics: Metrics;
}) {
  /** Whose windows the group closed. */
  let closed: string[] = [];

  function accepted(serial: string, taken: { closed: boolean } | undefined): void {
    if (!taken) return;
    presence.heard(serial);
    if (taken.closed) closed.push(serial);
  }

  function native(message: Message, serial: string, kind: string): void {
    const { topic, payload } = message;
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

  function foreign(message: Message): void {
    const { topic, payload, retained } = message;
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
      } else accepted(serial, intake.unsigned(message, serial, observation));
    }
  }

  /** @returns what is left to do with a message inside the transaction: signatures are checked before it begins. */
  async function open(message: Message): Promise<() => void> {
    const own = nativeTopic(message.topic);
    if (!own) return () => foreign(message);
    const { serial, kind } = own;
    if (kind !== "reading") return () => native(message, serial, kind);
    const opened = await intake.open(message);
    return () => accepted(serial, intake.reading(message, serial, opened));
  }

  const store = database.transaction((steps: (() => void)[]) => {
    for (const step of steps) step();
  });

  /** Takes a group in, in order. Resolves when it is on disk; rejects when the store fails. */
  return async (group: Message[]): Promise<void> => {
    store(await Promise.all(group.map(open)));
    const serials = closed;
    closed = [];
    for (const serial of serials) settler.windowClosed(serial);
  };
}
