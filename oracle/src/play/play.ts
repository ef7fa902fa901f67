/**
 * Plays a device's messages, at their times, through the way that real ones take: adapter, identity, plausibility, holds,
 * windows. There is no chain: the meters are those of the bindings, in a registry that lets them settle unsigned.
 */
import { makeLog } from "@enerlink/service/log";
import { type Devices, makeDevices } from "../adapters/devices.ts";
import type { Meter } from "../chain/mirror.ts";
import { makeInbox, type Received } from "../intake/inbox.ts";
import { makeIntake } from "../intake/intake.ts";
import { makeReadings } from "../ledger/readings.ts";
import { makeSettlements } from "../ledger/settlements.ts";
import { makeHolds } from "../meters/holds.ts";
import { makeLevelStore } from "../meters/level-store.ts";
import { makePower } from "../meters/power.ts";
import { makePresence, type PresenceState } from "../meters/presence.ts";
import { makeMetrics } from "../metrics.ts";
import type { Setting } from "../rules/about.ts";
import type { Flag, HoldReason, RejectReason } from "../rules/validation.ts";
import { openMemory } from "../store/database.ts";
import { bindingsOf, type Case, payloadOf } from "./case.ts";

/** What a message would do; the fields are those of a case file's `expected`. */
export type Played = {
  /** Whether any binding listens to the topic. */
  topicBound: boolean;
  outcome?: "accepted" | "refused" | "stale" | "empty" | "liveness";
  serial?: string;
  reason?: RejectReason;
  detail?: string;
  field?: string;
  /** Options of the binding that the refusal may be about. */
  settings?: readonly Setting[];
  importWh?: string;
  exportWh?: string;
  /** Unix seconds. */
  timestamp?: number;
  flags?: readonly (Flag | "late")[];
  /** Whether the reading ends a window, so that it would be reported to the chain. */
  closed?: boolean;
  hold: HoldReason | null;
  presence: PresenceState;
  /** Presence, when the step only lets time pass. */
  checked?: PresenceState;
  /** Of a message that says nothing by itself: what its meter still has to be heard on. */
  unheard?: readonly string[];
  /** What the same message did for other meters. */
  others?: Played[];
};

const silent = makeLog({ level: "silent" });

/** Before the messages the meter's epoch may be that old, seconds: as much as a device remembers. */
const EPOCH_SECONDS = 28 * 86_400;

const meterOf = (serial: string, { meter, messages }: Case): Meter => ({
  serial,
  key: undefined,
  owner: "0x0000000000000000000000000000000000000000",
  pendingOwner: null,
  kind: "prosumer",
  trust: "C",
  suspended: false,
  settles: true,
  exportWatts: 11_000,
  importWatts: 11_000,
  capacityWh: 0n,
  epoch: 1,
  epochDeclaredAt: messages[0]!.at - EPOCH_SECONDS,
  activeFrom: 1,
  ...(meter as Partial<Meter>),
});

function makeWay(devices: Devices, meters: ReadonlyMap<string, Meter>, interval: number, now: () => number) {
  const database = openMemory();
  const alerts = { raise: () => {}, end: () => {} };
  const metrics = makeMetrics();
  const mirror = { meter: (serial: string) => meters.get(serial), settled: () => undefined };
  const readings = makeReadings(database);
  const holds = makeHolds({ database, alerts, metrics, log: silent });
  const levels = makeLevelStore(database);
  const settlements = makeSettlements({ database, interval });
  const power = makePower();
  const presence = makePresence({
    interval: (serial) => devices.ofSerial(serial)!.binding.heartbeat,
    alerts,
    metrics,
    log: silent,
    now,
  });
  const intake = makeIntake({
    database,
    domain: { chainId: 0, registry: "0x0000000000000000000000000000000000000000" },
    mirror,
    readings,
    holds,
    levels,
    settlements,
    power,
    interval,
    metrics,
    log: silent,
    now,
  });
  const inbox = makeInbox({
    database,
    devices,
    mirror,
    intake,
    presence,
    holds,
    power,
    commands: { acknowledged: () => {} },
    settler: { windowClosed: () => {} },
    metrics,
    now,
  });
  return { inbox, holds, presence, close: () => database.close() };
}

/** Of what a message says, the registers; else whatever there is. */
const tellingOf = (received: Received[]) =>
  received.find(({ outcome }) => outcome !== "liveness") ?? received[0];

function played(received: Received): Omit<Played, "topicBound" | "hold" | "presence"> {
  const { outcome, serial } = received;
  if (outcome === "refused") {
    const { reason, detail, closed, about } = received;
    const { field, settings = [] } = about;
    return { outcome, serial, reason, detail, ...(field ? { field } : {}), settings, closed };
  }
  if (outcome === "accepted" || outcome === "monitored") {
    const { flags, closed, reading } = received;
    const { importWh, exportWh, timestamp } = reading;
    return {
      outcome: "accepted",
      serial,
      importWh: importWh.toString(),
      exportWh: exportWh.toString(),
      timestamp,
      flags,
      closed,
    };
  }
  if (outcome === "duplicate") return { outcome: "stale", serial };
  if (outcome === "late") return { outcome: "accepted", serial, flags: ["late"] };
  return { outcome, serial };
}

/**
 * Plays `case_`; what each of its messages does, in order.
 * @throws when a binding cannot work, with the entry and the field.
 */
export async function play(case_: Case): Promise<Played[]> {
  const { bindings, interval, messages } = case_;
  const devices = makeDevices(bindingsOf(case_));
  const serials = (bindings as { serial: string }[]).map(({ serial }) => serial);
  const meters = new Map(serials.map((serial) => [serial, meterOf(serial, case_)]));
  let now = messages[0]!.at * 1_000;
  const way = makeWay(devices, meters, interval, () => now);
  const stateOf = (serial: string) => ({
    hold: way.holds.of(serial, meters.get(serial)!.epoch)?.reason ?? null,
    presence: way.presence.of(serial).state,
  });
  const results: Played[] = [];
  try {
    for (const message of messages) {
      now = message.at * 1_000;
      way.presence.check(serials);
      const { topic, retained } = message;
      const bound = devices.of(topic).map(({ binding }) => binding.serial);
      const topicBound = bound.length > 0;
      if (message.check) {
        const state = stateOf(bound[0] ?? serials[0]!);
        results.push({ topicBound, ...state, checked: state.presence });
        continue;
      }
      const [received = []] = await way.inbox([{ topic, payload: payloadOf(message), retained }]);
      const of = (serial: string): Played => {
        const telling = tellingOf(received.filter((one) => one.serial === serial));
        const { unheard } = way.presence.of(serial);
        const waits = telling?.outcome === "empty" && unheard.length > 0 ? { unheard } : {};
        return { topicBound, ...(telling ? played(telling) : {}), ...waits, ...stateOf(serial) };
      };
      const [first, ...others] = (topicBound ? bound : [serials[0]!]).map(of);
      results.push(others.length > 0 ? { ...first!, others } : first!);
    }
  } finally {
    way.close();
  }
  return results;
}
