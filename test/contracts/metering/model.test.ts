/**
 * What the oracle's simulated lives take for the contracts, held against the contracts: the same random settlements and
 * clearings, right and wrong ones, do the same to both, or are refused by both with the same words.
 *
 * ENERLINK_MODEL_STEPS so many in each sequence, ENERLINK_MODEL_RUNS so many sequences, from ENERLINK_MODEL_FIRST on.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  energyConverterAbi,
  oracleCommitteeAbi,
  type Report,
  serialOf,
  settlementBatchTypedData,
  slotPoolAbi,
} from "@enerlink/protocol";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  getAddress,
  type Hash,
  type Hex,
  keccak256,
  parseEventLogs,
  toHex,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  type Batch,
  CHAIN_ID,
  COMMUNITY,
  CONFIGURATION,
  type Contracts,
  copyState,
  makeContracts,
  contracts as places,
  Refusal,
  type Registered,
  type State,
} from "../../../oracle/simulation/contracts.ts";
import { type Dice, makeDice } from "../../../oracle/simulation/dice.ts";
import { makeAccount } from "../../../oracle/simulation/keys.ts";
import { committee, GENESIS, report, type System, startSystem } from "./system.ts";

const STEPS = Number(process.env.ENERLINK_MODEL_STEPS ?? 60);
const RUNS = Number(process.env.ENERLINK_MODEL_RUNS ?? 3);
const FIRST = Number(process.env.ENERLINK_MODEL_FIRST ?? 1);

const SLOT = 60;
const WATTS = 10_000;
const CREDIT = 2n ** 40n;
const members = committee.slice(0, 3);
const stranger = committee[3]!;
const QUORUM = 2;

const METERS = ["home-1", "home-2", "slot-1", "slot-2", "slot-3"];
const sharers = METERS.filter((serial) => serial.startsWith("slot"));
const ownerOf = (serial: string): Address => getAddress(keccak256(toHex(`owner of ${serial}`)).slice(0, 42));

/** What both say of an event, and of a refusal. */
type Said = { name: string; args: unknown };
type Result = { events: Said[] } | { refused: Said };

/** As text: addresses and hashes differ in their letters' case alone. */
const plain = (value: unknown) =>
  JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}` : one)).toLowerCase();

/** A call as both are asked for it. */
type Call =
  | { kind: "submit"; batch: Signable }
  | { kind: "clear"; slotEnd: number }
  | { kind: "both"; batch: Signable; slotEnd: number };
type Signable = { reports: Report[]; deadline: bigint; signers: readonly PrivateKeyAccount[] };

/** Three neighbours in slots of a minute and two homes of their own, everybody with money enough. */
async function begin() {
  const system = await startSystem({
    COMMITTEE_MEMBERS: members.map(({ address }) => address).join(),
    COMMITTEE_QUORUM: `${QUORUM}`,
  });
  const { networkHelpers, register, market, pool, idrs, etk, converter, wallets } = system;
  const operator = wallets[0]!.account.address;
  await idrs.write.deposit([operator, 10n ** 24n, toHex(1, { size: 32 })]);
  await idrs.write.approve([market.address, 2n ** 256n - 1n]);
  await networkHelpers.impersonateAccount(converter.address);
  await networkHelpers.setBalance(converter.address, 10n ** 18n);
  await etk.write.mint([operator, 10n ** 12n], { account: converter.address });
  await etk.write.approve([market.address, 2n ** 256n - 1n]);
  await market.write.deposit([10n ** 12n, 10n ** 20n]);
  const grid = getAddress(toHex(0x6121d, { size: 20 }));
  await market.write.depositFor([grid, 0n, 1n]);
  await market.write.authorizeModule([pool.address, true]);
  await pool.write.createCommunity([operator, grid, 1_445, 900, 100]);
  await pool.write.acceptCommunity([COMMUNITY]);
  await pool.write.setSlotLength([COMMUNITY, SLOT]);
  const ids = new Map<string, Hex>();
  for (const serial of METERS) ids.set(serial, await register(serial, ownerOf(serial), { creditWh: CREDIT }));
  const settle = async (reports: Report[]) => {
    const signatures = await system.sign(reports, members.slice(0, QUORUM));
    await system.oracle.write.submit([reports, 2n ** 64n - 1n, signatures]);
  };
  const baselines = (at: number) =>
    sharers.map((serial) => report(ids.get(serial)!, at, { exportWh: 1_000_000n, importWh: 2_000_000n }));
  const start = GENESIS + 86_400;
  await networkHelpers.time.setNextBlockTimestamp(start);
  await settle(baselines(start));
  for (const serial of sharers) {
    const account = ownerOf(serial);
    await market.write.depositFor([account, 0n, 10n ** 15n]);
    await market.write.authorizeModule([pool.address, true], { account });
    await pool.write.admit([ids.get(serial)!, COMMUNITY]);
    await pool.write.join([ids.get(serial)!, COMMUNITY, 1, 65_535], { account });
  }
  // The first slot in which everybody was read at both ends.
  for (const at of [start + SLOT, start + 2 * SLOT]) {
    await networkHelpers.time.setNextBlockTimestamp(at);
    await settle(baselines(at));
    await pool.write.clear([COMMUNITY, at]);
  }
  return {
    system,
    ids,
    declaredAt: Object.fromEntries(await Promise.all(METERS.map(declared(system, ids)))),
  };
}

const declared = (system: System, ids: Map<string, Hex>) => async (serial: string) => {
  const { epochDeclaredAt } = await system.registry.read.meter([ids.get(serial)!]);
  return [serial, epochDeclaredAt] as const;
};

/** What the contracts have, as the model has it. */
async function stateOf({ converter, etk, pool }: System, ids: Map<string, Hex>): Promise<State> {
  const registers: State["registers"] = new Map();
  const tokens: State["tokens"] = new Map();
  for (const [serial, id] of ids) {
    const [exportWh, importWh, , storedWh, timestamp] = await converter.read.settled([id]);
    // Of a slotted meter it is what is open, and no debt.
    const openWh = BigInt.asIntN(56, BigInt(await converter.read.registersWord([id])) >> 88n);
    if (timestamp > 0) registers.set(serial, { exportWh, importWh, storedWh, timestamp, openWh });
    const held = await etk.read.balanceOf([ownerOf(serial)]);
    if (held > 0n && !sharers.includes(serial)) tokens.set(serial, held);
  }
  const { clearedTo, present } = await pool.read.community([COMMUNITY]);
  return { registers, tokens, clearedTo, present, nonces: new Map() };
}

const abi = [...oracleCommitteeAbi, ...energyConverterAbi, ...slotPoolAbi] as const;
/** What the model speaks of. */
const EVENTS = [
  "BatchSubmitted",
  "MeterSettled",
  "ReportSkipped",
  "SlotClosed",
  "SlotCleared",
  "SlotNotCleared",
];

async function askContracts({
  system,
  call,
  time,
}: {
  system: System;
  call: Call;
  time: number;
}): Promise<Result> {
  const { oracle, pool, client, networkHelpers, chainId } = system;
  await networkHelpers.time.setNextBlockTimestamp(time);
  const signed = async ({ reports, deadline, signers }: Signable) => {
    const data = settlementBatchTypedData(chainId, oracle.address, {
      reports,
      deadline,
      configuration: CONFIGURATION,
    });
    const signatures = await Promise.all(signers.map((signer) => signer.signTypedData(data)));
    return [reports, deadline, signatures] as const;
  };
  // Sent whatever it does, so that the block has the time that the model is asked for.
  const send = async (): Promise<Hash> => {
    const gas = { gas: 16_000_000n };
    if (call.kind === "clear") return pool.write.clear([COMMUNITY, call.slotEnd], gas);
    const batch = await signed(call.batch);
    if (call.kind === "submit") return oracle.write.submit(batch, gas);
    return oracle.write.submitAndClear([...batch, COMMUNITY, call.slotEnd], gas);
  };
  try {
    const { logs, status } = await client.getTransactionReceipt({ hash: await send() });
    assert.equal(status, "success");
    const found = parseEventLogs({ abi, logs }).filter(({ eventName }) => EVENTS.includes(eventName));
    return { events: found.map(({ eventName, args }) => ({ name: eventName, args })) };
  } catch (error) {
    return { refused: refusalIn(error) };
  }
}

/** The contract's own error in what the node answered. */
function refusalIn(error: unknown): Said {
  if (!(error instanceof BaseError)) throw error;
  const reverted = error.walk((one) => one instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError && reverted.data)
    return { name: reverted.data.errorName, args: reverted.data.args ?? [] };
  const data = error.walk((one) => typeof (one as { data?: unknown }).data === "string") as {
    data?: Hex;
  } | null;
  if (!data?.data) throw error;
  const { errorName, args } = decodeErrorResult({ abi: abi as Abi, data: data.data });
  return { name: errorName, args: args ?? [] };
}

/** The names that signatures of a simulation are. */
async function signedInModel({ reports, deadline, signers }: Signable): Promise<Batch> {
  const data = settlementBatchTypedData(CHAIN_ID, places.oracleCommittee, {
    ...{ reports, deadline, configuration: CONFIGURATION },
  });
  const signatures = await Promise.all(
    signers.map(({ address }) => makeAccount(address).signTypedData(data as never)),
  );
  return { reports, deadline, signatures };
}

type Asked = { model: Contracts; state: State; call: Call; time: number; submitter: Address };

async function askModel({ model, state, call, time, submitter }: Asked): Promise<Result> {
  const trial = copyState(state);
  try {
    const events =
      call.kind === "clear"
        ? model.clear(trial, call.slotEnd, time)
        : model.submit(trial, await signedInModel(call.batch), submitter, time);
    if (call.kind === "both") {
      const before = copyState(trial);
      try {
        events.push(...model.clear(trial, call.slotEnd, time));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        Object.assign(trial, before);
        events.push(model.notCleared(call.slotEnd, error.data));
      }
    }
    Object.assign(state, trial);
    return { events: events.map(({ name, args }) => ({ name, args })) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { errorName, args } = decodeErrorResult({ abi: abi as Abi, data: error.data });
    return { refused: { name: errorName, args: args ?? [] } };
  }
}

/** What a meter says at `time`: most often what it may, now and then what it must not. */
function reportAt(dice: Dice, id: Hex, state: State, time: number): Report {
  const last = state.registers.get(serialOf(id)) ?? { exportWh: 0n, importWh: 0n, timestamp: time - 600 };
  const grown = () => BigInt(dice.chance(0.5) ? dice.between(0, 180) : 0);
  const wrong = dice.chance(0.25) ? dice.between(0, 6) : -1;
  const end = time - (time % SLOT);
  // Near a slot's end, so that slots have who was read at them.
  const moment = dice.chance(0.7)
    ? end + dice.between(0, Math.min(50, time - end))
    : time - dice.between(0, 90);
  const timestamp = [last.timestamp + dice.between(-5, 59), time + 120, time + 121][wrong] ?? moment;
  return {
    meterId: wrong === 3 ? toHex("nobody's", { size: 32 }) : id,
    exportWh: last.exportWh + (wrong === 4 ? BigInt(dice.between(200, 20_000)) : grown()),
    importWh: last.importWh + (wrong === 5 && last.importWh > 0n ? -1n : grown()),
    storedWh: 0n,
    timestamp,
    epoch: wrong === 6 ? dice.between(0, 2) : 1,
  };
}

function callAt(dice: Dice, ids: Map<string, Hex>, state: State, time: number): Call {
  const some = [...ids.values()].filter(() => dice.chance(0.6));
  const reports = some.map((id) => reportAt(dice, id, state, time));
  const ascending = (one: PrivateKeyAccount[]) =>
    one.toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const two = ascending(dice.chance(0.5) ? [members[0]!, members[1]!] : [members[1]!, members[2]!]);
  const wrong = dice.chance(0.15) ? dice.between(0, 4) : -1;
  const signers =
    [[two[0]!], [two[1]!, two[0]!], [two[0]!, two[0]!], ascending([two[0]!, stranger])][wrong] ?? two;
  const deadline = wrong === 4 ? BigInt(time - 1) : BigInt(time);
  const slotEnd = dice.chance(0.85)
    ? time - (time % SLOT)
    : dice.pick([
        time - (time % SLOT) + SLOT,
        time - (time % SLOT) + 7,
        state.clearedTo,
        state.clearedTo + SLOT,
      ]);
  const batch = { reports, deadline, signers };
  return dice.pick<Call>([
    { kind: "submit", batch },
    { kind: "submit", batch },
    { kind: "clear", slotEnd },
    { kind: "both", batch, slotEnd },
    { kind: "both", batch, slotEnd },
  ]);
}

const comparable = (state: State) =>
  plain({
    ...state,
    registers: [...state.registers].sort(),
    tokens: [...state.tokens].filter(([, held]) => held > 0n).sort(),
    nonces: 0,
  });

describe("the model of simulated lives", () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    it(`does what the contracts do, and refuses what they refuse: sequence ${seed}`, async () => {
      const { system, ids, declaredAt } = await begin();
      const dice = makeDice(seed);
      const registered = METERS.map(
        (serial): Registered => ({
          ...{ serial, key: { x: "0x", y: "0x" }, watts: WATTS, slotted: sharers.includes(serial) },
          epochDeclaredAt: declaredAt[serial]!,
        }),
      );
      const addresses = members.map(({ address }) => address);
      const model = makeContracts(registered, addresses, {
        slot: SLOT,
        tolerance: await system.pool.read.TOLERANCE(),
        patience: await system.pool.read.PATIENCE(),
      });
      const state = await stateOf(system, ids);
      const submitter = system.wallets[0]!.account.address;
      const seen = new Set<string>();
      let time = await system.networkHelpers.time.latest();
      for (let step = 1; step <= STEPS; step++) {
        time += dice.chance(0.1) ? dice.between(60, 300) : dice.between(1, 40);
        const call = callAt(dice, ids, state, time);
        const about = `seed ${seed}, step ${step}, ${call.kind}`;
        const real = await askContracts({ system, call, time });
        const modelled = await askModel({ model, state, call, time, submitter });
        assert.equal(plain(modelled), plain(real), about);
        assert.equal(comparable(state), comparable(await stateOf(system, ids)), about);
        for (const { name } of "events" in real ? real.events : [real.refused]) seen.add(name);
      }
      // What never happens is not compared.
      for (const name of EVENTS) assert.ok(seen.has(name), `no ${name} in ${STEPS} steps`);
      await system.connection.close();
    });
  }
});
