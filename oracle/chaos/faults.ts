/** The faults of the chaos run: each begins around the moment when an hour's readings come in, and ends by itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { readingJson, type UnsignedReading } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import mqtt from "mqtt";
import { parseGwei } from "viem";
import type { Replay } from "../testing/replay.ts";
import { type RpcFault, rpcFaults, type startRpcProxy } from "../testing/rpc-proxy.ts";
import type { TestSystem } from "../testing/system.ts";

export type Random = {
  /** A whole number from 0 to below `below`. */
  below: (below: number) => number;
  pick: <Item>(items: readonly Item[]) => Item;
};

/** The same numbers for the same seed (mulberry32). */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (items) => items[below(items.length)]! };
}

/** What a fault works with. */
export type Stage = {
  system: TestSystem;
  replay: Replay;
  random: Random;
  proxies: Awaited<ReturnType<typeof startRpcProxy>>[];
  nodes: readonly number[];
  begin: (node: number, extra?: Record<string, string>) => Promise<void>;
  kill: (node: number) => Promise<void>;
  /** Resolves as soon as `node` prints `text`, or after `patience` milliseconds. */
  heard: (node: number, text: string, patience: number) => Promise<void>;
  kills: () => number;
};

export type Fault = {
  id: string;
  name: string;
  /** Plays one hour with the fault in it. */
  play: (stage: Stage) => Promise<void>;
};

/** Moments at which a node is killed, as it says them. */
export const moments = [
  "connected to the broker",
  "ready on",
  "proposing",
  "signed",
  "stored settle",
  "settling",
  "is in block",
] as const;

/** Milliseconds that a node may take until it hears the broker again. */
const BACK_WITHIN = 30_000;

/** Resolves when the broker hands on to a node what is published. @throws with why it does not. */
async function hearsBroker(url: string): Promise<void> {
  let reasons = ["it does not answer"];
  for (const late = Date.now() + BACK_WITHIN; Date.now() < late; await sleep(50)) {
    const response = await fetch(`${url}/ready`).catch(() => undefined);
    if (response) ({ reasons } = (await response.json()) as { reasons: string[] });
    if (!reasons.some((reason) => /does not answer|not connected|hands nothing on/.test(reason))) return;
  }
  throw new Error(`${url} does not hear the broker after ${BACK_WITHIN} ms: ${reasons.join("; ")}`);
}

const mineFor = async ({ replay }: Stage, milliseconds: number) => {
  for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(40)) await replay.mine();
};

/** A client beside the meters, for what they would never send. */
async function withClient(
  system: TestSystem,
  work: (client: mqtt.MqttClient) => Promise<void>,
): Promise<void> {
  const client = await mqtt.connectAsync(system.brokerUrl);
  try {
    await work(client);
  } finally {
    await client.endAsync();
  }
}

const topicOf = (serial: string) => `enerlink/v1/${serial}/reading`;

function signed(system: TestSystem, reading: UnsignedReading, domain = system.domain): string {
  return JSON.stringify(
    readingJson(signReading(domain, reading, system.deviceKey(reading.serial).privateKey)),
  );
}

/** When a node dies: after so many milliseconds, or as soon as it says that it has come so far. */
type Death = { delay: number; moment: string | undefined };
const anyDeath = (random: Random): Death => ({
  moment: random.below(3) === 0 ? undefined : random.pick(moments),
  delay: random.below(120),
});

async function playDeaths(
  { replay, random, begin, kill, heard }: Stage,
  deaths: ReadonlyMap<number, Death>,
): Promise<void> {
  const ends = [...deaths].map(async ([node, { moment, delay }]) => {
    if (moment === undefined) await sleep(delay);
    else await heard(node, moment, 400);
    await kill(node);
  });
  await replay.hour();
  if (random.below(2) === 0) await replay.mine();
  await Promise.all(ends);
  await Promise.all([...deaths.keys()].map((node) => begin(node)));
}

/** Every node dies in every hour, each at a time of its own: as many kills as there can be. */
export const killEach: Fault = {
  id: "F1",
  name: "every oracle killed, each at another moment",
  play: (stage) =>
    playDeaths(stage, new Map(stage.nodes.map((node) => [node, anyDeath(stage.random)] as const))),
};

export const faults: readonly Fault[] = [
  {
    id: "F1",
    name: "oracle killed",
    play: (stage) => {
      const { nodes, random } = stage;
      const victims = random.below(4) === 0 ? nodes : [random.pick(nodes)];
      const death = anyDeath(random);
      return playDeaths(stage, new Map(victims.map((node) => [node, death] as const)));
    },
  },
  {
    id: "F2",
    name: "broker dies with what it kept",
    play: async ({ system, replay, random, proxies, heard }) => {
      const hour = replay.hour();
      await sleep(random.below(60));
      // A machine under load may not have noticed yet that the old broker is gone: that would be ready for nothing.
      const back = proxies.map((_, node) => heard(node, "connected to the broker", BACK_WITHIN));
      await system.restartBroker();
      await hour;
      await Promise.all(back);
      // What it had acknowledged and not handed on, or took before a node was back, is gone: the next hour covers it.
      await Promise.all(proxies.map((_, node) => hearsBroker(system.urlOf(node))));
      await replay.hour();
    },
  },
  {
    id: "F3",
    name: "RPC fails or lies",
    play: async (stage) => {
      const { proxies, random, replay } = stage;
      const fault: RpcFault = random.pick(rpcFaults);
      const hit = random.below(2) === 0 ? proxies : [random.pick(proxies)];
      await Promise.all(hit.map((proxy) => proxy.fail(fault)));
      await replay.hour();
      await mineFor(stage, 200 + random.below(800));
      await Promise.all(hit.map((proxy) => proxy.fail(undefined)));
    },
  },
  {
    id: "F4",
    name: "reorganisation within finality",
    play: async (stage) => {
      const { system, replay, random } = stage;
      const id = await system.chain.snapshot();
      await replay.hour();
      await mineFor(stage, 100 + random.below(500));
      await system.chain.revert({ id });
      await system.chain.setAutomine(false);
      await replay.block();
    },
  },
  {
    id: "F6",
    name: "gas price rises fifty-fold",
    play: async ({ system, replay, random }) => {
      await replay.hour();
      for (let block = 0; block < 1 + random.below(3); block++) {
        await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("50") });
        await replay.block();
      }
      await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    },
  },
  {
    id: "F7",
    name: "nonce taken by another transaction",
    play: async ({ system, replay, random }) => {
      const victim = random.below(system.submitters.length);
      const { address } = system.submitters[victim]!;
      await replay.hour();
      await sleep(random.below(80));
      const block = await system.chain.getBlock({ blockTag: "pending", includeTransactions: true });
      for (const { hash, from } of block.transactions)
        if (from === address.toLowerCase()) await system.chain.dropTransaction({ hash });
      const nonce = await system.chain.getTransactionCount({ address });
      const transfer = { to: system.owner.address, value: 1n, nonce, gas: 21_000n };
      await system
        .walletOf(1 + victim)
        .sendTransaction(transfer)
        .catch(() => {
          // The oracle was quicker: its own transaction stands there again.
        });
      await replay.mine();
    },
  },
  {
    id: "F8",
    name: "disk full, and a second instance on the same store",
    play: async ({ replay, random, nodes, begin, kill }) => {
      const node = random.pick(nodes);
      let refused = false;
      await begin(node, { PORT: "0" }).catch((error: Error) => {
        refused = error.message.includes("another process holds");
      });
      if (!refused) throw new Error("a second instance was let in");
      await kill(node);
      // No file may grow beyond what is there now: SQLite sees a full disk.
      await begin(node, { CHAOS_FILE_LIMIT: "full" }).catch(() => {});
      await replay.hour();
      await sleep(150);
      await kill(node);
      await begin(node);
    },
  },
  {
    id: "F9",
    name: "members cut off from each other",
    play: async (stage) => {
      const { system, replay, random, nodes } = stage;
      system.partition(random.below(3) === 0 ? [...nodes] : [random.pick(nodes)]);
      await replay.hour();
      await mineFor(stage, random.below(900));
      system.partition([]);
    },
  },
  {
    id: "F10",
    name: "a meter's clock is wrong",
    play: async ({ system, replay }) => {
      await replay.hour();
      const serial = "home-01";
      const shared = { serial, epoch: 1, storedWh: 0n, ...replay.last(serial) };
      const now = Math.floor(Date.now() / 1_000);
      await withClient(system, async (client) => {
        for (const timestamp of [now + 3_600, 1, 2 ** 40 - 1])
          await client.publishAsync(
            topicOf(serial),
            signed(system, { ...shared, sequence: BigInt(timestamp), timestamp }),
            { qos: 1 },
          );
      });
    },
  },
  {
    id: "F11",
    name: "repeated, reordered, old and foreign readings",
    play: async ({ system, replay, random }) => {
      await replay.hour();
      const old = await replay.log();
      const serial = random.pick(["home-01", "home-02", "home-03"]);
      const foreign = { chainId: 1, registry: system.domain.registry };
      const at = replay.time() + 1;
      const elsewhere = {
        serial,
        epoch: 1,
        sequence: BigInt(at),
        timestamp: at,
        ...replay.last(serial),
        storedWh: 0n,
      };
      await withClient(system, async (client) => {
        for (let copy = 0; copy < 40; copy++) {
          const text = random.pick(old.slice(-40 - random.below(old.length)));
          await client.publishAsync(topicOf(JSON.parse(text).serial), text, { qos: 1 });
        }
        await client.publishAsync(topicOf(serial), signed(system, elsewhere, foreign), { qos: 1 });
      });
    },
  },
  {
    id: "F12",
    name: "registers reset, leap, or in another unit",
    play: async ({ system, replay, random }) => {
      await replay.hour();
      const serial = random.pick(["home-01", "home-02", "home-03"]);
      const { exportWh, importWh } = replay.last(serial);
      const timestamp = replay.time() + 30;
      const wrong = random.pick([
        { exportWh: 0n, importWh: 0n },
        { exportWh: exportWh * 1_000n, importWh: importWh * 1_000n },
        { exportWh: exportWh + 10n ** 9n, importWh },
        { exportWh, importWh: importWh > 0n ? importWh - 1n : 10n ** 9n },
      ]);
      const reading = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, storedWh: 0n, ...wrong };
      await withClient(system, async (client) => {
        await client.publishAsync(topicOf(serial), signed(system, reading), { qos: 1 });
      });
    },
  },
  {
    id: "F13",
    name: "a flood of poison",
    play: async ({ system, replay, random }) => {
      await withClient(system, async (client) => {
        const poison = [
          "{",
          "\u0000",
          "9".repeat(20_000),
          '{"serial":"home-01","serial":"home-02"}',
          "NaN",
          "",
        ];
        const sent: Promise<unknown>[] = [];
        for (let message = 0; message < 500; message++) {
          const topic = random.pick([topicOf("home-01"), topicOf("x"), "enerlink/v1/$committee/x/proposal"]);
          sent.push(client.publishAsync(topic, random.pick(poison), { qos: 1 }));
        }
        await Promise.all(sent);
      });
      await replay.hour();
    },
  },
];
