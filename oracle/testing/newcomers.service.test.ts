/**
 * Meters that are taken over at any second of a slot of a minute, and join once they were read: how long until the first
 * slot that is traded with them, by the chain's clock.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { MeterKind, TrustClass } from "@enerlink/protocol";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clockSettings, type FastClock, makeClock } from "./fast-clock.ts";
import { foundNeighbourhood, type Neighbourhood } from "./neighbourhood.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const HOUR = 3_600;
const SLOT = 60;
/** A reading comes at every multiple of it, as in the local market. */
const READING_SECONDS = 15;
const BLOCK_SECONDS = 1;
/** When in a slot its owner accepts each: some before and after the middle, up to which a first reading is settled at once. */
const PHASES = [0, 15, 26, 30, 31, 45, 55];
/**
 * From a fingerprint to the first traded slot it may take 120 s, of which the touches before the acceptance take 13, as
 * measured (docs/measurements.md).
 */
const MOST_SECONDS = 120 - 13;
/** Seconds after a slot's end within which it is cleared where nobody's reading comes late. */
const IN_TIME = 10;
/** What somebody takes to join once the meter was read. */
const TOUCH_SECONDS = 4;

const SPEED = 2;
const clock: FastClock = {
  began: Date.now(),
  origin: Math.floor(Date.now() / 60_000) * 60_000 - 48 * HOUR * 1_000,
  speed: SPEED,
};
const milliseconds = makeClock(clock);
const now = () => Math.floor(milliseconds() / 1_000);
const until = (seconds: number) => sleep(Math.max(0, (seconds * 1_000 - milliseconds()) / SPEED));

const neighbours = ["home-01", "home-02"];
const serialOf = (phase: number) => `roof-${String(phase).padStart(2, "0")}`;

let system: TestSystem;
let homes: Neighbourhood;
let meters: MqttClient;
/** Meters that are connected. */
const live: string[] = [];
const started = Math.floor(clock.origin / 1_000);

/** home-01 exports, the others import. */
function readingOf(serial: string, timestamp: number) {
  const counted = BigInt(timestamp - started);
  const registers =
    serial === "home-01"
      ? { exportWh: 2n * counted, importWh: 0n }
      : { exportWh: 0n, importWh: counted / 4n };
  const values = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, ...registers, storedWh: 0n };
  return signReading(system.domain, values, system.deviceKey(serial).privateKey);
}
const read = (serial: string, timestamp: number) =>
  meters.publishAsync(
    `enerlink/v1/${serial}/reading`,
    JSON.stringify(readingJson(readingOf(serial, timestamp))),
    { qos: 1 },
  );

/** Does something each so many seconds of the clock until it is stopped. */
function every(seconds: number, act: (second: number) => Promise<unknown>) {
  let stopped = false;
  const running = (async () => {
    for (let next = Math.ceil(now() / seconds) * seconds; !stopped; next += seconds) {
      await until(next);
      if (!stopped) await act(next);
    }
  })();
  return async () => {
    stopped = true;
    await running;
  };
}

type Slot = Awaited<ReturnType<Neighbourhood["cleared"]>>[number];
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  system = await startTestSystem(started - HOUR, {
    now,
    homes: neighbours.length,
    nodes: 3,
    program: "oracle/testing/fast-node.ts",
  });
  for (const phase of PHASES) await system.offer(serialOf(phase), MeterKind.Prosumer, TrustClass.A);
  await system.chain.setAutomine(false);
  stops.push(every(BLOCK_SECONDS, (second) => system.mineAt(second)));
  const settings = { ...clockSettings(clock), POLL_INTERVAL: "100", SETTLEMENT_LINGER: "1000" };
  await Promise.all([0, 1, 2].map((node) => system.startOracle(settings, node)));
  meters = await mqtt.connectAsync(system.brokerUrl);
  live.push(...neighbours);
  stops.push(every(READING_SECONDS, (second) => Promise.all(live.map((serial) => read(serial, second)))));
  // Whoever joins was read once.
  for (const serial of neighbours) while ((await system.settled(serial))[4] === 0) await sleep(100);
  homes = await foundNeighbourhood(system, neighbours);
  await homes.setSlotLength(SLOT);
  for (const phase of PHASES) await homes.admit(serialOf(phase));
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await meters?.endAsync();
  await system?.stop();
});

/** The first slot of those that are cleared from now on that satisfies `wanted`. */
async function cleared(wanted: (slot: Slot & { seconds: number }) => boolean) {
  const before = (await homes.cleared()).length;
  for (const late = now() + 300; now() < late; await sleep(250)) {
    for (const slot of (await homes.cleared()).slice(before)) {
      const { timestamp } = await system.chain.getBlock({ blockNumber: slot.blockNumber });
      if (wanted({ ...slot, seconds: Number(timestamp) - slot.slotEnd })) return Number(timestamp);
    }
  }
  throw new Error(`no such slot was cleared:\n${system.output().slice(-6_000)}`);
}

/** Takes a meter over at `second`, joins once it was read, and waits for its first slot. @returns seconds that took */
async function begin(serial: string, second: number): Promise<number> {
  await until(second);
  const acceptedAt = await system.accept(serial);
  await until(acceptedAt + 1);
  await read(serial, now());
  live.push(serial);
  while ((await system.settled(serial))[4] === 0) await sleep(100);
  await until(now() + TOUCH_SECONDS);
  await homes.enter(serial);
  return (await cleared(({ traded }) => traded.includes(serial))) - second;
}

test.each(PHASES)(
  `a meter that is taken over at second %i of a slot has its first one traded within ${MOST_SECONDS} s`,
  async (phase) => {
    const earlier = [...live];
    await cleared(
      ({ traded, seconds }) => seconds <= IN_TIME && earlier.every((one) => traded.includes(one)),
    );
    const seconds = await begin(serialOf(phase), Math.ceil((now() + 2) / SLOT) * SLOT + phase);
    console.info(`taken over at second ${phase}, its first slot is traded after ${seconds} s`);
    expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
  },
  300_000,
);
