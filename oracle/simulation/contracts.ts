/**
 * The contracts' part in a simulated life, by the rules of `Settlement.sol`, `OracleCommittee.sol` and `SlotPool.sol`:
 * registers, debt, tokens, quorums and slots. Everybody's limits take any price, and the utility takes and gives the
 * rest. The contracts themselves do the same with the same: `test/contracts/metering/model.test.ts`.
 */
import {
  constants,
  energyConverterAbi,
  meterId,
  oracleCommitteeAbi,
  type Report,
  SkipReason,
  serialOf,
  settlementBatchTypedData,
  slotPoolAbi,
} from "@enerlink/protocol";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  getAddress,
  type Hex,
} from "viem";
import { mostWh } from "../src/rules/connection.ts";
import { batchSigner, type MeterKey } from "./keys.ts";

export const CHAIN_ID = 7_777;
const addressOf = (number: number): Address => getAddress(`0x${number.toString(16).padStart(40, "0")}`);
const NAMES = [
  ...["accessManager", "energyToken", "rupiahToken", "rupiahDesk", "meterRegistry", "energyConverter"],
  ...["oracleCommittee", "deviceReporter", "functionsReporter", "equivocationProof", "energyCertificates"],
  ...["energyMarket", "slotPool", "homeAccount", "homeAccountFactory"],
] as const;
export const contracts = Object.fromEntries(
  NAMES.map((name, index) => [name, addressOf(0xc0de00 + index)]),
) as Record<(typeof NAMES)[number], Address>;

/** Seconds between two reports of a meter, at least. */
export const MINIMUM_INTERVAL = Number(constants.Settlement.MINIMUM_INTERVAL);
const CLOCK_TOLERANCE = Number(constants.Settlement.CLOCK_TOLERANCE);
export const SLOT = 60;
export const TOLERANCE = 15;
export const PATIENCE = 45;
export const QUORUM = 2;
export const CONFIGURATION = 1;
export const COMMUNITY = 1;
/** Seconds, as the pool has them. */
export type Slotting = { slot: number; tolerance: number; patience: number };
const slotting: Slotting = { slot: SLOT, tolerance: TOLERANCE, patience: PATIENCE };
const RETAIL = 1_445_000n;
const FEED_IN = 900_000n;
const FEE = 100_000n;
const STEEPNESS = 3n;

/** A meter as the registry has it. */
export type Registered = {
  serial: string;
  key: MeterKey;
  watts: number;
  slotted: boolean;
  epochDeclaredAt: number;
};

/** `openWh`: debt; of a slotted meter what is open, below 0 where it is surplus. */
export type Register = {
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
  timestamp: number;
  openWh: bigint;
};

/** All that a block leaves behind. */
export type State = {
  registers: Map<string, Register>;
  /** Owners' tokens, by the serial of their meter. */
  tokens: Map<string, bigint>;
  clearedTo: number;
  present: bigint;
  nonces: Map<Address, number>;
};

export const copyState = (state: State): State => ({
  ...state,
  registers: new Map([...state.registers].map(([serial, register]) => [serial, { ...register }])),
  tokens: new Map(state.tokens),
  nonces: new Map(state.nonces),
});

export type Event = {
  address: Address;
  topics: Hex[];
  data: Hex;
  name: string;
  args: Record<string, unknown>;
};

/** As `address` says it. */
export function event(address: Address, abi: Abi, name: string, args: Record<string, unknown>): Event {
  const item = abi.find((one) => one.type === "event" && one.name === name);
  if (item?.type !== "event") throw new Error(`no event ${name}`);
  const open = item.inputs.filter(({ indexed }) => !indexed);
  return {
    address,
    topics: encodeEventTopics({ abi, eventName: name, args }) as Hex[],
    data: encodeAbiParameters(open, open.map(({ name: field }) => args[field!]) as never),
    name,
    args,
  };
}

/** A contract refuses: as viem says it. */
export class Refusal extends Error {
  readonly error: BaseError;
  /** What the contract reverts with. */
  readonly data: Hex;
  constructor(abi: Abi, errorName: string, args: readonly unknown[] = []) {
    super(errorName);
    this.data = encodeErrorResult({ abi, errorName, args } as never);
    const cause = new ContractFunctionRevertedError({ abi, data: this.data, functionName: "call" });
    this.error = new BaseError(`execution reverted: ${errorName}`, { cause });
  }
}

const poolError = (name: string, ...args: unknown[]) => new Refusal(slotPoolAbi as Abi, name, args);
const committeeError = (name: string, ...args: unknown[]) =>
  new Refusal(oracleCommitteeAbi as Abi, name, args);

/** A slot that was cleared, as the events say and as a check needs it. */
export type ClearedSlot = {
  slotEnd: number;
  present: string[];
  surplusWh: bigint;
  needWh: bigint;
  price: bigint;
};

export type Batch = { reports: readonly Report[]; deadline: bigint; signatures: readonly Hex[] };

/** `EnergyConverter.settle`, of one report. */
function makeSettle(bySerial: ReadonlyMap<string, Registered>) {
  /** Why the converter skips a report, if it does. */
  function problem(state: State, report: Report, time: number): keyof typeof SkipReason | undefined {
    const meter = bySerial.get(serialOf(report.meterId));
    if (!meter) return "UnknownMeter";
    const last = state.registers.get(meter.serial);
    if (report.epoch !== 1) return "WrongEpoch";
    if (!last) {
      if (report.timestamp <= meter.epochDeclaredAt) return "BeforeEpoch";
      return report.timestamp > time + CLOCK_TOLERANCE ? "Future" : undefined;
    }
    if (report.timestamp < last.timestamp + MINIMUM_INTERVAL) return "Stale";
    if (report.timestamp > time + CLOCK_TOLERANCE) return "Future";
    if (report.exportWh < last.exportWh || report.importWh < last.importWh) return "Decreasing";
    const most = mostWh(meter.watts, report.timestamp - last.timestamp);
    const isImpossible = report.exportWh - last.exportWh > most || report.importWh - last.importWh > most;
    return isImpossible ? "Impossible" : undefined;
  }

  return function settle(state: State, report: Report, time: number): Event {
    const skipped = problem(state, report, time);
    const { meterId: id, timestamp, epoch, exportWh, importWh, storedWh } = report;
    if (skipped) {
      const args = { meterId: id, reason: SkipReason[skipped], timestamp };
      return event(contracts.energyConverter, energyConverterAbi as Abi, "ReportSkipped", args);
    }
    const serial = serialOf(id);
    const { slotted } = bySerial.get(serial)!;
    const last = state.registers.get(serial);
    let tokensWh = 0n;
    let openWh = 0n;
    if (last) {
      openWh = last.openWh + (importWh - last.importWh) - (exportWh - last.exportWh);
      if (!slotted) {
        const held = state.tokens.get(serial) ?? 0n;
        if (openWh < 0n) tokensWh = -openWh;
        else if (openWh > last.openWh) tokensWh = -(held < openWh ? held : openWh);
        state.tokens.set(serial, held + tokensWh);
        openWh += tokensWh;
      }
    }
    state.registers.set(serial, { exportWh, importWh, storedWh, timestamp, openWh });
    const debtWh = slotted ? 0n : openWh;
    return event(contracts.energyConverter, energyConverterAbi as Abi, "MeterSettled", {
      ...{ meterId: id, exportWh, importWh, storedWh, tokensWh, debtWh, timestamp, epoch },
    });
  };
}

/** What `OracleCommittee` checks of a batch. */
function makeCheckSigned(members: readonly Address[]) {
  const known = members.map((member) => member.toLowerCase());
  return function checkSigned({ reports, deadline, signatures }: Batch, time: number): void {
    if (reports.length === 0) throw committeeError("EmptyBatch");
    if (time > Number(deadline)) throw committeeError("BatchExpired", deadline, BigInt(time));
    if (signatures.length !== QUORUM)
      throw committeeError("WrongSignatureCount", BigInt(signatures.length), QUORUM);
    const batch = { reports, deadline, configuration: CONFIGURATION };
    const data = settlementBatchTypedData(CHAIN_ID, contracts.oracleCommittee, batch);
    let previous = "";
    for (const [index, signature] of signatures.entries()) {
      let signer: string;
      try {
        signer = batchSigner(data, signature).toLowerCase();
      } catch {
        throw committeeError("MalformedSignature", BigInt(index));
      }
      if (signer <= previous)
        throw committeeError("SignersNotAscending", previous || addressOf(0), signer as Address);
      if (!known.includes(signer)) throw committeeError("NotMember", signer as Address);
      previous = signer;
    }
  };
}

function priceOf(supplyWh: bigint, demandWh: bigint): bigint {
  if (supplyWh === 0n || demandWh === 0n) return 0n;
  const whole = 2n * (supplyWh + demandWh);
  const [up, down] = [(STEEPNESS + 1n) * demandWh, (STEEPNESS - 1n) * supplyWh];
  const wanted = up > down ? up - down : 0n;
  return FEED_IN + ((RETAIL - FEE - FEED_IN) * (wanted < whole ? wanted : whole)) / whole;
}

/** Parts of `total` for each of `amounts`, of all of which it is so much: what rounding takes from one falls to the next. */
function shareOut(amounts: readonly bigint[], total: bigint): bigint[] {
  const all = amounts.reduce((sum, amount) => sum + amount, 0n);
  let before = 0n;
  return amounts.map((amount) => {
    if (amount === 0n) return 0n;
    const part = ((before + amount) * total) / all - (before * total) / all;
    before += amount;
    return part;
  });
}

/**
 * Each member's word of a slot: who sold or bought how much, shared or with the utility. `counted`: of those who were
 * read, need above 0 and surplus below; `shares`: who was read at the slot before as well.
 */
function amountsOf(counted: readonly bigint[], shares: readonly boolean[], sharedWh: bigint): bigint[] {
  const side = (sign: bigint) => {
    const all = counted.map((openWh) => (openWh * sign > 0n ? openWh * sign : 0n));
    const shared = shareOut(
      all.map((amount, index) => (shares[index] && sharedWh > 0n ? amount : 0n)),
      sharedWh,
    );
    return all.map((amount, index) => ({ shared: shared[index]!, utility: amount - shared[index]! }));
  };
  const word = (role: bigint, { shared, utility }: { shared: bigint; utility: bigint }) =>
    (role << 192n) | (shared << 128n) | (utility << 64n);
  const [sold, bought] = [side(-1n), side(1n)];
  return counted.map((openWh, index) => {
    if (openWh === 0n) return 0n;
    return openWh < 0n ? word(1n, sold[index]!) : word(2n, bought[index]!);
  });
}

/** `SlotPool.clear`. */
function makeClear(sharers: readonly string[], { slot, tolerance, patience }: Slotting) {
  /** Who was read at a slot's end, and who is expected. */
  function presence(state: State, slotEnd: number) {
    const bits = (are: (serial: string) => boolean) =>
      sharers.reduce((sum, serial, index) => (are(serial) ? sum | (1n << BigInt(index)) : sum), 0n);
    const readAt = (serial: string) => state.registers.get(serial)?.timestamp ?? 0;
    const within = (serial: string, end: number) =>
      readAt(serial) >= end && readAt(serial) - end <= tolerance;
    const present = bits((serial) => within(serial, slotEnd));
    const late = bits((serial) => within(serial, slotEnd - slot));
    const all = (1n << BigInt(sharers.length)) - 1n;
    const follows = slotEnd - state.clearedTo <= slot;
    return { present, before: follows ? state.present : 0n, expected: follows ? state.present | late : all };
  }

  return function clear(state: State, slotEnd: number, time: number): Event[] {
    if (slotEnd % slot !== 0) throw poolError("NotSlotEnd", slotEnd, slot);
    if (slotEnd > time) throw poolError("SlotInFuture", slotEnd, BigInt(time));
    if (slotEnd <= state.clearedTo) throw poolError("AlreadyCleared", COMMUNITY, state.clearedTo);
    const { present, before, expected } = presence(state, slotEnd);
    if (present === 0n) throw poolError("NobodyRead", COMMUNITY, slotEnd);
    const missing = expected & ~present;
    if (missing !== 0n && time < slotEnd + patience)
      throw poolError("StillWaiting", COMMUNITY, slotEnd, missing, slotEnd + patience);
    const has = (bits: bigint, index: number) => ((bits >> BigInt(index)) & 1n) === 1n;
    let [supplyWh, demandWh, netWh] = [0n, 0n, 0n];
    const counted = sharers.map((serial, index) => {
      if (!has(present, index)) return 0n;
      const { openWh } = state.registers.get(serial)!;
      if (has(before, index) && openWh < 0n) supplyWh -= openWh;
      if (has(before, index) && openWh > 0n) demandWh += openWh;
      netWh -= openWh;
      return openWh;
    });
    const sharedWh = supplyWh < demandWh ? supplyWh : demandWh;
    const amounts = amountsOf(
      counted,
      sharers.map((_, index) => has(before, index)),
      sharedWh,
    );
    for (const [index, serial] of sharers.entries())
      if (has(present, index)) state.registers.get(serial)!.openWh = 0n;
    [state.clearedTo, state.present] = [slotEnd, present];
    const price = sharedWh === 0n ? 0n : priceOf(supplyWh, demandWh);
    return [
      event(contracts.energyConverter, energyConverterAbi as Abi, "SlotClosed", { netWh }),
      event(contracts.slotPool, slotPoolAbi as Abi, "SlotCleared", {
        ...{ communityId: COMMUNITY, slotEnd, price, sharedWh, present, amounts },
      }),
    ];
  };
}

export function makeContracts(
  meters: readonly Registered[],
  members: readonly Address[],
  slots: Slotting = slotting,
) {
  const bySerial = new Map(meters.map((meter) => [meter.serial, meter]));
  const sharers = meters.filter(({ slotted }) => slotted).map(({ serial }) => serial);
  const settle = makeSettle(bySerial);
  const checkSigned = makeCheckSigned(members);

  return {
    meters,
    sharers,
    members: members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
    bySerial,
    clear: makeClear(sharers, slots),
    /** `OracleCommittee.submit`. @throws Refusal */
    submit: (state: State, batch: Batch, submitter: Address, time: number): Event[] => {
      checkSigned(batch, time);
      const args = { submitter, reports: batch.reports.length, configuration: CONFIGURATION };
      const submitted = event(contracts.oracleCommittee, oracleCommitteeAbi as Abi, "BatchSubmitted", args);
      return [submitted, ...batch.reports.map((report) => settle(state, report, time))];
    },
    /** `reason`: what the pool refused it with. */
    notCleared: (slotEnd: number, reason: Hex): Event =>
      event(contracts.oracleCommittee, oracleCommitteeAbi as Abi, "SlotNotCleared", {
        ...{ communityId: COMMUNITY, slotEnd, reason },
      }),
    idOf: meterId,
  };
}

export type Contracts = ReturnType<typeof makeContracts>;
