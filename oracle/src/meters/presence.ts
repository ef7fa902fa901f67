/** Which meters are alive, and what their telemetry says: a meter is late, offline and lost by how long it is silent. */

import type { Status as SaidStatus, Telemetry } from "@enerlink/protocol/wire/presence";
import type { Log } from "@enerlink/service/log";
import type { Alerts } from "../alerts/alerts.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";

const REMEMBERED_BOOTS = 8;
const LATE = 1.5;
const OFFLINE = 3;
const LOST_AFTER = 24 * 3_600_000;

export type PresenceState = "unknown" | "online" | "late" | "offline" | "lost";

/** A status as it is kept, from any device. */
type Status = Omit<SaidStatus, "tamper"> & { tamper: readonly string[] };

/** Whether the device has started again since; its last will tells nothing, it was written long before. */
function hasRestarted(before: Status | undefined, status: Status): boolean {
  if (before?.state !== "online" || status.state !== "online") return false;
  return status.bootId !== before.bootId || status.uptime < before.uptime;
}

/** Whether a boot that was over goes on: two devices under one identity. */
const isTwin = ({ status, formerBoots }: Device, { bootId }: Status) =>
  bootId !== "" && bootId !== status?.bootId && formerBoots.includes(bootId);

export type Device = {
  /** Milliseconds; undefined while nothing was heard since the start. */
  heardAt: number | undefined;
  /** Since when it is looked for, milliseconds: a meter that came later was not silent before. */
  expectedSince: number | undefined;
  /** When and on which topic a live message last held nothing that is read. */
  emptyAt: number | undefined;
  emptyOn: string | undefined;
  /** Topics of its binding that it has to be heard on and was not since the start; without a binding none. */
  unheard: readonly string[];
  state: PresenceState;
  telemetry: Telemetry | undefined;
  status: Status | undefined;
  /** Boot ids that it had before the present one, the latest of them. */
  formerBoots: string[];
};

/** One of which nothing was heard yet. */
export const UNHEARD: Device = {
  heardAt: undefined,
  expectedSince: undefined,
  emptyAt: undefined,
  emptyOn: undefined,
  unheard: [],
  state: "unknown",
  telemetry: undefined,
  status: undefined,
  formerBoots: [],
};

/** How many meters are there, and how many are not. */
function show(metrics: Metrics, states: readonly PresenceState[]): void {
  const count = (...wanted: PresenceState[]) => states.filter((state) => wanted.includes(state)).length;
  metrics.metersOnline.set(count("online", "late"));
  metrics.metersOffline.set(count("offline", "lost"));
}

/** What to think of a device at `now` (milliseconds) that should say something every `interval` seconds. */
function stateOf(one: Device, interval: number, now: number): PresenceState {
  one.expectedSince ??= now;
  const silent = now - (one.heardAt ?? one.expectedSince);
  if (silent > LOST_AFTER) return "lost";
  if (silent > OFFLINE * interval * 1_000) return "offline";
  return silent > LATE * interval * 1_000 && one.state === "online" ? "late" : one.state;
}

export type Presence = ReturnType<typeof makePresence>;

export function makePresence({
  interval,
  alerts,
  metrics,
  log,
  now = time.now,
}: {
  /** Seconds between two signs of life that are expected of a meter. */
  interval: (serial: string) => number;
  alerts: Pick<Alerts, "raise" | "end">;
  metrics: Metrics;
  log: Log;
  now?: () => number;
}) {
  const devices = new Map<string, Device>();
  const listeners: ((serial: string) => void)[] = [];

  function device(serial: string): Device {
    let found = devices.get(serial);
    if (!found) {
      found = { ...UNHEARD };
      devices.set(serial, found);
    }
    return found;
  }

  function changed(serial: string): void {
    for (const listener of listeners) listener(serial);
  }

  function note(serial: string, what: Partial<Device>): void {
    Object.assign(device(serial), what);
    changed(serial);
  }

  function enter(serial: string, one: Device, state: PresenceState): void {
    if (one.state === state) return;
    const before = one.state;
    one.state = state;
    changed(serial);
    const lastHeard = one.heardAt ? new Date(one.heardAt).toISOString() : null;
    const since = lastHeard ? `last heard of at ${lastHeard}` : "not heard of since this node started";
    if (state === "offline" && before !== "lost") {
      alerts.raise("offline", serial, since);
    }
    if (state === "lost") {
      metrics.flags.inc({ flag: "silent" });
      alerts.raise("lost", serial, since);
    }
    if (state === "online") {
      alerts.end("offline", serial);
      alerts.end("lost", serial);
      if (before === "offline" || before === "lost") log.info(`${serial} is back`);
    }
  }

  /** A live message of `serial` came in. */
  function heard(serial: string): void {
    const one = device(serial);
    one.heardAt = now();
    changed(serial);
    enter(serial, one, "online");
  }

  /**
   * Moves those of `serials` on that are silent, if there are any `together`: in one database transaction. Call it every
   * second or so with every meter.
   */
  function check(serials: Iterable<string>, together = (move: () => void) => move()): void {
    const all = Array.from(serials, (serial) => ({ serial, one: device(serial) }));
    const moving = all
      .map(({ serial, one }) => ({ serial, one, state: stateOf(one, interval(serial), now()) }))
      .filter(({ one, state }) => state !== one.state);
    const move = () => {
      for (const { serial, one, state } of moving) enter(serial, one, state);
    };
    if (moving.length > 0) together(move);
    show(
      metrics,
      all.map(({ one }) => one.state),
    );
  }

  return {
    heard,
    /** A live message of `serial` held nothing that is read. */
    empty: (serial: string, topic: string) => note(serial, { emptyAt: now(), emptyOn: topic }),
    /** These topics `serial` was not heard on yet. */
    unheard: (serial: string, topics: readonly string[]) => {
      if (device(serial).unheard.length !== topics.length) note(serial, { unheard: topics });
    },
    check,
    telemetry: (serial: string, telemetry: Telemetry) => {
      heard(serial);
      note(serial, { telemetry });
    },
    /** A status may be retained from long ago: it can take a meter offline, but never shows it alive. */
    status: (serial: string, status: Status) => {
      const one = device(serial);
      if (hasRestarted(one.status, status)) {
        metrics.flags.inc({ flag: "restart" });
        if (isTwin(one, status)) {
          metrics.flags.inc({ flag: "twin" });
          alerts.raise("twin", serial, `boot ${status.bootId} came back after ${one.status!.bootId}`);
        }
        one.formerBoots = [one.status!.bootId, ...one.formerBoots].slice(0, REMEMBERED_BOOTS);
      }
      one.status = status;
      changed(serial);
      if (status.state === "offline") enter(serial, one, "offline");
    },
    of: (serial: string): Readonly<Device> => device(serial),
    /** Told of every meter of which something is new. */
    onChange: (listener: (serial: string) => void) => void listeners.push(listener),
    /** Whether a meter is worth waiting for: not known to be away. */
    isExpected: (serial: string) => !["offline", "lost"].includes(device(serial).state),
  };
}
