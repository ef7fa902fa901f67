/**
 * A member of the committee: the oracle as it is, from the broker to the outbox, on a simulated machine. It can be killed
 * whenever the world would notice what it does, and starts again from what its disk has then.
 */

import { WHOLE } from "@enerlink/protocol/wire/shard";
import type { Database } from "better-sqlite3";
import type { Address, Hex } from "viem";
import { makeDevices } from "../src/adapters/devices.ts";
import { compose } from "../src/compose.ts";
import type { Config } from "../src/config.ts";
import type { Ground } from "../src/ground.ts";
import { connect, follow, greet, hear, makeWorks, tick, watchObstacles } from "../src/loop.ts";
import { makeMetrics } from "../src/metrics.ts";
import { RESTORED, setMeta } from "../src/store/database.ts";
import type { SimulatedChain } from "./chain.ts";
import { CHAIN_ID, contracts } from "./contracts.ts";
import { type Disk, makeDisk } from "./disk.ts";
import { makeAccount } from "./keys.ts";
import type { Process, Scheduler } from "./scheduler.ts";

export const WINDOW = 60;

const settings = {
  development: false,
  settlementInterval: WINDOW,
  finality: 6,
  pollInterval: 2_000,
  patience: 6_000,
  takeover: 6_000,
  longestPause: 180_000,
};

const config = {
  shard: WHOLE,
  mqtt: { url: "mqtt://broker", username: undefined, password: undefined },
  // The store is in memory; of the folder only the free room is looked at.
  dataDir: import.meta.dirname,
  heartbeatInterval: 20,
  settlementLinger: 500,
  maxFee: undefined,
  acceptFork: undefined,
  alertWebhook: undefined,
  relay: undefined,
  backup: undefined,
  retentionDays: undefined,
  displayReset: false,
  creditCutOff: false,
} as unknown as Config;

const deployment = {
  chainId: CHAIN_ID,
  genesisHash: "0x",
  startBlock: 1,
  contracts,
} as unknown as Ground["deployment"];
export const domain = { chainId: CHAIN_ID, registry: contracts.meterRegistry };

const devices = makeDevices([]);

/** What a life is told of a member. */
export type Watch = {
  /** A line of the log. */
  says: (member: string, level: string, text: string) => void;
  /** It put its name to a batch. */
  signs: (member: string, batch: unknown, noted: (serial: string, timestamp: number) => number[]) => void;
  /** It sends bytes to the chain. */
  sends: (member: string, raw: Hex, stored: (hash: Hex) => boolean) => void;
  /** It has done what no program should. */
  mistaken: (member: string, error: Error) => void;
  /** Its program ended by itself. */
  ended: (member: string, error: unknown) => void;
};

/** What no fault can cause: its program is wrong. */
const isMistake = (value: unknown): value is Error =>
  value instanceof TypeError || value instanceof ReferenceError || value instanceof RangeError;

const words = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message.split("\n")[0] : value}`)
    .join("");

function makeLog(name: string, { says, mistaken }: Watch): Ground["log"] {
  const at =
    (level: string) =>
    (fields: Record<string, unknown> | string, text?: string): void => {
      says(name, level, typeof fields === "string" ? fields : `${text}${words(fields)}`);
      const wrong = Object.values(fields).find(isMistake);
      if (wrong) mistaken(name, wrong);
    };
  const quiet = () => {};
  const log: Record<string, unknown> = {
    ...{
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      fatal: at("fatal"),
      debug: quiet,
      trace: quiet,
    },
    child: () => log,
  };
  return log as unknown as Ground["log"];
}

type Machine = {
  name: string;
  address: Address;
  payer: Address;
  chain: SimulatedChain;
  watch: Watch;
  log: Ground["log"];
  database: Database;
};

/** What the oracle stands on in a simulation. */
function groundOf({ name, address, payer, chain, watch, log, database }: Machine, own: Process): Ground {
  const attempt = database.prepare("SELECT 1 FROM attempts WHERE hash = ?");
  const isStored = (hash: Hex) => attempt.get(hash) !== undefined;

  const ends = database
    .prepare("SELECT window_end FROM signed_reports WHERE serial = ? AND timestamp = ?")
    .pluck();
  /** For which windows' ends it noted that it signs a report. */
  const notedEnds = (serial: string, timestamp: number) => ends.all(serial, timestamp).map(Number);

  return {
    ...{ config, settings, deployment, domain, log, devices, chainId: CHAIN_ID, database },
    owns: () => true,
    client: chain.client(own),
    broadcast: (raw: Hex) => {
      if (own.alive) watch.sends(name, raw, isStored);
      return chain.broadcast(own, raw);
    },
    signer: makeAccount(address, (batch) => own.alive && watch.signs(name, batch, notedEnds)),
    account: makeAccount(payer),
    payer: undefined,
    metrics: makeMetrics(),
  } as unknown as Ground;
}

/** The oracle's start, as `app.ts` has it; it answers nothing over HTTP. */
async function boot(ground: Ground, own: Process, failed: (error: unknown) => void): Promise<void> {
  const parts = await compose(ground, failed);
  if (!own.alive) return;
  const never = () => {};
  connect(ground, parts, never);
  const works = makeWorks(ground, parts);
  await follow(ground, parts, works, never);
  const obstacles = watchObstacles(ground, parts);
  await hear(ground, parts, failed, never);
  tick(ground, parts, works, obstacles, never);
  greet(ground, parts, never);
}

const disks = new Map<string, Disk>();

function blankDisk(member: string): Disk {
  const disk = disks.get(member) ?? makeDisk();
  disks.set(member, disk);
  disk.begin();
  return disk;
}

export type Member = ReturnType<typeof makeMember>;

type Needs = {
  name: string;
  /** Signs reports; pays for transactions. */
  address: Address;
  payer: Address;
  chain: SimulatedChain;
  scheduler: Scheduler;
  watch: Watch;
  /** Its connections break. */
  gone: (session: string) => void;
};

export function makeMember({ name, address, payer, chain, scheduler, watch, gone }: Needs) {
  const session = `enlerlink-oracle-${address}`;
  let process: Process = { name, alive: false, clockOffset: 0 };
  const disk = blankDisk(name);
  const { database } = disk;
  /** What its disk is put back to before the next start; `at`, where it was told of it: unix seconds. */
  let back: { mark: string; at: number | undefined } | undefined;
  /** Until it is killed, and for how many milliseconds it is away then. */
  let effects = Number.POSITIVE_INFINITY;
  let downFor = 0;
  const log = makeLog(name, watch);

  async function run(own: Process): Promise<void> {
    const failed = (error: unknown) => crash(own, error);
    const ground = groundOf({ name, address, payer, chain, watch, log, database }, own);
    await boot(ground, own, failed).catch(failed);
  }

  /** A supervisor starts it again, as it would a service. */
  function crash(own: Process, error: unknown): void {
    if (!own.alive) return;
    watch.ended(name, error);
    if (isMistake(error)) watch.mistaken(name, error);
    kill();
    scheduler.after(2_000, start, "world");
  }

  function start(): void {
    if (process.alive) return;
    process = { name, alive: true, clockOffset: process.clockOffset };
    effects = Number.POSITIVE_INFINITY;
    disk.start(back?.mark);
    if (back?.at !== undefined) setMeta(database, RESTORED, String(back.at));
    back = undefined;
    const own = process;
    scheduler.after(0, () => run(own), own);
  }

  /** Nothing of it happens any more; its disk is as it is now. */
  function kill(): void {
    if (!process.alive) return;
    process.alive = false;
    disk.stop();
    gone(session);
  }

  return {
    name,
    address,
    payer,
    session,
    start,
    kill,
    alive: () => process.alive,
    /** Kills it after `count` more things that the world would notice; it is away for `away` milliseconds. */
    killAtEffect: (count: number, away: number) => {
      if (process.alive) [effects, downFor] = [count, away];
    },
    /** @returns false when it is dead by now, or dies of it. */
    effect: (owner: Process): boolean => {
      if (owner !== process || !process.alive) return false;
      if (--effects >= 0) return true;
      kill();
      if (Number.isFinite(downFor)) scheduler.after(downFor, start, "world");
      return false;
    },
    setClock: (offset: number) => {
      process.clockOffset = offset;
    },
    /** Remembers what is on its disk now. */
    mark: disk.mark,
    /** It starts next with what was on its disk at `mark`; `told`: as by `enerlink restore`, which leaves a note of it. */
    putBack: (mark: string, told: boolean): void => {
      const at = Math.floor((scheduler.now() + process.clockOffset) / 1_000);
      back = { mark, at: told ? at : undefined };
    },
    database,
  };
}
