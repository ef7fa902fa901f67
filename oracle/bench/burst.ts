/**
 * Every meter closes one window at once, over a real broker, to three real oracles and a real chain, in batches or by a
 * root; then every Wh is accounted for.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, energyTokenAbi, oracleCommitteeAbi, serialOf } from "@enerlink/protocol";
import { type Hex, parseEventLogs } from "viem";
import { cpuOf, memoryOf } from "./figures.ts";
import { connectMeters, type Meters, registersAt, serialOfMeter } from "./meters.ts";
import { startWorld, type World } from "./world.ts";

export type Way = "batches" | "roots";

const WINDOW = 60;
/** Of settlements by roots, seconds. */
const EVERY = 3_600;
/** More meters than this have no connection of their own, but speak over those of so many gateways. */
const MOST_CONNECTIONS = 10_000;
const GATEWAYS = 100;
/** Seconds without a settlement after which a burst is broken. */
const PATIENCE = 120;

export type Burst = {
  /** From the first publication to the last block, seconds. */
  seconds: number;
  /** Until the window's root stood in a block. */
  rootSeconds?: number;
  settled: number;
  gas: bigint;
  transactions: number;
  /** Cores that each used meanwhile. */
  cores: { oracles: number; broker: number; chain: number; meters: number };
  /** Most resident memory, MB: of one oracle, of the broker. */
  memory: { oracle: number; broker: number };
  /** What did not hold, if anything. */
  problem?: string;
};

/** The process itself, which a script of its package has started. */
function innermost(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return child ? innermost(Number(child)) : pid;
}

type Settled = { exportWh: bigint; importWh: bigint; tokensWh: bigint; debtWh: bigint; timestamp: number };

/** Reads what the converter settles, and what that cost. */
export function makeFollower({ chain, energyConverter, oracleCommittee }: World, from: bigint) {
  let next = from;
  const settled = new Map<string, Settled[]>();
  const transactions = new Set<Hex>();
  const roots = new Set<number>();
  return {
    settled,
    transactions,
    roots,
    /** @returns how many reports were settled since it was asked last */
    look: async (): Promise<number> => {
      const head = await chain.getBlockNumber();
      if (head < next) return 0;
      const logs = await chain.getLogs({
        address: [energyConverter as Hex, oracleCommittee as Hex],
        fromBlock: next,
        toBlock: head,
      });
      next = head + 1n;
      const events = parseEventLogs({ abi: energyConverterAbi, eventName: "MeterSettled", logs });
      for (const { args, transactionHash } of events) {
        const serial = serialOf(args.meterId);
        settled.set(serial, [...(settled.get(serial) ?? []), args]);
        transactions.add(transactionHash);
      }
      const committed = parseEventLogs({ abi: oracleCommitteeAbi, eventName: "RootCommitted", logs });
      for (const { args, transactionHash } of committed) {
        roots.add(args.windowEnd);
        transactions.add(transactionHash);
      }
      return events.length;
    },
  };
}
type Follower = ReturnType<typeof makeFollower>;

/** Waits for `count` settlements. @returns how many came before none did for `PATIENCE` */
async function follow(follower: Follower, count: number): Promise<number> {
  let came = 0;
  for (let last = performance.now(); came < count && performance.now() - last < PATIENCE * 1_000; ) {
    const more = await follower.look();
    came += more;
    if (more > 0) last = performance.now();
    else await sleep(20);
  }
  return came;
}

export async function mineAt({ chain }: World, timestamp: number): Promise<void> {
  const { timestamp: now } = await chain.getBlock();
  if (now < timestamp) await chain.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
  await chain.mine({ blocks: 1 });
}

/** Publishes every meter's reading of a window's end, as fast as it goes. */
async function publishAll(meters: Meters, count: number, timestamp: number): Promise<() => Promise<void>> {
  const readings = Array.from({ length: count }, (_, index) => meters.prepare(index, timestamp));
  return async () => {
    for (const [index, { publish }] of readings.entries()) {
      publish();
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

/**
 * Compares what was settled with what the meters signed at the two times, and the supply with both, to the Wh.
 * @returns the first difference
 */
export async function account(world: World, count: number, times: readonly number[], { settled }: Follower) {
  let supply = 0n;
  for (let index = 0; index < count; index++) {
    const serial = serialOfMeter(index);
    const own = settled.get(serial) ?? [];
    if (own.map(({ timestamp }) => timestamp).join() !== times.join())
      return `${serial} was settled at ${own.map(({ timestamp }) => timestamp)} instead of ${times}`;
    for (const { timestamp, exportWh, importWh } of own) {
      const shown = registersAt(index, timestamp);
      if (shown.exportWh !== exportWh || shown.importWh !== importWh)
        return `${serial} at ${timestamp}: ${exportWh} and ${importWh} Wh instead of ${shown.exportWh} and ${shown.importWh}`;
    }
    const [first, last] = [own[0]!, own.at(-1)!];
    const net = last.exportWh - first.exportWh - (last.importWh - first.importWh);
    const tokens = own.reduce((sum, { tokensWh }) => sum + tokensWh, 0n);
    if (net !== tokens - last.debtWh) return `${serial}: ${tokens} Wh of tokens for ${net} Wh`;
    supply += tokens;
  }
  const token = { address: world.energyToken as Hex, abi: energyTokenAbi } as const;
  const total = await world.chain.readContract({ ...token, functionName: "totalSupply" });
  return total === supply ? undefined : `${total} Wh of tokens exist, and ${supply} Wh were settled`;
}

/** Who works, and what each has used so far, seconds of a core. */
function makeUse(world: World, oracles: readonly { pid: number }[]) {
  const chain = innermost(world.chainPid);
  const read = () => {
    const own = process.cpuUsage();
    return {
      oracles: oracles.reduce((sum, { pid }) => sum + cpuOf(pid), 0),
      broker: cpuOf(world.brokerPid),
      chain: cpuOf(chain),
      meters: (own.user + own.system) / 1e6,
    };
  };
  const before = read();
  return (seconds: number): Burst["cores"] => {
    const now = read();
    const of = (name: keyof typeof now) => (now[name] - before[name]) / seconds;
    return { oracles: of("oracles"), broker: of("broker"), chain: of("chain"), meters: of("meters") };
  };
}

/** The window's end, from publishing to the last block. */
async function closeWindow(
  { world, meters, count, follower }: Needs,
  timestamp: number,
  byRoot: boolean,
): Promise<{ seconds: number; rootSeconds?: number; settled: number }> {
  await mineAt(world, timestamp);
  const publish = await publishAll(meters, count, timestamp);
  const began = performance.now();
  const since = () => (performance.now() - began) / 1_000;
  await publish();
  let rootSeconds: number | undefined;
  if (byRoot) {
    while (!follower.roots.has(timestamp)) {
      if (since() > PATIENCE) return { seconds: since(), settled: 0 };
      await follower.look();
      await sleep(20);
    }
    rootSeconds = since();
    await mineAt(world, timestamp + WINDOW + 1);
  }
  const settled = await follow(follower, count);
  return { seconds: since(), settled, ...(rootSeconds === undefined ? {} : { rootSeconds }) };
}
type Needs = { world: World; meters: Meters; count: number; follower: Follower };

/** Whole windows from the chain's present on, so that none has passed. */
export const windowAfter = async ({ chain }: World, length: number): Promise<number> =>
  (Math.floor((Number((await chain.getBlock()).timestamp) + WINDOW) / length) + 1) * length;

async function gasOf({ chain }: World, hashes: Iterable<Hex>): Promise<bigint> {
  let gas = 0n;
  for (const hash of hashes) gas += (await chain.getTransactionReceipt({ hash })).gasUsed;
  return gas;
}

/** Runs a burst of `count` meters in a world of its own. `told` hears how it goes. */
export async function runBurst(count: number, way: Way, told: (text: string) => void): Promise<Burst> {
  const gateways = count > MOST_CONNECTIONS ? GATEWAYS : 0;
  const world = await startWorld(Math.floor(Date.now() / 1_000) - 86_400, count, gateways);
  const undo: (() => unknown)[] = [world.stop];
  try {
    await world.register(0, count, (done) => told(`${done} meters are registered`));
    // A root waits as long for its meters as on a real network.
    const byRoots = {
      SETTLEMENT_MODE: "roots",
      ROOTS_SETTLED_EVERY: String(EVERY),
      ROOT_LINGER: "60000",
    };
    const oracles = await world.startCommittee(way === "roots" ? byRoots : {});
    undo.push(() => Promise.all(oracles.map((oracle) => oracle.stop())));
    const connection = { port: world.brokerPort, password: world.password, domain: world.domain };
    const meters = await connectMeters({ count, gateways, ...connection });
    undo.push(meters.stop);
    const follower = makeFollower(world, (await world.chain.getBlockNumber()) + 1n);
    const needs = { world, meters, count, follower };

    // Energy counts from what is settled first, which goes in batches.
    const first = await windowAfter(world, WINDOW);
    const begun = await closeWindow(needs, first, false);
    told(`${begun.settled} meters are settled for the first time after ${begun.seconds.toFixed(1)} s`);
    const second = await windowAfter(world, way === "roots" ? EVERY : WINDOW);
    follower.transactions.clear();
    const use = makeUse(world, oracles);
    const closed = await closeWindow(needs, second, way === "roots");
    const problem = await account(world, count, [first, second], follower);
    return {
      ...closed,
      gas: await gasOf(world, follower.transactions),
      transactions: follower.transactions.size,
      cores: use(closed.seconds),
      memory: {
        oracle: Math.max(...oracles.map(({ pid }) => memoryOf(pid, "VmHWM"))),
        broker: memoryOf(world.brokerPid, "VmHWM"),
      },
      ...(problem === undefined ? {} : { problem }),
    };
  } finally {
    for (const end of undo.reverse()) await end();
  }
}
