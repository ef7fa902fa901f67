/**
 * The fleet: one signed meter and one MQTT connection per home and battery, and the grid's meter that counts the other
 * side of all of them. Who runs it decides the time: hour by hour during a replay, then live.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import mqtt from "mqtt";
import type { Address } from "viem";
import { type ReadingDomain, readingJson, signReading } from "../src/wire/reading.ts";
import { type BatteryOptions, makeBattery } from "./battery.ts";
import { deviceKey } from "./device-key.ts";
import { type Gate, makeGate } from "./gate.ts";
import { type Home, type HomePower, homePower, registersAt } from "./homes.ts";
import { type Meter, makeObedience } from "./obedience.ts";

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
  /** Whose commands the meters obey: the oracle members' addresses. */
  commanders: readonly Address[];
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
};

type Registers = { exportWh: bigint; importWh: bigint; storedWh: bigint };

export type Fleet = Awaited<ReturnType<typeof makeFleet>>;

const topic = (serial: string, kind: string) => `enerlink/v1/${serial}/${kind}`;

/** Connects every meter. Resolves when all of them are online at the broker; rejects when one is refused. */
export async function makeFleet(options: FleetOptions) {
  const { brokerUrl, domain, seed, homes, gridSerial, logFile } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const batteries = new Map(options.batteries.map((battery) => [battery.serial, makeBattery(battery)]));
  const serials = [...homes.map((home) => home.serial), ...batteries.keys(), gridSerial];
  const meters = new Map<string, Meter>();
  const startedAt = now();
  const bootId = randomUUID();
  const { obey, answer, discharges } = makeObedience({
    domain,
    commanders: options.commanders,
    batteryOf: (serial) => batteries.get(serial),
    hasSwitch: (serial) => serial !== gridSerial,
    countUntilNow,
    now,
  });
  let anchor: { index: number; timestamp: number } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const status = (state: "online" | "offline") =>
    JSON.stringify({ state, bootId, uptime: now() - startedAt, firmware: FIRMWARE });

  async function connect(serial: string): Promise<Meter> {
    const client = mqtt.connect(brokerUrl, {
      clientId: serial,
      clean: false,
      ...options.credentials?.(serial),
      will: { topic: topic(serial, "status"), payload: Buffer.from(status("offline")), qos: 1, retain: true },
    });
    const meter: Meter = {
      serial,
      key: deviceKey(seed, serial),
      client,
      epoch: 1,
      gate: makeGate(),
      readingSeconds: undefined,
      lastNonces: new Map(),
      answers: new Map(),
    };
    client.on("message", (_topic, payload) => void obey(meter, payload));
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", (error) => {
        client.end(true);
        reject(new Error(`meter ${serial} cannot connect to ${brokerUrl}: ${error.message}`));
      });
    });
    // MQTT.js reconnects by itself and says why it had to; the meter's status tells the rest.
    client.on("error", () => {});
    client.on("connect", () =>
      client.publish(topic(serial, "status"), status("online"), { qos: 1, retain: true }),
    );
    await client.subscribeAsync(topic(serial, "command"), { qos: 1 });
    await client.publishAsync(topic(serial, "status"), status("online"), { qos: 1, retain: true });
    return meter;
  }

  try {
    for (const meter of await Promise.all(serials.map(connect))) meters.set(meter.serial, meter);
  } catch (error) {
    for (const { client } of meters.values()) client.end(true);
    throw error;
  }

  /** What flowed before a switch is turned is counted as it stood; during a replay, up to the last published hour. */
  function countUntilNow(): void {
    if (!timer) return;
    const { index, seconds } = position(now());
    registers(index, seconds);
  }

  /** Moves every battery to `seconds` after hour `index`, and answers for discharges that ended on the way. */
  function advance(index: number, seconds: number): void {
    for (const battery of batteries.values()) {
      for (const id of battery.advance(index, seconds)) {
        discharges.delete(id);
        answer(meters.get(battery.serial)!, { id, state: "done", reason: "", timestamp: now() });
      }
    }
    for (const [id, { battery, deadline }] of discharges) {
      if (deadline >= now()) continue;
      battery.cancel(id);
      discharges.delete(id);
      answer(meters.get(battery.serial)!, {
        id,
        state: "rejected",
        reason: "the deadline has passed",
        timestamp: now(),
      });
    }
  }

  /** Every meter's registers at `seconds` after hour `index`; the grid's are the others' from the other side. */
  function registers(index: number, seconds = 0): Map<string, Registers> {
    advance(index, seconds);
    const all = new Map<string, Registers>();
    for (const home of homes) {
      const counted = meters.get(home.serial)!.gate.pass(registersAt(home, index, seconds));
      all.set(home.serial, { ...counted, storedWh: 0n });
    }
    for (const battery of batteries.values()) all.set(battery.serial, battery.registers());
    const grid = { exportWh: 0n, importWh: 0n, storedWh: 0n };
    for (const { exportWh, importWh } of all.values()) {
      grid.exportWh += importWh;
      grid.importWh += exportWh;
    }
    return all.set(gridSerial, grid);
  }

  /** Signs, records and publishes a reading of every meter that is `due`; resolves when the broker has them all. */
  async function publish(
    index: number,
    seconds: number,
    timestamp: number,
    due: (meter: Meter) => boolean = () => true,
  ): Promise<void> {
    const counted = [...registers(index, seconds)].filter(([serial]) => due(meters.get(serial)!));
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
          .client.publishAsync(topic(reading.serial, "reading"), JSON.stringify(reading), { qos: 1 }),
      ),
    );
  }

  /** Where in the record the time `timestamp` is. */
  function position(timestamp: number): { index: number; seconds: number } {
    if (!anchor)
      throw new Error(
        "the fleet does not know which recorded hour it is: publish one first, or give an anchor",
      );
    const passed = timestamp - anchor.timestamp;
    if (passed < 0)
      throw new RangeError(`${timestamp} lies before the last published hour, ${anchor.timestamp}`);
    return { index: anchor.index + Math.floor(passed / 3_600), seconds: passed % 3_600 };
  }

  /**
   * Publishes every meter's reading of recorded hour `index`, stamped `timestamp` (unix seconds). Both must grow from
   * call to call. Resolves when every reading is acknowledged by the broker.
   */
  async function publishHour(index: number, timestamp: number): Promise<void> {
    anchor = { index, timestamp };
    await publish(index, 0, timestamp);
  }

  /** What a home shows while its connection lets only one direction through, or none. */
  function switched(power: HomePower, gate: Gate): HomePower {
    const open = gate.open();
    if (power.gridW < 0 && !open.export) return { ...power, solarW: power.homeW, gridW: 0 };
    if (power.gridW > 0 && !open.import) return { ...power, homeW: power.solarW, gridW: 0 };
    return power;
  }

  function publishTelemetry(timestamp: number): void {
    const { index, seconds } = position(timestamp);
    advance(index, seconds);
    let gridW = 0;
    const send = (serial: string, values: object) =>
      meters
        .get(serial)!
        .client.publish(topic(serial, "telemetry"), JSON.stringify({ serial, timestamp, ...values }));
    for (const home of homes) {
      const power = switched(homePower(home, index, seconds), meters.get(home.serial)!.gate);
      gridW += power.gridW;
      send(home.serial, { ...power, batteryW: 0, chargePercent: 0 });
    }
    for (const battery of batteries.values()) {
      const batteryW = battery.powerW();
      gridW -= batteryW;
      send(battery.serial, {
        solarW: 0,
        homeW: 0,
        batteryW,
        gridW: -batteryW,
        chargePercent: battery.chargePercent(),
      });
    }
    send(gridSerial, { solarW: 0, homeW: 0, batteryW: 0, gridW: -gridW, chargePercent: 0 });
  }

  /**
   * Goes on in real time until `stop`: signed readings every `readingSeconds` and at window ends, telemetry every
   * `telemetrySeconds`. What a stalled machine misses is not made up: registers are cumulative.
   */
  function live({
    readingSeconds = 15,
    telemetrySeconds = 5,
    windowSeconds = 900,
    anchor: given,
  }: LiveOptions = {}): void {
    if (given) anchor = given;
    let done = now();
    const { index, seconds } = position(done);
    // What is commanded from now on happens from now on, not since the last recorded hour.
    advance(index, seconds);

    function tick(): void {
      const until = now();
      // A machine that stalled still owes the readings of the seconds that it missed, but not more than a minute's.
      for (let second = Math.max(done + 1, until - 60); second <= until; second++) {
        const due = (meter: Meter) =>
          second % windowSeconds === 0 || second % (meter.readingSeconds ?? readingSeconds) === 0;
        if (![...meters.values()].some(due)) continue;
        const { index, seconds } = position(second);
        publish(index, seconds, second, due).catch((error) =>
          console.error(`meters: the readings of ${second} could not be published: ${error.message}`),
        );
      }
      const shown = until - (until % telemetrySeconds);
      if (shown > done) publishTelemetry(shown);
      done = until;
      timer = setTimeout(tick, 1_000 - (Date.now() % 1_000));
    }
    tick();
  }

  /** Says goodbye for every meter and closes the connections. */
  async function stop(): Promise<void> {
    clearTimeout(timer);
    await Promise.all(
      [...meters.values()].map(async ({ serial, client }) => {
        if (client.connected)
          await client.publishAsync(topic(serial, "status"), status("offline"), { qos: 1, retain: true });
        await client.endAsync(!client.connected);
      }),
    );
  }

  return { serials, publishHour, live, registers, stop };
}
