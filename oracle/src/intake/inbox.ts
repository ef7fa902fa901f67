/**
 * Where every message goes: a meter's own topics by their kind, those of devices that do not sign through their adapter.
 * A group of messages is stored in one database transaction; where a meter has sent many, the others go before it.
 */

import { type MessageKind, readMeterTopic } from "@enerlink/protocol/wire/topics";
import { messageOf } from "@enerlink/service/log";
import { SqliteError } from "better-sqlite3";
import type { Device } from "../adapters/adapters.ts";
import type { Devices } from "../adapters/devices.ts";
import type { Request } from "../adapters/observation.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Commands } from "../commands/commands.ts";
import type { Holds } from "../meters/holds.ts";
import type { Power } from "../meters/power.ts";
import type { Presence } from "../meters/presence.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { makeFloods } from "../rules/floods.ts";
import { validations } from "../rules/validation.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { Taken } from "./carry-out.ts";
import type { Intake } from "./intake.ts";
import { makeNative } from "./native.ts";

/** What became of a message for a meter. */
export type Received = Taken & { serial: string };

type Needs = {
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
  /** Milliseconds. */
  now?: () => number;
};

/** Notes what became of messages: that their meters are there, whose windows they closed, and who sends a flood of bad ones. */
function makeNotes({ mirror, presence, metrics, now }: Needs & { now: () => number }) {
  const floods = makeFloods({ now });
  let closed: string[] = [];

  /** A device that talks is there, whether or not it makes sense; unless it is another. */
  function noted(serial: string, taken: Taken, retained: boolean): Received {
    const isOther = taken.outcome === "refused" && taken.reason === "wrong-serial";
    if (!retained && !isOther && mirror.meter(serial)) presence.heard(serial);
    if ("closed" in taken && taken.closed) closed.push(serial);
    return { ...taken, serial };
  }

  return {
    noted,
    /**
     * A message that is refused for what it is, whoever the meter is. Of a flood of them a few are kept, and the others
     * only counted. What counts is taken in however much else comes on its topic.
     */
    refused: ({ topic, retained }: Message, serial: string, reject: () => Taken): Received => {
      if (!retained && floods.isFlooding(topic)) {
        metrics.rejects.inc({ reason: "flood" });
        const detail = validations.flood.checks;
        return { outcome: "refused", reason: "flood", detail, about: {}, closed: false, serial };
      }
      if (!retained) floods.refused(topic);
      return noted(serial, reject(), retained);
    },
    empty: (serial: string): Received => {
      metrics.readings.inc({ outcome: "empty" });
      return { outcome: "empty", serial };
    },
    /** Whose windows were closed since it was asked last. */
    takeClosed: (): string[] => {
      const serials = closed;
      closed = [];
      return serials;
    },
  };
}
type Notes = ReturnType<typeof makeNotes>;

const unknown = (message: Message, serial: string, { reject }: Pick<Intake, "reject">): Received => ({
  ...reject(message, serial, "unknown-meter", "not in the registry"),
  serial,
});

/** Takes what a meter says beside its readings, on topics of its own. */
function makeOwn(needs: Needs & { now: () => number }, { refused, empty }: Notes) {
  const { mirror, intake } = needs;
  const native = makeNative(needs);
  return (message: Message, serial: string, kind: Exclude<MessageKind, "reading">): Received => {
    const meter = mirror.meter(serial);
    if (!meter) return unknown(message, serial, intake);
    // What clears a message that the broker keeps.
    if (message.payload.length === 0) return empty(serial);
    const fault = native(meter, kind, message.payload);
    if (!fault) return { outcome: "liveness", serial };
    return refused(message, serial, () => intake.reject(message, serial, fault.fault, fault.detail));
  };
}

/** Takes what a device that does not sign says, on topics of its maker. */
function makeForeign(needs: Needs & { now: () => number }, { noted, refused, empty }: Notes) {
  const { mirror, intake, presence, ask = () => {}, now } = needs;
  return (message: Message, { binding, adapt, unheard, signs }: Device): Received[] => {
    const { topic, payload, retained } = message;
    const { serial } = binding;
    if (!mirror.meter(serial)) return [unknown(message, serial, intake)];
    const adapted = adapt(topic, payload, { at: Math.floor(now() / 1_000), retained });
    presence.unheard(serial, unheard());
    if ("fault" in adapted) {
      const { fault, detail, about } = adapted;
      return [refused(message, serial, () => intake.reject(message, serial, fault, detail, about))];
    }
    const received = adapted.observations.flatMap((observation): Received[] => {
      if (observation.kind === "registers")
        return [
          noted(serial, intake.unsigned(message, serial, observation, { ...binding, signs }), retained),
        ];
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
    if (!retained && payload.length > 0) presence.empty(serial, topic);
    return [noted(serial, empty(serial), retained || payload.length === 0)];
  };
}

/** So many messages of one meter in a group, signatures and all, are taken in before the others have been. */
const TURN = 20;

/**
 * The places of a group's messages, in turns: what comes signed of one meter beyond a few waits until everybody else's
 * is on disk, a flood of forged signatures like what was kept for days. The order of one meter's messages stays.
 */
function turnsOf(group: readonly Message[], devices: Pick<Devices, "of">): number[][] {
  const counts = new Map<string, number>();
  const [first, second]: [number[], number[]] = [[], []];
  group.forEach(({ topic }, place) => {
    const native = readMeterTopic(topic)?.serial;
    const serial = native ?? devices.of(topic).find(({ signs }) => signs)?.binding.serial;
    const count = serial === undefined ? 0 : (counts.get(serial) ?? 0);
    if (serial !== undefined) counts.set(serial, count + 1);
    (count < TURN ? first : second).push(place);
  });
  return [first, second].filter((turn) => turn.length > 0);
}

type Step = { message: Message; run: () => Received[] };

export function makeInbox(given: Needs) {
  const needs = { ...given, now: given.now ?? time.now };
  const { database, devices, intake, settler } = needs;
  const notes = makeNotes(needs);
  const own = makeOwn(needs, notes);
  const foreign = makeForeign(needs, notes);

  /** What is left to do with a message inside the transaction: signatures are checked before it begins. */
  async function open(message: Message): Promise<Step> {
    const native = readMeterTopic(message.topic);
    // A topic without devices: a subscription of an earlier start, which the broker remembers and the bindings do not.
    if (!native)
      return {
        message,
        run: () => devices.of(message.topic).flatMap((device) => foreign(message, device)),
      };
    const { serial, kind } = native;
    if (kind !== "reading") return { message, run: () => [own(message, serial, kind)] };
    if (message.payload.length === 0) return { message, run: () => [notes.empty(serial)] };
    const opened = await intake.open(message, serial);
    const isAsItShould = "parsed" in opened && opened.authentic && opened.parsed.serial === serial;
    const take = () => intake.reading(message, serial, opened);
    const run = () =>
      isAsItShould ? notes.noted(serial, take(), message.retained) : notes.refused(message, serial, take);
    return { message, run: () => [run()] };
  }

  const all = database.transaction((run: Step["run"]) => run());

  const store = database.transaction((steps: Step[]) =>
    steps.map(({ message, run }) => {
      try {
        return all(run);
      } catch (error) {
        if (error instanceof SqliteError) throw error;
        // One message must not keep all the others out for ever, whatever it has found in this program.
        const serial = "(unexpected)";
        return [{ ...intake.reject(message, serial, "unexpected", messageOf(error)), serial }];
      }
    }),
  );

  /**
   * Takes a group in, each meter's messages in order. Resolves when all of it is on disk, with what became of each message
   * for each meter; rejects when the store fails.
   */
  return async (group: Message[]): Promise<Received[][]> => {
    const received: Received[][] = [];
    for (const turn of turnsOf(group, devices)) {
      const stored = store(await Promise.all(turn.map((place) => open(group[place]!))));
      stored.forEach((one, index) => {
        received[turn[index]!] = one;
      });
      for (const serial of notes.takeClosed()) settler.windowClosed(serial);
    }
    return received;
  };
}
