/** What the oracle needs of the contracts' state, read once and kept by their events. */
import {
  energyConverterAbi,
  MeterKind,
  MeterStatus,
  meterRegistryAbi,
  namesOf,
  oracleCommitteeAbi,
  serialOf,
  smalls,
  TrustClass,
} from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Log } from "@enerlink/service/log";
import {
  type Address,
  type ContractFunctionReturnType,
  type Hex,
  isAddressEqual,
  type PublicClient,
  parseEventLogs,
  zeroAddress,
} from "viem";
import type { RuledMeter } from "../rules/judge.ts";
import { devicePublicKey } from "../wire/reading.ts";
import type { LogListener } from "./follow.ts";

/** Blocks by which one node may be behind another that was asked just before. */
const MOST_BEHIND = 20n;
/** Meters that are read at once. */
const CONCURRENT_READS = 50;

const trusts = namesOf(TrustClass);
const kinds = smalls(namesOf(MeterKind));

type RegistryMeter = ContractFunctionReturnType<typeof meterRegistryAbi, "view", "meter">;

export type Meter = RuledMeter & {
  serial: string;
  /** Null until somebody has accepted it. */
  owner: Address | null;
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

export type Mirror = Awaited<ReturnType<typeof makeMirror>>;

export async function makeMirror({
  client,
  deployment,
  log,
}: {
  client: PublicClient;
  deployment: Deployment;
  log: Log;
}) {
  const { meterRegistry, energyConverter, oracleCommittee } = deployment.contracts;
  const registry = { address: meterRegistry, abi: meterRegistryAbi } as const;
  const converter = { address: energyConverter, abi: energyConverterAbi } as const;
  const committeeContract = { address: oracleCommittee, abi: oracleCommitteeAbi } as const;
  const meters = new Map<string, Meter>();
  const settled = new Map<string, Settled>();
  const listeners: ((meter: Meter) => void)[] = [];
  let unsignedSettlement = false;
  let committee: Committee = { members: [], quorum: 0, configuration: 0 };
  /** Everything was read at this block or later: what happened up to it is known. */
  let readAt = -1n;

  function meterOf(serial: string, meter: RegistryMeter): Meter {
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
      kind: kinds[meter.kind]!,
      suspended: meter.status === MeterStatus.Suspended,
      settles:
        owner !== null && BigInt(meter.connectionPoint) !== 0n && (trust !== "C" || unsignedSettlement),
      exportWatts: meter.exportWatts,
      importWatts: meter.importWatts,
      capacityWh: meter.capacityWh,
      epoch: meter.epoch,
      epochDeclaredAt: meter.epochDeclaredAt,
      activeFrom: meter.activeFrom,
    };
  }

  async function readMeter(id: Hex): Promise<void> {
    const [meter, [exportWh, importWh, , storedWh, timestamp, epoch]] = await Promise.all([
      client.readContract({ ...registry, functionName: "meter", args: [id] }),
      client.readContract({ ...converter, functionName: "settled", args: [id] }),
    ]);
    const serial = serialOf(id);
    if (meter.status === MeterStatus.None) return;
    const read = meterOf(serial, meter);
    meters.set(serial, read);
    for (const listener of listeners) listener(read);
    settled.set(serial, { timestamp, epoch, exportWh, importWh, storedWh });
  }

  /** Some at a time, so that a village's worth of them fits in memory. */
  async function readMeters(ids: readonly Hex[]): Promise<void> {
    for (let first = 0; first < ids.length; first += CONCURRENT_READS)
      await Promise.all(ids.slice(first, first + CONCURRENT_READS).map(readMeter));
  }

  async function readAll(): Promise<void> {
    unsignedSettlement = await client.readContract({ ...registry, functionName: "unsignedSettlement" });
    const count = await client.readContract({ ...registry, functionName: "meterCount" });
    for (let first = 1; first <= count; first += CONCURRENT_READS) {
      const numbers = Array.from(
        { length: Math.min(CONCURRENT_READS, count - first + 1) },
        (_, index) => first + index,
      );
      await readMeters(
        await Promise.all(
          numbers.map((number) =>
            client.readContract({ ...registry, functionName: "meterIdOf", args: [number] }),
          ),
        ),
      );
    }
  }

  async function readCommittee(): Promise<void> {
    const [members, quorum, configuration] = await Promise.all([
      client.readContract({ ...committeeContract, functionName: "members" }),
      client.readContract({ ...committeeContract, functionName: "quorum" }),
      client.readContract({ ...committeeContract, functionName: "configuration" }),
    ]);
    committee = { members, quorum, configuration };
  }

  /** Reads again what `logs` changed. */
  const onLogs: LogListener = async (logs) => {
    const changed = new Set<Hex>();
    let everything = false;
    let membership = false;
    for (const entry of parseEventLogs({
      abi: [...meterRegistryAbi, ...energyConverterAbi, ...oracleCommitteeAbi],
      logs: logs.filter(({ blockNumber }) => blockNumber > readAt),
    })) {
      if (entry.eventName === "CommitteeChanged" && isAddressEqual(entry.address, oracleCommittee))
        membership = true;
      if (isAddressEqual(entry.address, meterRegistry)) {
        if ("meterId" in entry.args) changed.add(entry.args.meterId);
        if (entry.eventName === "UnsignedSettlementAllowed") everything = true;
      }
      if (!isAddressEqual(entry.address, energyConverter)) continue;
      if (entry.eventName === "EpochDeclared") changed.add(entry.args.meterId);
      if (entry.eventName === "MeterSettled") {
        const { meterId: id, timestamp, epoch, exportWh, importWh, storedWh } = entry.args;
        settled.set(serialOf(id), { timestamp, epoch, exportWh, importWh, storedWh });
      }
    }
    if (membership) await readCommittee();
    if (everything) await readAll();
    else await readMeters([...changed]);
  };

  async function refresh(): Promise<void> {
    const block = await client.getBlockNumber({ cacheTime: 0 });
    await Promise.all([readAll(), readCommittee()]);
    readAt = block - MOST_BEHIND;
  }

  await refresh();

  return {
    onLogs,
    meter: (serial: string) => meters.get(serial),
    meters: () => [...meters.values()],
    /** Told of every meter that was read again. */
    onMeter: (listener: (meter: Meter) => void) => void listeners.push(listener),
    settled: (serial: string) => settled.get(serial),
    committee: () => committee,
    /** Blocks from `from` on were replaced by others: their logs count again. */
    reorganised: (from: bigint) => {
      if (readAt >= from) readAt = from - 1n;
    },
    /** Reads everything again, after a reorganisation. */
    refresh,
  };
}
