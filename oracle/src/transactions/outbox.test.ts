/** What becomes of an account's transactions, on the simulation's chain: its pool forgets, its blocks are replaced, others use the account. */
import { slotPoolAbi } from "@enerlink/protocol";
import { makeLog } from "@enerlink/service/log";
import { type Address, encodeFunctionData, type Hex, keccak256 } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeChain, type SimulatedChain } from "../../simulation/chain.ts";
import { CHAIN_ID, contracts, makeContracts } from "../../simulation/contracts.ts";
import { makeDice } from "../../simulation/dice.ts";
import { makeAccount, readSent } from "../../simulation/keys.ts";
import { makeScheduler, type Process, type Scheduler } from "../../simulation/scheduler.ts";
import { makeMetrics } from "../metrics.ts";
import { replaceTime } from "../seams/time.ts";
import { type Database, openMemory } from "../store/database.ts";
import { makeOutbox, type Outbox } from "./outbox.ts";
import { makeSender } from "./sender.ts";

const PAYER: Address = "0x00000000000000000000000000000000000000B0";
const GWEI = 10n ** 9n;
const BLOCK_MS = 3_000;
const BEGIN = 1_800_000_000_000;
/** Two blocks. */
const PATIENCE = 6_000;
/** Blocks that stand above one that is final. */
const FINALITY = 6n;
const refusedByPool = encodeFunctionData({ abi: slotPoolAbi, functionName: "clear", args: [1, 1] });

const account = makeAccount(PAYER);
const own: Process = { name: "oracle", alive: true, clockOffset: 0 };
let scheduler: Scheduler;
let chain: SimulatedChain;
let database: Database;
let outbox: Outbox;
/** All bytes that were sent, in order, and those of them that were not on disk. */
let sent: Hex[];
let unstored: Hex[];
/** What the node answers instead of taking what it is sent. */
let refusal: string | undefined;
/** Wei for each gas that are never exceeded. */
let maxFee: bigint | undefined;
/** Whether the chain cannot be trusted. */
let halted: boolean;
/** What the outbox told, with the transaction's nonce. */
let told: string[];
/** Every block's hash, as whoever follows the chain has seen it last; undefined where that is what the chain has now. */
let followed: Map<bigint, Hex> | undefined;

beforeEach(() => {
  scheduler = makeScheduler(BEGIN);
  const never = (): never => {
    throw new Error("the outbox has no timers");
  };
  replaceTime({
    // The clock on the wall is put back again and again: nothing waits by it.
    now: () => 2 * BEGIN - scheduler.now(),
    elapsed: scheduler.now,
    setTimeout: never,
    setInterval: never,
    clear: never,
    turn: never,
  });
  chain = makeChain({
    contracts: makeContracts([], []),
    genesis: { registers: new Map(), tokens: new Map(), clearedTo: 0, present: 0n, nonces: new Map() },
    ...{ scheduler, dice: makeDice(1), effect: () => true },
  });
  database = openMemory();
  followed = undefined;
  [sent, unstored, told, refusal, maxFee, halted] = [[], [], [], undefined, undefined, false];
  outbox = open();
});
afterEach(() => {
  replaceTime(undefined);
  database.close();
  expect(unstored).toEqual([]);
});

const hashes = () => new Map(chain.blocks.map(({ number, hash }) => [number, hash]));

/** The outbox of a process that was started now, with the store as it is. */
function open(): Outbox {
  const log = makeLog({ level: "silent" });
  const metrics = makeMetrics();
  const head = () => ({ ...chain.head(), baseFeePerGas: chain.head().baseFee });
  const client = chain.client(own);
  const isStored = database.prepare("SELECT 1 FROM attempts WHERE hash = ?");
  const broadcast = (raw: Hex): Promise<Hex> => {
    sent.push(raw);
    if (!isStored.get(keccak256(raw))) unstored.push(raw);
    return refusal ? Promise.reject(new Error(refusal)) : chain.broadcast(own, raw);
  };
  const common = { client, head, patience: PATIENCE, metrics, log };
  const sender = makeSender({ ...common, account, chainId: CHAIN_ID, broadcast, maxFee });
  const final = () => {
    const number = chain.head().number - FINALITY;
    return { number, hash: (followed ?? hashes()).get(number)! };
  };
  const made = makeOutbox({ ...common, database, sender, final, halted: () => halted });
  const tell =
    (what: string) =>
    ({ nonce }: { nonce: number }): void =>
      void told.push(`${what} ${nonce}`);
  made.handle("settle", {
    ...{ mined: tell("mined"), unmined: tell("unmined"), final: tell("final") },
    replaced: (transaction, hopeless) => tell(hopeless ? "hopeless" : "replaced")(transaction),
    after: (failed, transaction) => tell(failed ? "failed" : "done")(transaction),
  });
  return made;
}

const pass = (milliseconds: number) => scheduler.run(scheduler.now() + milliseconds, () => {});

/** Time goes on until it is done. */
async function done<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  for (let waited = 0; !over && waited < 60_000; waited++) await pass(1);
  return work;
}

/** The outbox hears that blocks were replaced, and looks. */
function reorganised(): Promise<void> {
  outbox.reorganised();
  return outbox.reconcile();
}

/** So many blocks come, and the outbox looks at each. */
async function blocks(count: number): Promise<void> {
  for (let block = 0; block < count; block++) {
    await pass(BLOCK_MS);
    await done(outbox.reconcile());
  }
}

const submit = ({ to = PAYER, data = "0x" }: { to?: Address; data?: Hex } = {}) =>
  done(outbox.submit({ kind: "settle", to, data, gas: 100_000n }, () => {}));

/** Another program with the same key uses a nonce, and pays more than this one. */
async function elsewhere(nonce: number): Promise<Hex> {
  const call = { to: contracts.energyMarket, data: "0x", gas: 21_000n, maxFeePerGas: 100n * GWEI } as const;
  const raw = await account.signTransaction({ ...call, nonce, chainId: CHAIN_ID, type: "eip1559" });
  return chain.take(raw);
}

/** Nonce, kind and state of all that is stored. */
const stored = () =>
  database
    .prepare<[], string>("SELECT nonce || ' ' || kind || ' ' || state FROM transactions ORDER BY nonce, id")
    .pluck()
    .all();
/** Nonces of what the chain has. */
const onChain = () =>
  chain.blocks.flatMap(({ included }) => included.map(({ sent: { nonce, to } }) => ({ nonce, to })));
const feeOf = (raw: Hex | undefined) => readSent(raw!).maxFee;

test("transactions take one nonce after the other, are told mined, and final once no block can be undone", async () => {
  await Promise.all([submit(), submit()]);
  expect(stored()).toEqual(["0 settle pending", "1 settle pending"]);
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined", "1 settle mined"]);
  expect(told).toEqual(["mined 0", "done 0", "mined 1", "done 1"]);
  await blocks(Number(FINALITY) - 1);
  expect(stored()).toEqual(["0 settle mined", "1 settle mined"]);
  await blocks(1);
  expect(stored()).toEqual(["0 settle final", "1 settle final"]);
  expect(told.slice(4)).toEqual(["final 0", "final 1"]);
  expect(sent).toHaveLength(2);
});

test("what another program has sent from the account is counted", async () => {
  await elsewhere(0);
  await pass(BLOCK_MS);
  await done(outbox.start());
  expect(await submit()).toMatchObject({ nonce: 1 });
  await blocks(1);
  expect(told).toEqual(["mined 1", "done 1"]);
});

test("sixteen that are not mined are as many as one account may have", async () => {
  for (let count = 0; count < 15; count++) await submit();
  expect(outbox.full()).toBe(false);
  await submit();
  expect(outbox.full()).toBe(true);
  await blocks(1);
  expect(outbox.full()).toBe(false);
});

/** The nonce 1 waits here, and 0 was another program's until its block was replaced. */
async function leaveGap(): Promise<void> {
  await elsewhere(0);
  await pass(BLOCK_MS);
  await done(outbox.start());
  await submit();
  chain.reorganise(1, 1);
}

test("a nonce that nobody uses any more is filled after a while, so that those behind it are mined", async () => {
  await leaveGap();
  await done(reorganised());
  await blocks(1);
  expect(stored()).toEqual(["1 settle pending"]);
  await blocks(2);
  expect(stored()[0]).toMatch(/^0 noop/);
  await blocks(1);
  expect(stored()).toEqual(["0 noop mined", "1 settle mined"]);
});

test("a nonce whose transaction waits in the pool is left to it", async () => {
  await leaveGap();
  chain.weather.skip = 1;
  await elsewhere(0);
  await done(reorganised());
  await blocks(4);
  expect(stored()).toEqual(["1 settle pending"]);
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["1 settle mined"]);
});

test("refused once is not refused", async () => {
  refusal = "intrinsic gas too low";
  await submit();
  refusal = undefined;
  await blocks(3);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(sent).toEqual([sent[0], sent[0]]);
});

test("what every node refuses again and again is given up, so that those behind it are mined", async () => {
  refusal = "intrinsic gas too low";
  await submit();
  await blocks(2);
  refusal = undefined;
  await submit();
  await blocks(2);
  expect(stored()).toEqual(["0 noop mined", "1 settle mined"]);
  expect(told).toEqual(["hopeless 0", "failed 0", "mined 1", "done 1"]);
  expect(outbox.obstacle()).toBeUndefined();
});

test("what no node has answered is sent again a second later, the same bytes", async () => {
  refusal = "fetch failed";
  await submit();
  refusal = undefined;
  await blocks(1);
  expect(sent).toEqual([sent[0], sent[0]]);
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
});

test("what a node calls too cheap gets a higher fee a second later", async () => {
  refusal = "transaction underpriced";
  await submit();
  refusal = undefined;
  await done(outbox.reconcile());
  expect(sent).toHaveLength(1);
  await blocks(1);
  expect(sent).toHaveLength(2);
  expect(feeOf(sent[1]) * 10n).toBeGreaterThanOrEqual(feeOf(sent[0]) * 11n);
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
});

test("an account that cannot pay is said to stand in the way, until it can", async () => {
  refusal = "insufficient funds for gas * price + value";
  await submit();
  expect(outbox.obstacle()).toBe(`${PAYER} cannot pay the gas of its transactions`);
  await blocks(2);
  expect(stored()).toEqual(["0 settle pending"]);
  [refusal, chain.weather.skip] = [undefined, 1];
  await blocks(2);
  expect(outbox.obstacle()).toBeUndefined();
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
});

test("a fee ends at the limit: it waits there, and that is said to stand in the way until it is mined", async () => {
  maxFee = 4n * GWEI;
  outbox = open();
  chain.weather.skip = 1;
  await submit();
  await blocks(12);
  expect(feeOf(sent.at(-1))).toBeGreaterThan(feeOf(sent[0]));
  for (const raw of sent) expect(feeOf(raw)).toBeLessThanOrEqual(maxFee);
  expect(outbox.obstacle()).toBe(`a transaction waits at the highest fee that ${PAYER} may pay`);
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(outbox.obstacle()).toBeUndefined();
});

test("while the chain cannot be trusted nothing is sent, nor told, and all of it afterwards", async () => {
  await submit();
  chain.forget();
  halted = true;
  await blocks(4);
  outbox = open();
  await done(outbox.start());
  expect(sent).toHaveLength(1);
  halted = false;
  await blocks(1);
  expect(sent).toEqual([sent[0], sent[0]]);
  await blocks(1);
  expect(told).toEqual(["mined 0", "done 0"]);
});

test("one that reverts is mined, and told to have failed", async () => {
  await submit({ to: contracts.slotPool, data: refusedByPool });
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(told).toEqual(["mined 0", "failed 0"]);
});

test("what waits and would only revert by now is given up", async () => {
  chain.weather.skip = 1;
  await submit({ to: contracts.slotPool, data: refusedByPool });
  await blocks(2);
  expect(stored()).toEqual(["0 settle pending"]);
  await blocks(1);
  expect(stored()).toEqual(["0 noop pending"]);
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["0 noop mined"]);
  expect(told).toEqual(["hopeless 0", "failed 0"]);
});

test("what a node has forgotten is sent again, the same bytes", async () => {
  await submit();
  chain.forget();
  await blocks(1);
  expect(sent).toHaveLength(1);
  await blocks(2);
  expect(sent).toEqual([sent[0], sent[0]]);
  expect(stored()).toEqual(["0 settle mined"]);
});

test("what blocks leave out gets a higher fee, and its latest bytes are those that are sent again", async () => {
  chain.weather.skip = 1;
  await submit();
  await blocks(3);
  const [first, raised] = [sent[0], sent.at(-1)];
  expect(feeOf(raised) * 10n).toBeGreaterThanOrEqual(feeOf(first) * 11n);
  const before = sent.length;
  await blocks(2);
  expect(sent.slice(before)).toEqual([raised]);
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(told).toEqual(["mined 0", "done 0"]);
});

test("what is mined is found whichever of its bytes it was", async () => {
  chain.weather.skip = 1;
  await submit();
  await blocks(3);
  chain.forget();
  chain.take(sent[0]!);
  chain.weather.skip = 0;
  await blocks(1);
  expect(stored()).toEqual(["0 settle mined"]);
  const hash = database.prepare<[], Hex>("SELECT hash FROM transactions").pluck().get();
  expect(hash).toBe(keccak256(sent[0]!));
});

test("a nonce that another program has taken is believed lost only after a while: nodes may lag", async () => {
  await submit();
  await elsewhere(0);
  await blocks(2);
  expect(stored()).toEqual(["0 settle pending"]);
  await blocks(1);
  expect(stored()).toEqual(["0 settle replaced"]);
  expect(told).toEqual(["replaced 0", "failed 0"]);
  expect(await submit()).toMatchObject({ nonce: 1 });
});

test("what a reorganisation puts into another block is told anew", async () => {
  await submit();
  await blocks(1);
  const before = chain.head().hash;
  chain.reorganise(1, 0);
  await done(reorganised());
  expect(told).toEqual(["mined 0", "done 0", "unmined 0", "mined 0", "done 0"]);
  const hash = database.prepare<[], Hex>("SELECT block_hash FROM transactions").pluck().get()!;
  expect(hash).not.toBe(before);
  expect(chain.blocks.find(({ included }) => included.length > 0)!.hash).toBe(hash);
});

test("what stands below a reorganisation stays mined, and is not final by it", async () => {
  await submit();
  await blocks(2);
  chain.reorganise(1, 0);
  await done(reorganised());
  expect(stored()).toEqual(["0 settle mined"]);
  expect(told).toEqual(["mined 0", "done 0"]);
});

test("what a reorganisation takes out of the chain waits again, and is sent again at once", async () => {
  await submit();
  await blocks(1);
  chain.weather.skip = 1;
  chain.reorganise(1, 1);
  await done(reorganised());
  expect(stored()).toEqual(["0 settle pending"]);
  chain.weather.skip = 0;
  await blocks(3);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(told).toEqual(["mined 0", "done 0", "unmined 0", "mined 0", "done 0"]);
  expect(onChain()).toEqual([{ nonce: 0, to: PAYER }]);
});

test("what a reorganisation took out is found by a later look where the first one has no answer", async () => {
  await submit();
  await blocks(1);
  chain.weather.skip = 1;
  chain.reorganise(1, 1);
  chain.weather.silent = 1;
  await expect(done(reorganised())).rejects.toThrow();
  chain.weather.silent = 0;
  expect(stored()).toEqual(["0 settle mined"]);
  await done(outbox.reconcile());
  expect(stored()).toEqual(["0 settle pending"]);
});

test("what waits is sent again at once after a reorganisation: the node may have dropped it", async () => {
  chain.weather.skip = 1;
  await submit();
  chain.reorganise(1, 1);
  chain.forget();
  await done(reorganised());
  expect(sent).toEqual([sent[0], sent[0]]);
});

test("what was final and left the chain all the same is sent again", async () => {
  await submit();
  await blocks(8);
  expect(stored()).toEqual(["0 settle final"]);
  chain.weather.skip = 1;
  chain.reorganise(8, 1);
  await done(reorganised());
  expect(stored()).toEqual(["0 settle pending"]);
  chain.weather.skip = 0;
  await blocks(3);
  expect(stored()).toEqual(["0 settle mined"]);
  expect(told).toEqual(["mined 0", "done 0", "final 0", "unmined 0", "mined 0", "done 0"]);
});

test("what was final and is gone is not sent again before it is known that blocks were replaced", async () => {
  await submit();
  await blocks(1);
  await pass(8 * BLOCK_MS);
  followed = hashes();
  chain.weather.skip = 1;
  chain.reorganise(9, 1);
  for (let look = 0; look < 3; look++) {
    await pass(PATIENCE);
    await done(outbox.reconcile());
  }
  expect([stored(), sent.length]).toEqual([["0 settle mined"], 1]);
  followed = undefined;
  await done(reorganised());
  expect(stored()).toEqual(["0 settle pending"]);
});

test("what stood in a block that was replaced before anybody followed it waits again once no block can be undone", async () => {
  await submit();
  await blocks(1);
  chain.weather.skip = 1;
  chain.reorganise(1, 1);
  await blocks(7);
  expect(stored()).toEqual(["0 settle pending"]);
});

test("a process that starts sends what waits once, as it is on disk, and looks whether what was mined still is", async () => {
  await submit();
  await blocks(1);
  chain.weather.skip = 1;
  await submit();
  chain.reorganise(1, 1);
  chain.forget();
  const waiting = sent.splice(0).at(-1);
  outbox = open();
  await done(outbox.start());
  expect(stored()).toEqual(["0 settle pending", "1 settle pending"]);
  expect(sent).toEqual([waiting]);
  chain.weather.skip = 0;
  await blocks(3);
  expect(stored()).toEqual(["0 settle mined", "1 settle mined"]);
  expect(onChain().map(({ nonce }) => nonce)).toEqual([0, 1]);
});
