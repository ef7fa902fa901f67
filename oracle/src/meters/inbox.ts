/**
 * Where every message goes: a meter's own topics by their kind, those of devices that do not sign through their adapter.
 * A group of messages is stored in one database transaction.
 */
import { SqliteError } from "better-sqlite3";
import { adapt } from "../adapters/adapters.ts";
import type { Bindings } from "../adapters/bindings.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import { parseAck } from "../commands/command.ts";
import type { Commands } from "../commands/commands.ts";
import { messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type Message, nativeTopic } from "../mqtt/client.ts";
import type { Settler } from "../settlement/settler.ts";
import type { Database } from "../store/database.ts";
import type { Holds } from "./holds.ts";
import type { Intake } from "./intake.ts";
import { MessageError } from "./message.ts";
import type { Power } from "./power.ts";
import { type Presence, parseStatus, parseTelemetry } from "./presence.ts";

export function makeInbox({
  database,
  bindings,
  mirror,
  intake,
  presence,
  holds,
  power,
  commands,
  settler,
  metrics,
}: {
  database: Database;
  bindings: Bindings;
  mirror: Pick<Mirror, "meter">;
  intake: Intake;
  presence: Presence;
  holds: Pick<Holds, "of" | "place" | "release">;
  power: Pick<Power, "add">;
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

  /** What the device reports of its case and its wiring holds it as long as it reports it. */
  function heldForTampering({ serial, epoch }: Meter, tamper: string[]): void {
    if (tamper.length > 0)
      holds.place(serial, { epoch, reason: "tamper", detail: tamper.join(", "), since: Date.now() });
    else if (holds.of(serial, epoch)?.reason === "tamper") holds.release(serial);
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
        const status = parseStatus(payload);
        presence.status(serial, status);
        heldForTampering(mirror.meter(serial)!, status.tamper);
      } else {
        const telemetry = parseTelemetry(payload);
        if (telemetry.serial === serial) {
          presence.telemetry(serial, telemetry);
          power.add(serial, telemetry);
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
        presence.status(serial, { state, uptime, bootId: "", firmware: "", tamper: [] });
      } else accepted(serial, intake.unsigned(message, serial, observation, binding.rollover));
    }
  }

  type Step = { message: Message; run: () => void };

  /** What is left to do with a message inside the transaction: signatures are checked before it begins. */
  async function open(message: Message): Promise<Step> {
    const own = nativeTopic(message.topic);
    if (!own) return { message, run: () => foreign(message) };
    const { serial, kind } = own;
    if (kind !== "reading") return { message, run: () => native(message, serial, kind) };
    const opened = await intake.open(message);
    return { message, run: () => accepted(serial, intake.reading(message, serial, opened)) };
  }

  const all = database.transaction((run: () => void) => run());

  const store = database.transaction((steps: Step[]) => {
    for (const { message, run } of steps) {
      try {
        all(run);
      } catch (error) {
        if (error instanceof SqliteError) throw error;
        // One message must not keep all the others out for ever, whatever it has found in this program.
        intake.reject(message.topic, "(unexpected)", message.payload, "unexpected", messageOf(error));
      }
    }
  });

  /** Takes a group in, in order. Resolves when it is on disk; rejects when the store fails. */
  return async (group: Message[]): Promise<void> => {
    store(await Promise.all(group.map(open)));
    const serials = closed;
    closed = [];
    for (const serial of serials) settler.windowClosed(serial);
  };
}
