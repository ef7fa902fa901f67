/**
 * A chain of blocks with the contracts on it, and a node of it that the oracle asks: blocks come every few seconds, are
 * replaced by others, and transactions wait in the node's pool by sender, nonce and fee. Requests are answered late, or
 * not at all.
 */
import { createHash } from "node:crypto";
import {
  MeterKind,
  MeterStatus,
  meterId,
  oracleCommitteeAbi,
  type Report,
  serialOf,
  slotPoolAbi,
  TrustClass,
} from "@enerlink/protocol";
import {
  type Abi,
  type Address,
  decodeFunctionData,
  type Hex,
  type PublicClient,
  TransactionReceiptNotFoundError,
  zeroAddress,
} from "viem";
import {
  contracts as addresses,
  CONFIGURATION,
  type Contracts,
  copyState,
  type Event,
  PATIENCE,
  QUORUM,
  Refusal,
  SLOT,
  type State,
  TOLERANCE,
} from "./contracts.ts";
import type { Dice } from "./dice.ts";
import { hashOfSent, readSent, type Sent } from "./keys.ts";
import type { Process, Scheduler } from "./scheduler.ts";

const GWEI = 1_000_000_000n;
/** Seconds. */
const BLOCK_TIME = 3;

type Transaction = { raw: Hex; hash: Hex; sent: Sent };
type Included = Transaction & { success: boolean; events: Event[] };
export type Block = {
  number: bigint;
  hash: Hex;
  parentHash: Hex;
  timestamp: bigint;
  baseFee: bigint;
  included: Included[];
  state: State;
};

const hashOf = (text: string): Hex => `0x${createHash("sha256").update(text).digest("hex")}`;

const calls = new Map<Hex, { functionName: string; args: readonly unknown[] }>();

function callOf(to: Address, data: Hex): { functionName: string; args: readonly unknown[] } | undefined {
  if (data === "0x") return undefined;
  const known = calls.get(data);
  if (known) return known;
  const abi = (to === addresses.slotPool ? slotPoolAbi : oracleCommitteeAbi) as Abi;
  const call = decodeFunctionData({ abi, data }) as { functionName: string; args: readonly unknown[] };
  if (calls.size > 5_000) calls.clear();
  calls.set(data, call);
  return call;
}

/** @throws Refusal */
function execute(
  contracts: Contracts,
  state: State,
  from: Address,
  call: ReturnType<typeof callOf>,
  time: number,
) {
  if (!call) return [];
  const { functionName, args } = call;
  if (functionName === "clear") return contracts.clear(state, Number(args[1]), time);
  const [reports, deadline, signatures, , slotEnd] = args as [Report[], bigint, Hex[], number, number];
  const events = contracts.submit(state, { reports, deadline, signatures }, from, time);
  if (functionName === "submit") return events;
  try {
    return [...events, ...contracts.clear(state, Number(slotEnd), time)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [...events, contracts.notCleared(Number(slotEnd), error.data)];
  }
}

const isRefused = (error: unknown) => error instanceof Refusal;

export type SimulatedChain = ReturnType<typeof makeChain>;

/** What a transaction does to the state; one that reverts uses its nonce alone. */
function apply(contracts: Contracts, state: State, transaction: Transaction, timestamp: number): Included {
  const { from, to, data, nonce } = transaction.sent;
  state.nonces.set(from, nonce + 1);
  const trial = copyState(state);
  try {
    const events = execute(contracts, trial, from, callOf(to, data), timestamp);
    Object.assign(state, trial);
    return { ...transaction, success: true, events };
  } catch (error) {
    if (!isRefused(error)) throw error;
    return { ...transaction, success: false, events: [] };
  }
}

function makeBlocks(contracts: Contracts, genesis: State, scheduler: Scheduler, dice: Dice) {
  const time = () => Math.floor(scheduler.now() / 1_000);
  const first: Block = {
    number: 0n,
    hash: hashOf("genesis"),
    parentHash: hashOf(""),
    timestamp: BigInt(time() - BLOCK_TIME),
    baseFee: GWEI,
    included: [],
    state: genesis,
  };
  const blocks: Block[] = [first];
  /** What waits, by sender and nonce. */
  let waiting: Transaction[] = [];
  let forks = 0;
  const head = () => blocks.at(-1)!;

  /** @param skip The part of what waits that this block leaves out */
  function mine(skip: number): Block {
    const parent = head();
    const timestamp = Math.max(time(), Number(parent.timestamp) + 1);
    const state = copyState(parent.state);
    const baseFee = (parent.baseFee * BigInt(dice.between(90, 112))) / 100n + 1n;
    const included: Included[] = [];
    const ready = waiting.toSorted((a, b) => a.sent.nonce - b.sent.nonce);
    for (const transaction of ready) {
      const { from, nonce, maxFee } = transaction.sent;
      if (nonce !== (state.nonces.get(from) ?? 0) || maxFee < baseFee || dice.chance(skip)) continue;
      included.push(apply(contracts, state, transaction, timestamp));
    }
    waiting = waiting.filter(({ sent: { from, nonce } }) => nonce >= (state.nonces.get(from) ?? 0));
    const hash = hashOf(`${parent.hash} ${forks} ${included.map((one) => one.hash).join()} ${timestamp}`);
    const block = { number: parent.number + 1n, hash, parentHash: parent.hash, timestamp: BigInt(timestamp) };
    blocks.push({ ...block, baseFee, included, state });
    return head();
  }

  return {
    blocks,
    head,
    mine,
    waiting: () => waiting,
    /** Takes the last `depth` blocks away; the pool forgets a part of what was in them. */
    undo: (depth: number, forgets: number): Block => {
      forks++;
      const gone = blocks.splice(Math.max(1, blocks.length - depth));
      for (const { included } of gone)
        for (const { raw, hash, sent } of included)
          if (!dice.chance(forgets)) waiting.push({ raw, hash, sent });
      return head();
    },
    /** The node forgets what waits. */
    forget: () => {
      waiting = [];
    },
    /** @throws as nodes refuse. */
    take: (raw: Hex): Hex => {
      const transaction = { raw, hash: hashOfSent(raw), sent: readSent(raw) };
      const { from, nonce, maxFee } = transaction.sent;
      if (nonce < (head().state.nonces.get(from) ?? 0)) throw new Error("nonce too low");
      const before = waiting.find((other) => other.sent.from === from && other.sent.nonce === nonce);
      if (before?.hash === transaction.hash) throw new Error("already known");
      if (before && maxFee * 10n < before.sent.maxFee * 11n)
        throw new Error("replacement transaction underpriced");
      waiting = [...waiting.filter((other) => other !== before), transaction];
      return transaction.hash;
    },
  };
}

type Blocks = ReturnType<typeof makeBlocks>;

const shown = ({ number, hash, parentHash, timestamp, baseFee }: Block) => ({
  ...{ number, hash, parentHash, timestamp },
  baseFeePerGas: baseFee,
});

function makeLogs({ number, hash, included }: Block) {
  let logIndex = 0;
  return included.flatMap((transaction, transactionIndex) =>
    transaction.events.map(({ address, topics, data }) => ({
      ...{ address, topics, data, blockNumber: number, blockHash: hash, transactionIndex },
      ...{ transactionHash: transaction.hash, logIndex: logIndex++, removed: false },
    })),
  );
}

const logs = new WeakMap<Block, ReturnType<typeof makeLogs>>();

/** Made once: every member asks for the same. */
function logsOf(block: Block) {
  const known = logs.get(block) ?? makeLogs(block);
  logs.set(block, known);
  return known;
}

/** What the node answers of the contracts' state. */
function makeReads(contracts: Contracts, { head }: Blocks) {
  const owner = (serial: string): Address =>
    `0x${(contracts.meters.findIndex((m) => m.serial === serial) + 0xabc).toString(16).padStart(40, "0")}`;
  const reads: Record<string, (...args: never[]) => unknown> = {
    meterCount: () => contracts.meters.length,
    meterIdOf: (number: number) => meterId(contracts.meters[number - 1]!.serial),
    unsignedSettlement: () => false,
    meter: (id: Hex) => {
      const { serial, key, watts, epochDeclaredAt } = contracts.bySerial.get(serialOf(id))!;
      return {
        ...{ keyX: key.x, keyY: key.y, owner: owner(serial), pendingOwner: zeroAddress },
        ...{
          kind: MeterKind.Prosumer,
          trust: TrustClass.A,
          status: MeterStatus.Active,
          connectionPoint: meterId(serial),
        },
        ...{
          exportWatts: watts,
          importWatts: watts,
          capacityWh: 0n,
          epoch: 1,
          epochDeclaredAt,
          activeFrom: 0,
        },
      };
    },
    settled: (id: Hex) => {
      const serial = serialOf(id);
      const last = head().state.registers.get(serial);
      if (!last) return [0n, 0n, 0n, 0n, 0, 1];
      // What a slotted meter has open is no debt.
      const debtWh = contracts.bySerial.get(serial)!.slotted ? 0n : last.openWh;
      return [last.exportWh, last.importWh, debtWh, last.storedWh, last.timestamp, 1];
    },
    allowedRating: (id: Hex) => {
      const { watts } = contracts.bySerial.get(serialOf(id))!;
      return [watts, watts];
    },
    nextRating: () => [0, 0, 0],
    quorum: () => QUORUM,
    configuration: () => CONFIGURATION,
    TOLERANCE: () => TOLERANCE,
    PATIENCE: () => PATIENCE,
    communityCount: () => 1,
    community: () => ({ slot: SLOT, clearedTo: head().state.clearedTo, present: head().state.present }),
  };
  return (address: Address, functionName: string, args: readonly unknown[] = []): unknown => {
    if (functionName === "members")
      return address === addresses.slotPool ? contracts.sharers.map(meterId) : contracts.members;
    const read = reads[functionName];
    if (!read) throw new Error(`the simulated chain does not know ${functionName}`);
    return read(...(args as never[]));
  };
}

/** What a node answers, as viem's client gives it. */
function makeAnswers(contracts: Contracts, made: Blocks, scheduler: Scheduler) {
  const { blocks, head } = made;
  const read = makeReads(contracts, made);
  const find = (hash: Hex) => {
    for (const block of blocks)
      for (const transaction of block.included) if (transaction.hash === hash) return { block, transaction };
    return undefined;
  };
  const pendingTime = () => Math.max(Math.floor(scheduler.now() / 1_000), Number(head().timestamp) + 1);
  const tryOut = (from: Address, to: Address, data: Parameters<typeof execute>[3]) => {
    try {
      execute(contracts, copyState(head().state), from, data, pendingTime());
    } catch (error) {
      throw error instanceof Refusal ? error.error : error;
    }
    return { to };
  };
  return {
    getChainId: () => 7_777,
    getBlockNumber: () => head().number,
    getBalance: () => 10n ** 18n,
    getBlock: ({ blockNumber, blockTag }: { blockNumber?: bigint; blockTag?: string } = {}) => {
      if (blockTag === "pending") return { ...shown(head()), timestamp: BigInt(pendingTime()) };
      const block = blockNumber === undefined ? head() : blocks[Number(blockNumber)];
      if (!block) throw new Error(`no block ${blockNumber}`);
      return shown(block);
    },
    getLogs: ({ address, fromBlock, toBlock }: { address: Address[]; fromBlock: bigint; toBlock: bigint }) =>
      blocks
        .slice(Number(fromBlock), Number(toBlock) + 1)
        .flatMap(logsOf)
        .filter((log) => address.includes(log.address)),
    readContract: (call: { address: Address; functionName: string; args?: readonly unknown[] }) =>
      read(call.address, call.functionName, call.args),
    simulateContract: (call: {
      address: Address;
      functionName: string;
      args: readonly unknown[];
      account: Address;
    }) => tryOut(call.account, call.address, call),
    call: ({ account, to, data }: { account: Address; to: Address; data: Hex }) =>
      tryOut(account, to, callOf(to, data)),
    getTransactionCount: ({ address, blockTag }: { address: Address; blockTag: string }) => {
      let nonce = head().state.nonces.get(address) ?? 0;
      if (blockTag === "pending")
        while (made.waiting().some(({ sent }) => sent.from === address && sent.nonce === nonce)) nonce++;
      return nonce;
    },
    getTransactionReceipt: ({ hash }: { hash: Hex }) => {
      const found = find(hash);
      if (!found) throw new TransactionReceiptNotFoundError({ hash });
      const { block, transaction } = found;
      return {
        ...{ transactionHash: hash, blockNumber: block.number, blockHash: block.hash },
        ...{ gasUsed: 100_000n, effectiveGasPrice: block.baseFee },
        status: transaction.success ? "success" : "reverted",
        logs: logsOf(block).filter(({ transactionHash }) => transactionHash === hash),
      };
    },
    getTransaction: ({ hash }: { hash: Hex }) => {
      const found = find(hash);
      if (!found) throw new Error(`no transaction ${hash}`);
      return { input: found.transaction.sent.data };
    },
  };
}

/** What is sent may arrive although its sender never hears of it. */
function makeBroadcast(
  made: Blocks,
  {
    scheduler,
    dice,
    weather,
    effect,
  }: { scheduler: Scheduler; dice: Dice; weather: Weather; effect: (owner: Process) => boolean },
) {
  return function broadcast(owner: Process, raw: Hex): Promise<Hex> {
    if (!effect(owner)) return new Promise(() => {});
    let answer: () => Hex = () => {
      throw new Error("the node does not answer");
    };
    scheduler.after(
      dice.between(1, 10) * weather.slow,
      () => {
        if (weather.down) return;
        try {
          const hash = made.take(raw);
          answer = () => hash;
        } catch (error) {
          answer = () => {
            throw error;
          };
        }
      },
      "world",
    );
    return new Promise((resolve, reject) => {
      scheduler.after(
        25 * weather.slow,
        () => {
          if (dice.chance(weather.silent)) return reject(new Error("the node does not answer"));
          try {
            resolve(answer());
          } catch (error) {
            reject(error);
          }
        },
        owner,
      );
    });
  };
}

/** Parts of what is asked, of answers to what was sent, and of what waits that each block leaves out. */
type Weather = { slow: number; silent: number; skip: number; down: boolean };

type Needs = {
  contracts: Contracts;
  genesis: State;
  scheduler: Scheduler;
  dice: Dice;
  effect: (owner: Process) => boolean;
};

export function makeChain({ contracts, genesis, scheduler, dice, effect }: Needs) {
  const made = makeBlocks(contracts, genesis, scheduler, dice.apart("blocks"));
  const answers = makeAnswers(contracts, made, scheduler);
  const weather: Weather = { slow: 1, silent: 0, skip: 0, down: false };
  const listeners: ((block: Block) => void)[] = [];
  const undone: ((kept: Block) => void)[] = [];

  function next(): Block {
    const block = made.mine(weather.skip);
    for (const listener of listeners) listener(block);
    return block;
  }

  /** What `owner` asks: answered after a while, if at all. */
  function ask<T>(owner: Process, work: () => T): Promise<T> {
    if (!effect(owner)) return new Promise(() => {});
    return new Promise<T>((resolve, reject) => {
      scheduler.after(
        dice.between(1, 15) * weather.slow,
        () => {
          if (weather.down || dice.chance(weather.silent))
            return reject(new Error("the node does not answer"));
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        },
        owner,
      );
    });
  }

  function tick(): void {
    next();
    scheduler.after(BLOCK_TIME * 1_000, tick, "world");
  }
  scheduler.after(BLOCK_TIME * 1_000, tick, "world");

  return {
    blocks: made.blocks,
    head: made.head,
    weather,
    /** Told of each new block. */
    onBlock: (listener: (block: Block) => void) => void listeners.push(listener),
    genesisHash: made.blocks[0]!.hash,
    /** The last `depth` blocks are replaced by one more. */
    reorganise: (depth: number, forgets: number): void => {
      const kept = made.undo(depth, forgets);
      const wanted = made.blocks.length;
      for (const listener of undone) listener(kept);
      while (made.blocks.length < wanted + depth + 1) next();
    },
    forget: made.forget,
    /** Bytes that somebody sends who is no member. */
    take: made.take,
    onUndone: (listener: (kept: Block) => void) => void undone.push(listener),
    client: (owner: Process): PublicClient =>
      Object.fromEntries(
        Object.entries(answers).map(([name, answer]) => [
          name,
          (call: never) => ask(owner, () => (answer as (given: never) => unknown)(call)),
        ]),
      ) as unknown as PublicClient,
    broadcast: makeBroadcast(made, { scheduler, dice, weather, effect }),
  };
}
