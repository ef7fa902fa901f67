/** What the oracle needs of the contracts' state, read once and kept by their events. */
import {
  energyConverterAbi,
  MeterKind,
  MeterStatus,
  meterId,
  meterRegistryAbi,
  namesOf,
  oracleCommitteeAbi,
  serialOf,
  smalls,
  TrustClass,
} from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { devicePublicKey } from "@enerlink/protocol/wire/reading-signature";
import type { Log } from "@enerlink/service/log";
import {
  type Address,
  type ContractFunctionReturnType,
  type Hex,
  isAddressEqual,
  type PublicClient,
  zeroAddress,
} from "viem";
import type { RuledMeter } from "../rules/judge.ts";
import { type Membership, makeCommunities } from "./communities.ts";
import type { LogListener } from "./follow.ts";
import { type Logs, parseEventLogs } from "./logs.ts";

/** Blocks by which one node may be behind another that was asked just before. */
const MOST_BEHIND = 20n;
/** Meters that are read at once. */
const CONCURRENT_READS = 50;

const trusts = namesOf(TrustClass);
const kinds = smalls(namesOf(MeterKind));

const abi = [...meterRegistryAbi, ...energyConverterAbi, ...oracleCommitteeAbi] as const;

type RegistryMeter = ContractFunctionReturnType<typeof meterRegistryAbi, "view", "meter">;

export type Meter = RuledMeter & {
  serial: string;
  /** Null until somebody has accepted it. */
  owner: Address | null;
  /** Who may accept it, null: nobody. */
  pendingOwner: Address | null;
  kind: (typeof kinds)[number];
  /** A: the meter signs; B: the site's gateway does; C: nobody. */
  trust: (typeof trusts)[number];
  suspended: boolean;
  /** Whether the converter would settle it at all: accepted by an owner, trusted, and not a sub-meter. */
  settles: boolean;
  capacityWh: bigint;
  /** Block time, unix seconds: reports count when stamped later. */
  epochDeclaredAt: number;
  activeFrom: number;
  /** Undefined where it is a member of no community. */
  slots?: Membership | undefined;
};

/** The registers that the chain has settled last. */
export type Settled = {
  timestamp: number;
  epoch: number;
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
};

export type Committee = { members: readonly Address[]; quorum: number; configuration: number };

type Needs = { client: PublicClient; deployment: Deployment; log: Log };

/** Whether this process is there for a meter. */
export type Owns = (serial: string) => boolean;

/** @param unsigned Whether meters settle by what nobody signed */
function meterOf(serial: string, meter: RegistryMeter, unsigned: boolean, log: Log): Meter {
  let key: Meter["key"];
  try {
    key = BigInt(meter.keyX) === 0n ? undefined : devicePublicKey(meter.keyX, meter.keyY);
  } catch (error) {
    log.error({ err: error, serial }, "a registered key cannot be used");
  }
  const trust = trusts[meter.trust]!;
  const owner = meter.owner === zeroAddress ? null : meter.owner;
  return {
    serial,
    trust,
    key,
    owner,
    pendingOwner: meter.pendingOwner === zeroAddress ? null : meter.pendingOwner,
    kind: kinds[meter.kind]!,
    suspended: meter.status === MeterStatus.Suspended,
    settles: owner !== null && BigInt(meter.connectionPoint) !== 0n && (trust !== "C" || unsigned),
    exportWatts: meter.exportWatts,
    importWatts: meter.importWatts,
    capacityWh: meter.capacityWh,
    epoch: meter.epoch,
    epochDeclaredAt: meter.epochDeclaredAt,
    activeFrom: meter.activeFrom,
  };
}

/** Reads the contracts' state as it is now. */
function makeReader({ client, deployment: { contracts } }: Needs) {
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const converter = { address: contracts.energyConverter, abi: energyConverterAbi } as const;
  const committee = { address: contracts.oracleCommittee, abi: oracleCommitteeAbi } as const;
  return {
    meter: async (id: Hex) => {
      const [meter, [exportWh, importWh, , storedWh, timestamp, epoch]] = await Promise.all([
        client.readContract({ ...registry, functionName: "meter", args: [id] }),
        client.readContract({ ...converter, functionName: "settled", args: [id] }),
      ]);
      // Another rating does not judge alone what was metered before it.
      const [[exportWatts, importWatts], [, , changesAt]] = await Promise.all([
        client.readContract({ ...registry, functionName: "allowedRating", args: [id, timestamp] }),
        client.readContract({ ...registry, functionName: "nextRating", args: [id] }),
      ]);
      return {
        meter: { ...meter, exportWatts, importWatts },
        changesAt,
        settled: { timestamp, epoch, exportWh, importWh, storedWh },
      };
    },
    unsignedSettlement: () => client.readContract({ ...registry, functionName: "unsignedSettlement" }),
    meterCount: () => client.readContract({ ...registry, functionName: "meterCount" }),
    meterId: (number: number) =>
      client.readContract({ ...registry, functionName: "meterIdOf", args: [number] }),
    committee: async (): Promise<Committee> => {
      const [members, quorum, configuration] = await Promise.all([
        client.readContract({ ...committee, functionName: "members" }),
        client.readContract({ ...committee, functionName: "quorum" }),
        client.readContract({ ...committee, functionName: "configuration" }),
      ]);
      return { members, quorum, configuration };
    },
  };
}

type Changes = {
  meters: Set<Hex>;
  /** By meter, the last of them. */
  settled: Map<string, Settled>;
  everything: boolean;
  membership: boolean;
};

/** What of the contracts' state `logs` changed. */
function changesIn(logs: Logs, { contracts }: Deployment): Changes {
  const { meterRegistry, energyConverter, oracleCommittee } = contracts;
  const changes: Changes = {
    meters: new Set(),
    settled: new Map(),
    everything: false,
    membership: false,
  };
  for (const entry of parseEventLogs({ abi, logs: [...logs] })) {
    if (entry.eventName === "CommitteeChanged" && isAddressEqual(entry.address, oracleCommittee))
      changes.membership = true;
    if (isAddressEqual(entry.address, meterRegistry)) {
      if ("meterId" in entry.args) changes.meters.add(entry.args.meterId);
      if (entry.eventName === "UnsignedSettlementAllowed") changes.everything = true;
    }
    if (!isAddressEqual(entry.address, energyConverter)) continue;
    if (entry.eventName === "EpochDeclared") changes.meters.add(entry.args.meterId);
    if (entry.eventName === "MeterSettled") {
      const { meterId: id, timestamp, epoch, exportWh, importWh, storedWh } = entry.args;
      changes.settled.set(serialOf(id), { timestamp, epoch, exportWh, importWh, storedWh });
    }
  }
  return changes;
}

/** @param owns Which meters this process is there for */
function makeMeters(owns: Owns, slotsOf: (serial: string) => Membership | undefined) {
  const meters = new Map<string, Meter>();
  const others = new Map<string, Meter>();
  const listeners: ((meter: Meter) => void)[] = [];
  return {
    keep: (meter: Meter): void => {
      if (!owns(meter.serial)) {
        others.set(meter.serial, meter);
        return;
      }
      const known = { ...meter, slots: slotsOf(meter.serial) };
      meters.set(meter.serial, known);
      for (const listener of listeners) listener(known);
    },
    known: {
      meter: (serial: string) => meters.get(serial),
      meters: () => [...meters.values()],
      /** Those of the member's other processes. */
      others: () => [...others.values()],
      /** Told of every meter that was read again. */
      onMeter: (listener: (meter: Meter) => void) => void listeners.push(listener),
    },
  };
}

export type Mirror = Awaited<ReturnType<typeof makeMirror>>;

/** @param owns Which meters this process is there for; of the others it knows what is settled and whose they are */
export async function makeMirror({ owns, ...needs }: Needs & { owns: Owns }) {
  const { client, deployment, log } = needs;
  const reader = makeReader(needs);
  const communities = await makeCommunities(needs);
  const { keep, known } = makeMeters(owns, communities.membership);
  const settled = new Map<string, Settled>();
  /** Whose rating changes, and when; until something later is settled. */
  const changing = new Map<string, number>();
  let unsignedSettlement = false;
  let committee: Committee = { members: [], quorum: 0, configuration: 0 };
  /** Everything was read at this block or later: what happened up to it is known. */
  let readAt = -1n;
  /** Time of the last head, unix seconds. */
  let seenUntil = 0n;

  async function readMeter(id: Hex): Promise<void> {
    const read = await reader.meter(id);
    const serial = serialOf(id);
    if (read.meter.status === MeterStatus.None) return;
    keep(meterOf(serial, read.meter, unsignedSettlement, log));
    settled.set(serial, read.settled);
    if (read.changesAt > 0) changing.set(serial, read.changesAt);
    else changing.delete(serial);
  }

  /** Some at a time, so that a village's worth of them fits in memory. */
  async function readMeters(ids: readonly Hex[]): Promise<void> {
    for (let first = 0; first < ids.length; first += CONCURRENT_READS)
      await Promise.all(ids.slice(first, first + CONCURRENT_READS).map(readMeter));
  }

  async function readAll(): Promise<void> {
    unsignedSettlement = await reader.unsignedSettlement();
    const count = await reader.meterCount();
    for (let first = 1; first <= count; first += CONCURRENT_READS) {
      const length = Math.min(CONCURRENT_READS, count - first + 1);
      const numbers = Array.from({ length }, (_, index) => first + index);
      await readMeters(await Promise.all(numbers.map(reader.meterId)));
    }
  }

  async function readCommittee(): Promise<void> {
    committee = await reader.committee();
  }

  /** Reads again what `logs` changed. */
  const onLogs: LogListener = async (logs) => {
    const unread = logs.filter(({ blockNumber }) => blockNumber > readAt);
    const changes = changesIn(unread, deployment);
    for (const [serial, registers] of changes.settled) {
      settled.set(serial, registers);
      if (changing.has(serial)) changes.meters.add(meterId(serial));
    }
    if (changes.membership) await readCommittee();
    for (const serial of await communities.onLogs(unread)) {
      const meter = known.meter(serial);
      if (meter) keep(meter);
    }
    if (changes.everything) await readAll();
    else await readMeters([...changes.meters]);
  };

  /** How often blocks were replaced, and after how many of these times all was read again: that may fail. */
  let [reorganisations, accountedFor] = [0, 0];

  /** Reads again all where blocks were replaced, else what changes by a block's time alone: ratings that took effect. */
  async function onHead(timestamp: bigint): Promise<void> {
    if (reorganisations > accountedFor) await refresh();
    const due = [...changing].filter(([, at]) => at > seenUntil && at <= timestamp);
    await readMeters(due.map(([serial]) => meterId(serial)));
    seenUntil = timestamp;
  }

  async function refresh(): Promise<void> {
    const upTo = reorganisations;
    const block = await client.getBlockNumber({ cacheTime: 0 });
    await communities.refresh();
    await Promise.all([readAll(), readCommittee()]);
    readAt = block - MOST_BEHIND;
    accountedFor = upTo;
  }

  await refresh();

  return {
    onLogs,
    onHead,
    ...known,
    settled: (serial: string) => settled.get(serial),
    committee: () => committee,
    community: communities.of,
    communities: communities.all,
    /** Blocks from `from` on were replaced by others: their logs count again. */
    reorganised: (from: bigint) => {
      if (readAt >= from) readAt = from - 1n;
      reorganisations++;
    },
  };
}
