/**
 * `pnpm bench:oracle`: readings through a real broker into a real oracle and on to a real chain. Every reading is signed
 * (P-256) and committed to disk before it is acknowledged.
 *
 *   pnpm bench:oracle [--meters 100,1000,10000] [--seconds 15]
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { energyConverterAbi } from "@enerlink/protocol";
import { parseEventLogs } from "viem";
import { cpuOf, type Figures, memoryOf, table } from "./figures.ts";
import { connectMeters, type Meters } from "./meters.ts";
import { startTap } from "./tap.ts";
import { startWorld, type World } from "./world.ts";

const { values } = parseArgs({
  options: {
    meters: { type: "string", default: "100,1000,10000" },
    seconds: { type: "string", default: "15" },
  },
});
const sizes = values.meters.split(",").map(Number);
const seconds = Number(values.seconds);
if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > 15_000))
  throw new Error("--meters: must be numbers from 1 to 15000, comma-separated");
if (!(seconds >= 1 && seconds <= 600)) throw new Error("--seconds: must be from 1 to 600");

const DAY = 86_400;
/** Readings that are published without waiting, to see how many a second get through. */
const FLOOD = 20_000;
/** Readings that one meter forges all at once. */
const BURST = 10_000;
const WINDOWS = 5;
/** More than that many windows at once would measure the chain. */
const MOST_MINTED = 1_000;
const started = Math.floor(Date.now() / 1_000);

const percentile = (sorted: number[], part: number) =>
  sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)}`;
const both = (latencies: number[]) => {
  const sorted = latencies.toSorted((a, b) => a - b);
  return `${ms(percentile(sorted, 0.5))} / ${ms(percentile(sorted, 0.99))}`;
};

/** Times a second that this disk takes one small write for good. */
function syncsPerSecond(folder: string): number {
  const file = openSync(join(folder, "sync"), "w");
  const began = performance.now();
  for (let index = 0; index < 300; index++) {
    writeSync(file, Buffer.alloc(4_096));
    fdatasyncSync(file);
  }
  const rate = 300_000 / (performance.now() - began);
  closeSync(file);
  return Math.round(rate);
}

async function measure(world: World, size: number): Promise<Figures> {
  const published = new Map<string, number>();
  let latencies: number[] = [];
  let last = 0;
  const tap = await startTap(world.brokerPort, (payload, at) => {
    const key = payload.toString("latin1");
    const since = published.get(key);
    if (since === undefined) return;
    published.delete(key);
    latencies.push(at - since);
    last = at;
  });
  const oracle = await world.startOracle(tap.port, `oracle-${size}`);
  const connection = { port: world.brokerPort, password: world.password, domain: world.domain };
  const meters = await connectMeters({ count: size, ...connection });
  // The past: nothing that the chain would settle.
  let round = started - 20 * DAY;
  let next = 0;

  /** Of all meters in turn; `but` of one, whose own readings wait behind its forgeries. */
  function ready(count: number, but?: number): ReturnType<Meters["prepare"]>[] {
    return Array.from({ length: count }, () => {
      if (next === size) {
        next = 0;
        round++;
      }
      if (next === but) next++;
      return meters.prepare(next++, round);
    });
  }
  function publish({ payload, publish: send }: ReturnType<Meters["prepare"]>): void {
    published.set(payload.toString("latin1"), performance.now());
    send();
  }
  async function allAcknowledged(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (published.size > 0) {
      if (performance.now() > deadline) throw new Error(`${published.size} readings were not acknowledged`);
      await sleep(5);
    }
  }
  /** Readings at a steady rate; meanwhile another meter forges `forgedRate` a second, or `burst` all at once. */
  async function paced(rate: number, forgedRate = 0, burst = 0): Promise<number[]> {
    const readings = ready(rate * seconds, forgedRate + burst > 0 && size > 1 ? 0 : undefined);
    const forge = (length: number) => Array.from({ length }, () => meters.prepare(0, round, true));
    const [forged, atOnce] = [forge(forgedRate * seconds), forge(burst)];
    let forgeries = 0;
    latencies = [];
    for (const { publish: send } of atOnce) send();
    const began = performance.now();
    for (let sent = 0; sent < readings.length; ) {
      const due = Math.min(readings.length, Math.ceil(((performance.now() - began) / 1_000) * rate));
      for (; sent < due; sent++) publish(readings[sent]!);
      for (; forgeries < (due * forgedRate) / rate; forgeries++) forged[forgeries]!.publish();
      await sleep(1);
    }
    await allAcknowledged();
    return latencies;
  }

  try {
    await paced(200);
    const readings = ready(FLOOD);
    latencies = [];
    const cpu = { oracle: cpuOf(oracle.pid), broker: cpuOf(world.brokerPid), bench: process.cpuUsage() };
    const began = performance.now();
    for (const [index, reading] of readings.entries()) {
      publish(reading);
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await allAcknowledged();
    const took = (last - began) / 1_000;
    const share = (used: number) => `${Math.round((used / took) * 100)} %`;
    const used = process.cpuUsage(cpu.bench);
    const flood = {
      "readings/s": Math.round(FLOOD / took).toString(),
      "oracle cpu": share(cpuOf(oracle.pid) - cpu.oracle),
      "broker cpu": share(cpuOf(world.brokerPid) - cpu.broker),
      "bench cpu": share((used.user + used.system) / 1e6),
    };
    const slow = both(await paced(500));
    const fast = both(await paced(2_000));
    const besieged = both(await paced(500, 1_000));
    const burst = both(await paced(500, 0, BURST));
    const minted = both(await mintedLatencies(world, meters, Math.min(size, MOST_MINTED)));
    return {
      meters: size.toString(),
      ...flood,
      "commit ms at 500/s": slow,
      "at 2,000/s": fast,
      "beside 1,000 forged/s": besieged,
      "beside 10,000 forged at once": burst,
      "minted ms": minted,
      "rss MB": `${memoryOf(oracle.pid, "VmRSS")} (most ${memoryOf(oracle.pid, "VmHWM")})`,
    };
  } finally {
    meters.stop();
    await oracle.stop();
    tap.stop();
  }
}

/** Closes windows of `count` meters, all at once, and watches the chain; from publishing to the block's arrival. */
async function mintedLatencies(world: World, meters: Meters, count: number): Promise<number[]> {
  const { chain, energyConverter } = world;
  const latencies: number[] = [];
  // The chain lags a day behind, so that its next windows are past, and later than every registration.
  const { timestamp: latest } = await chain.getBlock();
  const first = (Math.floor(Number(latest) / 60) + 2) * 60;
  for (let window = 0; window < WINDOWS; window++) {
    const timestamp = first + window * 60;
    const { timestamp: now } = await chain.getBlock();
    if (now < timestamp) await chain.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
    await chain.mine({ blocks: 1 });
    let block = await chain.getBlockNumber();
    const readings = Array.from({ length: count }, (_, index) => meters.prepare(index, timestamp));
    const began = performance.now();
    for (const { publish } of readings) publish();
    const deadline = began + 60_000;
    for (let left = count; left > 0; ) {
      if (performance.now() > deadline) throw new Error(`${left} of ${count} windows were not settled`);
      await sleep(2);
      const head = await chain.getBlockNumber();
      if (head === block) continue;
      const logs = await chain.getLogs({ address: energyConverter, fromBlock: block + 1n, toBlock: head });
      const settled = parseEventLogs({ abi: energyConverterAbi, eventName: "MeterSettled", logs });
      const took = performance.now() - began;
      for (const _ of settled) latencies.push(took);
      left -= settled.length;
      block = head;
    }
  }
  return latencies;
}

const elapsed = () => `${Math.round(performance.now() / 1_000)} s:`;

const largest = Math.max(...sizes);
const world = await startWorld(started - DAY, largest);
try {
  const rows: Figures[] = [];
  let registered = 0;
  const syncs = syncsPerSecond(world.folder);
  for (const size of sizes.toSorted((a, b) => a - b)) {
    await world.register(registered, size, (count) =>
      console.info(`${elapsed()} ${count} meters are registered`),
    );
    registered = size;
    console.info(`${elapsed()} measuring with ${size} meters`);
    rows.push(await measure(world, size));
    console.info(table(rows.slice(-1)));
  }
  console.info(`
${availableParallelism()} cores, ${cpus()[0]!.model.trim()}; this disk syncs ${syncs} times a second.

${table(rows)}

readings/s   ${FLOOD.toLocaleString("en")} readings published at once: signed, judged, on disk, acknowledged
cpu          meanwhile, of one core; the bench is the meters, and listens to the oracle's connection
commit ms    from publishing to the oracle's acknowledgement, p50 / p99, at a steady rate for ${seconds} s
forged       the same at 500/s, while one meter sends 1,000 readings a second that its key has not signed,
             and while it sends 10,000 of them all at once
minted ms    from publishing a window's last reading to its block, p50 / p99, ${WINDOWS} windows of up to ${MOST_MINTED.toLocaleString("en")} meters each, all at once
`);
} finally {
  await world.stop();
}
