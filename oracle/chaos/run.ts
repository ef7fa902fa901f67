/**
 * A chaos run: three nodes, hour after hour with a fault in each, and after every one the law to the Wh, and every slot
 * of the neighbours among the homes reckoned anew.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { meterId } from "@enerlink/protocol";
import Sqlite from "better-sqlite3";
import { type Hex, hexToString } from "viem";
import { reportDigest } from "../src/committee/signed.ts";
import { foundNeighbourhood, mining } from "../testing/neighbourhood.ts";
import { checkLaw, makeReplay, settledEvents } from "../testing/replay.ts";
import { startRpcProxy } from "../testing/rpc-proxy.ts";
import { startTestSystem } from "../testing/system.ts";
import { CONTROL } from "./controls.ts";
import { type Fault, faults, makeRandom, type Stage } from "./faults.ts";
import { growthOf, heapOf, watched } from "./memory.ts";

const NODES = [0, 1, 2] as const;
/** Who share slots; everybody else keeps to tokens. */
const NEIGHBOURS = ["home-01", "home-02"];
/** Whose memory is watched: it is never killed. */
const WATCHED = 0;
/** Recorded hours that one system can play. */
const MOST_HOURS = 600;
const FINALITY = 12;
/** Seconds until the hour is settled, once the fault is over. */
const PATIENCE = 45;
const MOST_MEGABYTES = 512;

export type Verdict = {
  hours: number;
  /** Slots in which neighbours shared something. */
  shared: number;
  kills: number;
  played: Map<string, number>;
  /** Most resident memory of a node. */
  megabytes: number;
  /** By hour, what the objects of the watched node take, MB. */
  heap: number[];
};

/**
 * Plays until `done`, on as many systems as it takes, each with random numbers of its own: the first's are those of
 * `seed`, the next one's those of `seed` + 1.
 * @throws naming the fault after which something did not hold.
 */
export async function runChaos({
  seed,
  only = faults,
  done,
  control,
  patience = PATIENCE,
  hours = MOST_HOURS,
  homes = 3,
  watch = false,
  told = () => {},
  passed = () => {},
}: {
  seed: number;
  only?: readonly Fault[];
  done: (verdict: Verdict) => boolean;
  /** Which of the controls, that must fail, in the oracle's place. */
  control?: string;
  patience?: number;
  /** After which another system takes over. */
  hours?: number;
  homes?: number;
  /** Whether one node is spared, and its memory watched. */
  watch?: boolean;
  told?: (verdict: Verdict, fault: Fault) => void;
  /** A system has played its hours, and the nodes' stores agree with its chain. */
  passed?: (verdict: Verdict, nextSeed: number) => void;
}): Promise<Verdict> {
  const verdict: Verdict = { hours: 0, shared: 0, kills: 0, played: new Map(), megabytes: 0, heap: [] };

  for (let systems = 0; !done(verdict); systems++) {
    const random = makeRandom(seed + systems);
    const start = Math.floor(Date.now() / 3_600_000) * 3_600 - (MOST_HOURS + 10) * 3_600;
    const listeners = new Set<(node: number, text: string) => void>();
    const system = await startTestSystem(start - 3_600, {
      nodes: 3,
      homes,
      ...(control ? { program: "oracle/chaos/control.ts" } : {}),
      said: (node, text) => {
        for (const listener of listeners) listener(node, text);
      },
    });
    const proxies = await Promise.all(NODES.map(() => startRpcProxy(system.rpcUrl)));
    try {
      const begin = (node: number, { CHAOS_FILE_LIMIT, ...extra }: Record<string, string> = {}) =>
        system.startOracle(
          {
            RPC_URL: proxies[node]!.url,
            FINALITY_BLOCKS: String(FINALITY),
            POLL_INTERVAL: "50",
            TAKEOVER_AFTER: "1000",
            LOG_LEVEL: "debug",
            ...(watch && node === WATCHED ? watched : {}),
            ...(control ? { [CONTROL]: control } : {}),
            ...extra,
          },
          node,
          CHAOS_FILE_LIMIT === undefined
            ? {}
            : { fileBlocks: storeBlocks(join(system.folder, `oracle-${node}`)) },
        );
      await Promise.all(NODES.map((node) => begin(node)));
      await system.chain.setAutomine(false);
      const replay = makeReplay(system, start);
      await replay.hour();
      await replay.settled(undefined, patience);
      const neighbourhood = await mining(system, () => foundNeighbourhood(system, NEIGHBOURS));

      const stage: Stage = {
        system,
        replay,
        random,
        proxies,
        nodes: watch ? NODES.filter((node) => node !== WATCHED) : NODES,
        begin,
        kill: async (node) => {
          await system.stopOracle("SIGKILL", node);
          verdict.kills++;
        },
        heard: (node, text, within) =>
          Promise.race([
            sleep(within),
            new Promise<void>((resolve) => {
              const listener = (from: number, said: string) => {
                if (from !== node || !said.includes(text)) return;
                listeners.delete(listener);
                resolve();
              };
              listeners.add(listener);
            }),
          ]),
        kills: () => verdict.kills,
      };
      let shared = 0;
      for (let hour = 1; hour < hours && !done(verdict); hour++) {
        const fault = random.pick(only);
        told(verdict, fault);
        let least = Number.POSITIVE_INFINITY;
        const watching = watch
          ? setInterval(async () => {
              least = Math.min(least, (await heapOf(system.urlOf(WATCHED))) ?? least);
            }, 250)
          : undefined;
        try {
          await fault.play(stage);
          await replay.settled(undefined, patience);
          await replay.cleared(neighbourhood, patience);
          const slots = await checkLaw(system, replay);
          shared = slots.filter(({ sharedWh }) => sharedWh > 0n).length;
        } catch (error) {
          throw new Error(`${fault.id} (${fault.name}), hour ${verdict.hours}: ${(error as Error).message}`);
        } finally {
          clearInterval(watching);
        }
        if (Number.isFinite(least)) verdict.heap.push(least);
        verdict.hours++;
        verdict.played.set(fault.id, (verdict.played.get(fault.id) ?? 0) + 1);
        verdict.megabytes = Math.max(
          verdict.megabytes,
          ...NODES.map((node) => megabytesOf(system.pid(node))),
        );
        listeners.clear();
      }
      if (verdict.megabytes > MOST_MEGABYTES)
        throw new Error(`a node took ${verdict.megabytes} MB of memory`);
      verdict.shared += shared;
      for (const node of NODES) await system.stopOracle("SIGTERM", node);
      await recount(system);
      if (growthOf(verdict.heap)?.leaks) throw new Error("the watched node's memory grows");
      passed(verdict, seed + systems + 1);
    } finally {
      for (const proxy of proxies) await proxy.stop();
      await system.stop();
    }
  }
  return verdict;
}

/** Blocks of 1,024 bytes that the largest file of a store has now. */
function storeBlocks(folder: string): number {
  const sizes = ["", "-wal"].map((end) => {
    try {
      return readFileSync(join(folder, `oracle.sqlite${end}`)).length;
    } catch {
      return 0;
    }
  });
  return Math.ceil(Math.max(...sizes) / 1_024) + 8;
}

/** Resident memory of a process, MB. */
function megabytesOf(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

/**
 * Compares every settlement on chain with the nodes' own stores: a quorum of them has noted that report as signed and
 * holds the raw reading that backs it, and no two of them signed differently. @throws naming the first that is not so.
 */
async function recount(system: Awaited<ReturnType<typeof startTestSystem>>): Promise<void> {
  const stores = NODES.map((node) => new Sqlite(join(system.folder, `oracle-${node}`, "oracle.sqlite")));
  try {
    const names = new Map<string, string>();
    for (const store of stores) {
      type Signed = { serial: string; epoch: number; window_end: number; digest: string };
      for (const row of store.prepare("SELECT * FROM signed_reports").all() as Signed[]) {
        const window = `${row.serial} ${row.epoch} ${row.window_end}`;
        if ((names.get(window) ?? row.digest) !== row.digest)
          throw new Error(`${window}: two reports were signed`);
        names.set(window, row.digest);
      }
    }
    const signed = stores.map((store) =>
      store.prepare("SELECT 1 FROM signed_reports WHERE serial = ? AND digest = ?"),
    );
    const raw = stores.map((store) =>
      store.prepare(
        "SELECT 1 FROM readings WHERE serial = ? AND epoch = ? AND timestamp = ? AND export_wh = ? AND import_wh = ?",
      ),
    );
    for (const event of await settledEvents(system)) {
      const serial = hexToString(event.meterId as Hex, { size: 32 });
      const { exportWh, importWh, storedWh, timestamp, epoch } = event;
      const digest = reportDigest({
        meterId: meterId(serial),
        exportWh,
        importWh,
        storedWh,
        timestamp,
        epoch,
      });
      const names = signed.filter((statement) => statement.get(serial, digest)).length;
      if (names < 2)
        throw new Error(
          `${serial} at ${timestamp} was settled, but ${names} nodes noted that they signed it`,
        );
      const readings = raw.filter((one) => one.get(serial, epoch, timestamp, exportWh, importWh)).length;
      if (readings < 2)
        throw new Error(`${serial} at ${timestamp} was settled, but ${readings} nodes hold its reading`);
    }
  } finally {
    for (const store of stores) store.close();
  }
}
