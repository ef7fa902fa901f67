/**
 * The fleet: one signed meter and one MQTT connection per home and battery, and the grid's meter that counts the other
 * side of all of them. Who runs it decides the time: hour by hour during a replay, then live.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { statusText, telemetryText } from "@enerlink/protocol/wire/presence";
import { type ReadingDomain, readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { type BatteryOptions, makeBattery } from "./battery.ts";
import { makeConnect } from "./connect.ts";
import { makeCounting, type Registers } from "./counting.ts";
import type { Home } from "./homes.ts";
import { type Commanders, type Meter, makeObedience } from "./obedience.ts";

const FIRMWARE = "enerlink-simulator 1";

export type FleetOptions = {
  brokerUrl: string;
  /** How each meter signs in at the broker; none where the broker is open. */
  credentials?: (serial: string) => { username: string; password: string };
  /** Chain and MeterRegistry that readings are signed for. */
  domain: ReadingDomain;
  /** The devices' keys follow from it; see `deviceKey`. */
  seed: string;
  homes: readonly Home[];
  batteries: readonly BatteryOptions[];
  /** Serial of the grid's own meter: its export is everybody's import, and the other way round. */
  gridSerial: string;
  /** What it had delivered to others before the record begins, Wh: see `publishGridBefore`. */
  deliveredBeforeWh?: bigint;
  /** Whose commands the meters obey to begin with: the committee, as the chain has it. */
  commanders: Commanders;
  /** Every signed reading is appended here (JSON lines) before it is published. */
  logFile: string | URL;
  /** Unix seconds; the machine's clock unless a test says otherwise. */
  now?: () => number;
};

export type LiveOptions = {
  /** Seconds between signed readings; their timestamps are multiples of it. */
  readingSeconds?: number;
  telemetrySeconds?: number;
  /** A reading is signed at every window's end as well, so that the window closes at once; seconds. */
  windowSeconds?: number;
  /** Which recorded hour is what time; by default that of the last `publishHour`. `timestamp` in unix seconds. */
  anchor?: { index: number; timestamp: number };
  /** From when on readings are signed, unix seconds; by default at once. */
  from?: number;
};

export type Fleet = Awaited<ReturnType<typeof makeFleet>>;

type Moment = { index: number; seconds: number };

/** Where in the record a time is, once it is known which recorded hour was when. */
function makePosition() {
  let anchor: { index: number; timestamp: number } | undefined;
  return {
    set: (given: { index: number; timestamp: number }): void => {
      anchor = given;
    },
    /** @param timestamp unix seconds. @throws when it lies before what was published, or nothing was. */
    of: (timestamp: number): Moment => {
      if (!anchor)
        throw new Error(
          "the fleet does not know which recorded hour it is: publish one first, or give an anchor",
        );
      const passed = timestamp - anchor.timestamp;
      if (passed < 0)
        throw new RangeError(`${timestamp} lies before the last published hour, ${anchor.timestamp}`);
      return { index: anchor.index + Math.floor(passed / 3_600), seconds: passed % 3_600 };
    },
  };
}
type Position = ReturnType<typeof makePosition>;

type Parts = {
  meters: ReadonlyMap<string, Meter>;
  counting: ReturnType<typeof makeCounting>;
  position: Position;
  now: () => number;
};

/** Says what the meters have counted, and what they show. */
function makePublishing({ domain, logFile }: FleetOptions, { meters, counting, position }: Parts) {
  /** Signs, records and publishes a reading of every meter that is `due`; resolves when the broker has them all. */
  async function publish(
    { index, seconds }: Moment,
    timestamp: number,
    due: (meter: Meter) => boolean = () => true,
  ): Promise<void> {
    const counted = [...counting.registers(index, seconds)].filter(([serial]) => due(meters.get(serial)!));
    await send(counted, timestamp);
  }

  async function send(counted: [string, Registers][], timestamp: number): Promise<void> {
    const readings = counted.map(([serial, values]) => {
      const { epoch, key } = meters.get(serial)!;
      // Time never stands still between two readings, so it counts them as well.
      const sequence = BigInt(timestamp);
      return readingJson(
        signReading(domain, { serial, epoch, sequence, timestamp, ...values }, key.privateKey),
      );
    });
    appendFileSync(logFile, readings.map((reading) => `${JSON.stringify(reading)}\n`).join(""));
    await Promise.all(
      readings.map((reading) =>
        meters
          .get(reading.serial)!
          .client.publishAsync(meterTopic(reading.serial, "reading"), JSON.stringify(reading), { qos: 1 }),
      ),
    );
  }

  function publishTelemetry(timestamp: number): void {
    const { index, seconds } = position.of(timestamp);
    for (const [serial, power] of counting.powers(index, seconds))
      meters
        .get(serial)!
        .client.publish(meterTopic(serial, "telemetry"), telemetryText({ serial, timestamp, ...power }));
  }

  return { publish, send, publishTelemetry };
}

/** Goes on in real time: what a stalled machine misses is not made up, since registers are cumulative. */
function makeLive(
  { meters, counting, position, now }: Parts,
  { publish, publishTelemetry }: ReturnType<typeof makePublishing>,
) {
  let timer: NodeJS.Timeout | undefined;
  return {
    runs: () => timer !== undefined,
    stop: () => clearTimeout(timer),
    live: ({
      readingSeconds = 15,
      telemetrySeconds = 5,
      windowSeconds = 900,
      anchor,
      from = 0,
    }: LiveOptions = {}): void => {
      if (anchor) position.set(anchor);
      let done = now();
      const { index, seconds } = position.of(done);
      // What is commanded from now on happens from now on, not since the last recorded hour.
      counting.advance(index, seconds);

      function tick(): void {
        const until = now();
        // A machine that stalled still owes the readings of the seconds that it missed, but not more than a minute's.
        for (let second = Math.max(done + 1, until - 60, from); second <= until; second++) {
          const due = (meter: Meter) =>
            second % windowSeconds === 0 || second % (meter.readingSeconds ?? readingSeconds) === 0;
          if (![...meters.values()].some(due)) continue;
          publish(position.of(second), second, due).catch((error) =>
            console.error(`meters: the readings of ${second} could not be published: ${error.message}`),
          );
        }
        const shown = until - (until % telemetrySeconds);
        if (shown > done) publishTelemetry(shown);
        done = until;
        timer = setTimeout(tick, 1_000 - (Date.now() % 1_000));
      }
      tick();
    },
  };
}

/** Connects every meter. Resolves when all of them are online at the broker; rejects when one is refused. */
export async function makeFleet(options: FleetOptions) {
  const { domain, homes, gridSerial, commanders } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const batteries = new Map(options.batteries.map((battery) => [battery.serial, makeBattery(battery)]));
  const serials = [...homes.map((home) => home.serial), ...batteries.keys(), gridSerial];
  const meters = new Map<string, Meter>();
  const startedAt = now();
  const bootId = randomUUID();
  const status = (state: "online" | "offline") =>
    statusText({ state, bootId, uptime: now() - startedAt, firmware: FIRMWARE });

  const obedience = makeObedience({
    domain,
    batteryOf: (serial) => batteries.get(serial),
    hasSwitch: (serial) => serial !== gridSerial,
    countUntilNow,
    now,
  });
  const { brokerUrl, credentials, seed } = options;
  const connect = makeConnect({ brokerUrl, credentials, seed, commanders, status, obey: obedience.obey });
  const deliveredBeforeWh = options.deliveredBeforeWh ?? 0n;
  const counting = makeCounting({
    homes,
    batteries,
    gridSerial,
    deliveredBeforeWh,
    meters,
    obedience,
    now,
  });
  const position = makePosition();
  const parts = { meters, counting, position, now };
  const publishing = makePublishing(options, parts);
  const living = makeLive(parts, publishing);

  /** What flowed before a switch is turned is counted as it stood; during a replay, up to the last published hour. */
  function countUntilNow(): void {
    if (!living.runs()) return;
    const { index, seconds } = position.of(now());
    counting.registers(index, seconds);
  }

  try {
    for (const meter of await Promise.all(serials.map(connect))) meters.set(meter.serial, meter);
  } catch (error) {
    for (const { client } of meters.values()) client.end(true);
    throw error;
  }

  return {
    serials,
    registers: counting.registers,
    /**
     * Publishes what the grid's meter showed before it delivered `deliveredBeforeWh`, with the rest as of recorded hour
     * `index`, stamped `timestamp` (unix seconds).
     */
    publishGridBefore: async (index: number, timestamp: number): Promise<void> => {
      const grid = counting.registers(index).get(gridSerial)!;
      const before = { ...grid, exportWh: grid.exportWh - deliveredBeforeWh };
      await publishing.send([[gridSerial, before]], timestamp);
    },
    /**
     * Publishes every meter's reading of recorded hour `index`, stamped `timestamp` (unix seconds). Both must grow from
     * call to call. Resolves when every reading is acknowledged by the broker.
     */
    publishHour: async (index: number, timestamp: number): Promise<void> => {
      position.set({ index, timestamp });
      await publishing.publish({ index, seconds: 0 }, timestamp);
    },
    /**
     * Goes on in real time until `stop`: signed readings every `readingSeconds` and at window ends, telemetry every
     * `telemetrySeconds`.
     */
    live: living.live,
    /**
     * Connects one more home while the fleet is live, and publishes its first reading. What its meter had counted before
     * is no flow of this grid. Resolves when the broker has the reading; rejects when the meter is refused.
     */
    connect: async (home: Home): Promise<void> => {
      const meter = await connect(home.serial);
      const timestamp = now();
      const moment = position.of(timestamp);
      meters.set(meter.serial, meter);
      counting.connect(home, moment.index, moment.seconds);
      await publishing.publish(moment, timestamp, (one) => one === meter);
    },
    /** Says goodbye for every meter and closes the connections. */
    stop: async (): Promise<void> => {
      living.stop();
      await Promise.all(
        [...meters.values()].map(async ({ serial, client }) => {
          if (client.connected)
            await client.publishAsync(meterTopic(serial, "status"), status("offline"), {
              qos: 1,
              retain: true,
            });
          await client.endAsync(!client.connected);
        }),
      );
    },
  };
}
