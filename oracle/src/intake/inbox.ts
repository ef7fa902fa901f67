/**
 * Where every message goes: a meter's own topics by their kind, those of devices that do not sign through their adapter.
 * A group of messages is stored in one database transaction.
 */

import { messageOf } from "@enerlink/service/log";
import { SqliteError } from "better-sqlite3";
import type { Device } from "../adapters/adapters.ts";
import type { Devices } from "../adapters/devices.ts";
import { IdentityError } from "../adapters/identity.ts";
import type { Request } from "../adapters/observation.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Commands } from "../commands/commands.ts";
import type { Holds } from "../meters/holds.ts";
import type { Power } from "../meters/power.ts";
import { type Presence, parseStatus, parseTelemetry } from "../meters/presence.ts";
import type { Metrics } from "../metrics.ts";
import { type Message, type MessageKind, nativeTopic } from "../mqtt/client.ts";
import { makeFloods } from "../rules/floods.ts";
import { validations } from "../rules/validation.ts";
import type { Database } from "../store/database.ts";
import { parseAck } from "../wire/command.ts";
import { MessageError } from "../wire/message.ts";
import type { Intake, Taken } from "./intake.ts";

/** What became of a message for a meter. */
export type Received = Taken & { serial: string };

export function makeInbox({
  database,
  devices,
  mirror,
  intake,
  presence,
  holds,
  power,
  commands,
  settler,
  ask = () => {},
  metrics,
  now = Date.now,
}: {
  database: Database;
  devices: Devices;
  mirror: Pick<Mirror, "meter">;
  intake: Intake;
  presence: Presence;
  holds: Pick<Holds, "of" | "place" | "release">;
  power: Pick<Power, "add">;
  commands: Pick<Commands, "acknowledged">;
  /** Told of each meter whose window was closed, once that is on disk. */
  settler: { windowClosed: (serial: string) => void };
  /** Sends a device what its messages cannot be understood without. */
  ask?: (request: Request) => void;
  metrics: Metrics;
  now?: () => number;
}) {
  /** Whose windows the group closed. */
  let closed: string[] = [];
  const floods = makeFloods({ now });

  /**
   * A message that is refused for what it is, whoever the meter is. Of a flood of them a few are kept, and the others only
   * counted. What counts is taken in however much else comes on its topic.
   */
  function refused(message: Message, serial: string, reject: () => Taken): Received {
    if (!message.retained) {
      if (floods.isFlooding(message.topic)) {
        metrics.rejects.inc({ reason: "flood" });
        return {
          outcome: "refused",
          reason: "flood",
          detail: validations.flood.checks,
          closed: false,
          serial,
        };
      }
      floods.refused(message.topic);
    }
    return noted(serial, reject(), message.retained);
  }

  /** Notes what became of a message. A device that talks is there, whether or not it makes sense; unless it is another. */
  function noted(serial: string, taken: Taken, retained: boolean): Received {
    const isOther = taken.outcome === "refused" && taken.reason === "wrong-serial";
    if (!retained && !isOther && mirror.meter(serial)) presence.heard(serial);
    if ("closed" in taken && taken.closed) closed.push(serial);
    return { ...taken, serial };
  }

  /** What the device reports of its case and its wiring holds it as long as it reports it. */
  function heldForTampering({ serial, epoch }: Meter, tamper: string[]): void {
    if (tamper.length > 0)
      holds.place(serial, { epoch, reason: "tamper", detail: tamper.join(", "), since: now() });
    else if (holds.of(serial, epoch)?.reason === "tamper") holds.release(serial);
  }

  function native(message: Message, serial: string, kind: MessageKind): Received[] {
    const { topic, payload } = message;
    const meter = mirror.meter(serial);
    if (!meter) return [unknown(message, serial)];
    // What clears a message that the broker keeps.
    if (payload.length === 0) return [empty(serial)];
    try {
      if (kind === "ack") {
        commands.acknowledged(serial, parseAck(payload));
      } else if (kind === "status") {
        const status = parseStatus(payload);
        presence.status(serial, status);
        heldForTampering(meter, status.tamper);
      } else {
        const telemetry = parseTelemetry(payload);
        if (telemetry.serial !== serial)
          throw new IdentityError(`serial: ${telemetry.serial} on the topic of ${serial}`);
        presence.telemetry(serial, telemetry);
        power.add(serial, telemetry);
      }
      return [{ outcome: "liveness", serial }];
    } catch (error) {
      const reason = error instanceof IdentityError ? "wrong-serial" : undefined;
      if (!reason && !(error instanceof MessageError)) throw error;
      const detail = `${kind}: ${messageOf(error)}`;
      const fault = reason ?? (error as MessageError).fault;
      return [refused(message, serial, () => intake.reject(topic, serial, payload, fault, detail))];
    }
  }

  function unknown({ topic, payload }: Message, serial: string): Received {
    return { ...intake.reject(topic, serial, payload, "unknown-meter", "not in the registry"), serial };
  }

  function empty(serial: string): Received {
    metrics.readings.inc({ outcome: "empty" });
    return { outcome: "empty", serial };
  }

  /** A subscription of an earlier start: the broker remembers it, the bindings do not. */
  const foreign = (message: Message): Received[] =>
    devices.of(message.topic).flatMap((device) => fromDevice(message, device));

  function fromDevice(message: Message, { binding, adapt }: Device): Received[] {
    const { topic, payload, retained } = message;
    const { serial } = binding;
    if (!mirror.meter(serial)) return [unknown(message, serial)];
    const adapted = adapt(topic, payload, { at: Math.floor(now() / 1_000), retained });
    if ("fault" in adapted) {
      const { fault, detail } = adapted;
      return [refused(message, serial, () => intake.reject(topic, serial, payload, fault, detail))];
    }
    const received = adapted.observations.flatMap((observation): Received[] => {
      if (observation.kind === "registers")
        return [noted(serial, intake.unsigned(message, serial, observation, binding), retained)];
      if (observation.kind === "request") {
        ask(observation);
        return [];
      }
      const { state, uptime = 0 } = observation;
      if (state === "online" && !retained) presence.heard(serial);
      presence.status(serial, { state, uptime, bootId: "", firmware: "", tamper: [] });
      return [{ outcome: "liveness", serial }];
    });
    if (received.length > 0) return received;
    return [noted(serial, empty(serial), retained || payload.length === 0)];
  }

  type Step = { message: Message; run: () => Received[] };

  /** What is left to do with a message inside the transaction: signatures are checked before it begins. */
  async function open(message: Message): Promise<Step> {
    const { topic, payload, retained } = message;
    const own = nativeTopic(topic);
    if (!own) return { message, run: () => foreign(message) };
    const { serial, kind } = own;
    if (kind !== "reading") return { message, run: () => native(message, serial, kind) };
    if (payload.length === 0) return { message, run: () => [empty(serial)] };
    const opened = await intake.open(message);
    const isAsItShould = "parsed" in opened && opened.authentic && opened.parsed.serial === serial;
    const take = () => intake.reading(message, serial, opened);
    return {
      message,
      run: () => [isAsItShould ? noted(serial, take(), retained) : refused(message, serial, take)],
    };
  }

  const all = database.transaction((run: Step["run"]) => run());

  const store = database.transaction((steps: Step[]) =>
    steps.map(({ message: { topic, payload }, run }) => {
      try {
        return all(run);
      } catch (error) {
        if (error instanceof SqliteError) throw error;
        // One message must not keep all the others out for ever, whatever it has found in this program.
        const serial = "(unexpected)";
        return [{ ...intake.reject(topic, serial, payload, "unexpected", messageOf(error)), serial }];
      }
    }),
  );

  /**
   * Takes a group in, in order. Resolves when it is on disk, with what became of each message for each meter; rejects when
   * the store fails.
   */
  return async (group: Message[]): Promise<Received[][]> => {
    const received = store(await Promise.all(group.map(open)));
    const serials = closed;
    closed = [];
    for (const serial of serials) settler.windowClosed(serial);
    return received;
  };
}
