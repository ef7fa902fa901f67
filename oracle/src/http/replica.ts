/** What the thread that signs and settles tells the one that answers: the registry's meters, which are alive, what happens. */
import { EventEmitter } from "node:events";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Events, Message } from "../events/events.ts";
import { type Device, type Presence, UNHEARD } from "../meters/presence.ts";
import { time } from "../seams/time.ts";

export type Source = {
  mirror: Pick<Mirror, "meters" | "onMeter">;
  presence: Pick<Presence, "of" | "onChange">;
  events: Pick<Events, "subscribe">;
};

/** What is new since the last time. */
export type News = { meters: Meter[]; devices: [serial: string, Device][]; messages: Message[] };

/** Events that wait for a listener; beyond that the oldest go, for they can be asked for again. */
const MOST_MESSAGES = 10_000;

/**
 * Collects what is new, and sends it when the last was taken in: what waits is never more than there are meters.
 * @param send what is called with it, one call after the other: the next when `taken` was called
 */
export function makeNews(
  { mirror, presence }: Pick<Source, "mirror" | "presence">,
  send: (news: News) => void,
) {
  const meters = new Map(mirror.meters().map((meter) => [meter.serial, meter]));
  const alive = new Set(meters.keys());
  let messages: Message[] = [];
  let open = true;
  let due = false;

  function flush(): void {
    due = false;
    if (!open || meters.size + alive.size + messages.length === 0) return;
    open = false;
    // Nobody verifies a device there.
    const told = [...meters.values()].map((meter) => ({ ...meter, key: undefined }));
    send({ meters: told, devices: [...alive].map((serial) => [serial, presence.of(serial)]), messages });
    meters.clear();
    alive.clear();
    messages = [];
  }
  function later(): void {
    if (!due) void time.turn().then(flush);
    due = true;
  }

  later();
  return {
    meter: (meter: Meter): void => {
      meters.set(meter.serial, meter);
      // Before anything is heard of it, it is known what it has to be heard on.
      alive.add(meter.serial);
      later();
    },
    alive: (serial: string): void => {
      alive.add(serial);
      later();
    },
    message: (message: Message): void => {
      messages.push(message);
      if (messages.length > MOST_MESSAGES) messages.shift();
      later();
    },
    taken: (): void => {
      open = true;
      flush();
    },
  };
}

/** The same on the other side. */
export function makeReplica() {
  const meters = new Map<string, Meter>();
  const devices = new Map<string, Device>();
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let bySerial: Meter[] | undefined;

  return {
    take: (news: News): void => {
      for (const meter of news.meters) meters.set(meter.serial, meter);
      for (const [serial, device] of news.devices) devices.set(serial, device);
      if (news.meters.length > 0) bySerial = undefined;
      for (const message of news.messages) emitter.emit("event", message);
    },
    mirror: {
      meter: (serial: string) => meters.get(serial),
      /** By serial. */
      meters: (): Meter[] => {
        bySerial ??= [...meters.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1));
        return bySerial;
      },
    },
    presence: { of: (serial: string) => devices.get(serial) ?? UNHEARD },
    events: {
      subscribe: (listener: (message: Message) => void): (() => void) => {
        emitter.on("event", listener);
        return () => void emitter.off("event", listener);
      },
    },
  };
}
