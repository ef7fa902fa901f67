/**
 * A life of the committee, from its seed: three members, their broker and chain, four meters, and the faults that come to
 * them. While it lasts it is checked again and again; after the last fault everything has time to come right.
 */
import { readingJson } from "@enerlink/protocol/wire/reading";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { type Address, getAddress } from "viem";
import { replaceNetwork } from "../src/seams/network.ts";
import { replaceRandom } from "../src/seams/random.ts";
import { replaceSignatures } from "../src/seams/signatures.ts";
import { replaceTime, type Timer } from "../src/seams/time.ts";
import { makeBroker } from "./broker.ts";
import { makeChain } from "./chain.ts";
import { BEGUN as BEGIN, type Checks, makeChecks } from "./checks.ts";
import { makeContracts, type Registered, type State } from "./contracts.ts";
import { type Dice, makeDice } from "./dice.ts";
import { type Fault, faultsOf, happen } from "./faults.ts";
import { meterKey, signReading, simulatedSignatures } from "./keys.ts";
import { domain, type Member, makeMember } from "./member.ts";
import { type Meters, makeMeters } from "./meters.ts";
import { makeScheduler, type Process, type Scheduler } from "./scheduler.ts";

/** Milliseconds after the beginning of a slot: soon the first windows end. */
const EARLY = 40_500;
const MEMBERS = ["A", "B", "C"];

const addressOf = (number: number): Address => getAddress(`0x${number.toString(16).padStart(40, "0")}`);

const keys = new Map<number, ReturnType<typeof meterKey>>();
const keyOf = (number: number) => {
  const known = keys.get(number) ?? meterKey(number);
  keys.set(number, known);
  return known;
};

export const METERS: readonly Registered[] = ["home-1", "home-2", "slot-1", "slot-2"].map(
  (serial, index) => ({
    serial,
    key: keyOf(index + 1),
    watts: 10_000,
    slotted: serial.startsWith("slot"),
    epochDeclaredAt: BEGIN - 1_000,
  }),
);

export type World = {
  scheduler: Scheduler;
  broker: ReturnType<typeof makeBroker>;
  chain: ReturnType<typeof makeChain>;
  members: Member[];
  meters: Meters;
  checks: Checks;
  log: (who: string, text: string) => void;
};

/** Puts the simulated machine in the place of the real one. @returns how to undo that */
function simulateMachine(
  scheduler: Scheduler,
  dice: Dice,
  connectBroker: (owner: Process, clean: boolean) => never,
): () => void {
  let ids = 0;
  const cancelled = new WeakSet<object>();
  const timer = (work: () => unknown, milliseconds: number, again: boolean): Timer => {
    const handle = {};
    const fire = () => {
      if (cancelled.has(handle)) return;
      if (again) scheduler.after(milliseconds, fire);
      work();
    };
    scheduler.after(milliseconds, fire);
    return handle as Timer;
  };
  replaceTime({
    now: () => scheduler.now() + (scheduler.current()?.clockOffset ?? 0),
    elapsed: scheduler.now,
    setTimeout: (work, milliseconds) => timer(work, milliseconds, false),
    setInterval: (work, milliseconds) => timer(work, milliseconds, true),
    clear: (handle) => {
      if (handle) cancelled.add(handle);
    },
    turn: () => new Promise((resolve) => scheduler.after(0, resolve)),
  });
  replaceRandom({
    bytes: (length) => Buffer.from(Array.from({ length }, () => dice.between(0, 255))),
    uuid: () => `id-${++ids}`,
  });
  replaceSignatures({
    ...simulatedSignatures,
    // Other cores take their time.
    verifyReading: async (...given) => {
      const authentic = await simulatedSignatures.verifyReading(...given);
      await new Promise<void>((resolve) => scheduler.after(dice.between(0, 3), resolve));
      return authentic;
    },
  });
  replaceNetwork({
    broker: (_, { clean = true }) => connectBroker(scheduler.current()!, clean),
    chain: () => {
      throw new Error("the simulated chain is asked without a transport");
    },
    socket: () => {
      throw new Error("the simulated chain tells of no blocks");
    },
    fetch: () => Promise.reject(new Error("nothing answers HTTP in a simulation")),
  });
  return () => {
    for (const replace of [replaceTime, replaceRandom, replaceSignatures, replaceNetwork]) replace(undefined);
  };
}

function genesis(meters: Meters): State {
  const registers: State["registers"] = new Map();
  for (const { serial, slotted } of METERS)
    if (slotted)
      registers.set(serial, { ...meters.registersAt(serial, BEGIN), timestamp: BEGIN, openWh: 0n });
  return { registers, tokens: new Map(), clearedTo: BEGIN, present: 3n, nonces: new Map() };
}

/** What became of a life. */
export type Told = {
  seed: number;
  faults: Fault[];
  /** What must never be, if it was. */
  problem: string | undefined;
  history: string[];
  steps: number;
  /** What its chain came to. */
  settled: number;
  cleared: number;
};

/** @param given Other faults than the seed's: a part of them, to find out which it takes. */
export async function live(seed: number, given?: Fault[]): Promise<Told> {
  const dice = makeDice(seed);
  const scheduler = makeScheduler(BEGIN * 1_000 + EARLY);
  const history: string[] = [];
  const log = (who: string, text: string) =>
    void history.push(
      `${((scheduler.now() - BEGIN * 1_000) / 1_000).toFixed(3).padStart(8)} ${who.padEnd(6)} ${text}`,
    );
  const faults = given ?? faultsOf(dice.apart("faults"));
  let steps = 0;
  const world = build(scheduler, dice, log);
  const { checks, members, meters } = world;
  const undo = simulateMachine(scheduler, dice.apart("random"), (owner, clean) => {
    const member = members.find(({ name }) => name === owner.name)!;
    return world.broker.connect(member.session, owner, clean) as never;
  });
  try {
    for (const member of members) member.start();
    meters.start();
    for (const fault of faults) scheduler.after(fault.at * 1_000, () => happen(fault, world), "world");
    const calm = Math.max(60, ...faults.map(({ at, lasts = 0 }) => at + lasts));
    await scheduler.run(meters.endAfter(calm) * 1_000, () => {
      steps++;
      if (checks.problem()) throw new Found();
    });
    checks.end();
  } catch (error) {
    if (!(error instanceof Found)) throw error;
  } finally {
    undo();
    for (const member of members) member.kill();
  }
  if (checks.problem()) log("check", checks.problem()!);
  const happened = world.chain.blocks.flatMap(({ included }) => included.flatMap(({ events }) => events));
  const count = (event: string) => happened.filter(({ name }) => name === event).length;
  const came = { settled: count("MeterSettled"), cleared: count("SlotCleared") };
  return { seed, faults, problem: checks.problem(), history, steps, ...came };
}

class Found extends Error {}

function build(scheduler: Scheduler, dice: Dice, log: World["log"]): World {
  const members: Member[] = [];
  const effect = (owner: Process) => members.find(({ name }) => name === owner.name)!.effect(owner);
  const checks = makeChecks({ members, meters: METERS, log, now: scheduler.now });
  const broker = makeBroker({
    scheduler,
    dice: dice.apart("broker"),
    effect,
    acknowledges: (session, topic, payload) => checks.acknowledges(session, topic, payload),
    subscribes: (session) => checks.subscribes(session),
  });
  const meters = makeMeters({
    scheduler,
    dice: dice.apart("meters"),
    meters: METERS,
    publish: (reading) => {
      const signed = signReading(
        domain,
        reading,
        METERS.find(({ serial }) => serial === reading.serial)!.key,
      );
      checks.metered(signed);
      return Buffer.from(JSON.stringify(readingJson(signed)));
    },
    send: (serial, payload) => {
      const taken = broker.publish(meterTopic(serial, "reading"), payload, 1);
      if (taken) checks.published(payload);
      return taken;
    },
  });
  const contracts = makeContracts(
    METERS,
    MEMBERS.map((_, index) => addressOf(0xa0 + index)),
  );
  const chain = makeChain({
    contracts,
    genesis: genesis(meters),
    scheduler,
    dice: dice.apart("chain"),
    effect,
  });
  checks.follow(chain);
  MEMBERS.forEach((name, index) => {
    members.push(
      makeMember({
        ...{ name, chain, scheduler, address: addressOf(0xa0 + index), payer: addressOf(0xb0 + index) },
        watch: {
          says: (who, level, text) => log(who, `${level}: ${text}`),
          signs: checks.signs,
          sends: checks.sends,
          mistaken: checks.mistaken,
          ended: (who, error) => log(who, `ends: ${(error as Error)?.message ?? error}`),
        },
        gone: broker.gone,
      }),
    );
  });
  return { scheduler, broker, chain, members, meters, checks, log };
}
