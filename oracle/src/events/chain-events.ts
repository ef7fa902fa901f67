/** What final blocks tell people, in the order of the chain: whoever asks any node hears the same. */
import {
  decodeOrderId,
  energyConverterAbi,
  energyMarketAbi,
  formatIdr,
  formatKwh,
  formatPrice,
  namesOf,
  oracleCommitteeAbi,
  PRICE_PER_TICK,
  Side,
  SkipReason,
  serialOf,
  slotPoolAbi,
} from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { type Address, isAddressEqual, type PublicClient } from "viem";
import { type Logs, parseEventLogs } from "../chain/logs.ts";
import { type ClearedSlot, clearedIn } from "../ledger/cleared.ts";
import type { Happening } from "./events.ts";

const abi = [...energyConverterAbi, ...energyMarketAbi, ...oracleCommitteeAbi, ...slotPoolAbi] as const;
/** The contracts' events that tell something. */
const TELLING: readonly string[] = [
  "OrderFilled",
  "MeterSettled",
  "ReportSkipped",
  "TradeDelivered",
  "SlotCleared",
  "RootCommitted",
];
const iso = (seconds: number | bigint) => new Date(Number(seconds) * 1_000).toISOString();

export type StartedReport = {
  serial: string;
  epoch: number;
  /** Unix seconds. */
  timestamp: number;
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
};

/** How a settlement is called, at every node. */
export const settlementIdOf = ({
  serial,
  epoch,
  timestamp,
}: Pick<StartedReport, "serial" | "epoch" | "timestamp">) => `${serial}-${epoch}-${timestamp}`;

const registers = ({ exportWh, importWh, storedWh }: StartedReport) => ({
  exportKwh: formatKwh(exportWh),
  importKwh: formatKwh(importWh),
  storedKwh: formatKwh(storedWh),
});

/** A report is on its way to the chain: this node has signed it, or the chain shows that others have. */
export const startedHappening = (report: StartedReport): Happening => ({
  key: `settlement_started ${settlementIdOf(report)}`,
  event: "settlement_started",
  data: {
    settlementId: settlementIdOf(report),
    meterId: report.serial,
    epoch: report.epoch,
    timestamp: iso(report.timestamp),
    ...registers(report),
  },
});

/** Buyer and seller, energy and money of something that was sold for `price` (IDRS base units a Wh). */
const saleOf = (buyer: Address | null, seller: Address | null, wattHours: bigint, price: bigint) => ({
  buyerId: buyer,
  sellerId: seller,
  energyAmount: formatKwh(wattHours),
  pricePerKwh: formatPrice(price),
  totalPrice: formatIdr(wattHours * price),
});

type Entry = ReturnType<typeof parseEventLogs<typeof abi, true, undefined>>[number] & Logs[number];
type Of<Name extends Entry["eventName"]> = Extract<Entry, { eventName: Name }>;

/** Where and when it stands in the chain. `at`: the block's time, unix seconds. */
const place = ({ transactionHash, blockNumber }: Logs[number], at: bigint) => ({
  transactionHash,
  blockNumber: blockNumber.toString(),
  blockTime: iso(at),
});
const keyOf = ({ blockHash, logIndex }: Logs[number]) => `${blockHash} ${logIndex}`;

function matched(entry: Of<"OrderFilled">, maker: Address | null, at: bigint): Happening {
  const { makerOrderId, taker, wattHours } = entry.args;
  const { side, tick } = decodeOrderId(makerOrderId);
  const [buyer, seller] = side === Side.Bid ? [maker, taker] : [taker, maker];
  const price = BigInt(tick) * BigInt(PRICE_PER_TICK);
  const data = {
    makerOrderId: makerOrderId.toString(),
    taker,
    takerSide: side === Side.Bid ? "sell" : "buy",
    ...saleOf(buyer, seller, BigInt(wattHours), price),
    wattHours,
    ...place(entry, at),
  };
  return { key: keyOf(entry), event: "order_matched", data };
}

function settled(entry: Of<"MeterSettled">, at: bigint): Happening[] {
  const { meterId, epoch, timestamp, tokensWh, debtWh, exportWh, importWh, storedWh } = entry.args;
  const report = { serial: serialOf(meterId), epoch, timestamp, exportWh, importWh, storedWh };
  const started = startedHappening(report);
  const data = {
    ...started.data,
    state: "settled",
    reason: null,
    tokensKwh: formatKwh(tokensWh),
    debtKwh: formatKwh(debtWh),
    tokensWh: tokensWh.toString(),
    debtWh: debtWh.toString(),
    ...place(entry, at),
  };
  return [started, { key: keyOf(entry), event: "settlement_completed", data }];
}

/** The chain says neither epoch nor registers of what it skips. */
function skipped(entry: Of<"ReportSkipped">, at: bigint): Happening {
  const { meterId, reason, timestamp } = entry.args;
  const unknown = { settlementId: null, epoch: null, exportKwh: null, importKwh: null, storedKwh: null };
  const data = {
    meterId: serialOf(meterId),
    timestamp: iso(timestamp),
    state: "skipped",
    reason: namesOf(SkipReason)[reason] ?? `reason ${reason}`,
    ...unknown,
    tokensKwh: null,
    debtKwh: null,
    tokensWh: null,
    debtWh: null,
    ...place(entry, at),
  };
  return { key: keyOf(entry), event: "settlement_completed", data };
}

/** A cleared slot as it is answered and told. */
export const clearedBody = (slot: Omit<ClearedSlot, "final">) => ({
  id: `${slot.communityId}-${slot.slotEnd}`,
  communityId: slot.communityId,
  slotEnd: iso(slot.slotEnd),
  pricePerKwh: slot.sharedWh === 0n ? null : formatPrice(slot.price),
  sharedKwh: formatKwh(slot.sharedWh),
  surplusKwh: formatKwh(slot.surplusWh),
  needKwh: formatKwh(slot.needWh),
  members: slot.members,
  present: slot.present,
  transactionHash: slot.transactionHash,
  blockNumber: slot.blockNumber.toString(),
});

const cleared = (entry: Of<"SlotCleared">, at: bigint): Happening => ({
  key: keyOf(entry),
  event: "slot_cleared",
  data: { ...clearedBody(clearedIn(entry)), blockTime: iso(at) },
});

/** What all meters said at a window's end can be settled by proof from now on. */
const rooted = (entry: Of<"RootCommitted">, at: bigint): Happening => ({
  key: keyOf(entry),
  event: "root_committed",
  data: { windowEnd: iso(entry.args.windowEnd), root: entry.args.root, ...place(entry, at) },
});

export function makeChainEvents({
  client,
  deployment,
  ownerOf,
  wasSettled,
}: {
  client: Pick<PublicClient, "getBlock" | "getTransactionReceipt" | "readContract">;
  deployment: Pick<Deployment, "contracts">;
  /** Who placed an order. */
  ownerOf: (orderId: bigint) => Address | undefined;
  /** Whether the chain had settled the report of that time (unix seconds) by that block. */
  wasSettled: (serial: string, timestamp: number, blockNumber: bigint) => boolean;
}) {
  const { energyConverter, energyMarket, oracleCommittee, slotPool } = deployment.contracts;
  const telling = [energyConverter, energyMarket, oracleCommittee, slotPool];
  /** Two leaders sent it: the second transaction moves nothing, and undoes nothing. */
  const isMoot = ({ args: { meterId, timestamp }, blockNumber }: Of<"ReportSkipped">) =>
    wasSettled(serialOf(meterId), timestamp, blockNumber);

  async function deliveryOf({ args: { tradeId, wattHours } }: Of<"TradeDelivered">) {
    const trade = await client.readContract({
      address: energyMarket,
      abi: energyMarketAbi,
      functionName: "trade",
      args: [tradeId],
    });
    const { buyer, seller, price } = trade;
    return { tradeId: tradeId.toString(), ...saleOf(buyer, seller, BigInt(wattHours), BigInt(price)) };
  }

  /** What a transaction did for meters or trades; undefined when it did nothing for either. */
  async function succeeded(entries: readonly Entry[], at: bigint): Promise<Happening | undefined> {
    const first = entries[0]!;
    const reports = entries.filter((entry) => entry.eventName === "MeterSettled");
    const skips = entries.filter((entry) => entry.eventName === "ReportSkipped");
    const deliveries = entries.filter((entry) => entry.eventName === "TradeDelivered");
    if (reports.length + skips.length + deliveries.length === 0) return undefined;
    const tokens = reports.map(({ args }) => args.tokensWh);
    const sum = (all: bigint[]) => formatKwh(all.reduce((total, one) => total + one, 0n));
    const { from, gasUsed } = await client.getTransactionReceipt({ hash: first.transactionHash });
    const data = {
      kind: deliveries.length > 0 ? "deliver" : "settle",
      sender: from,
      gasUsed: gasUsed.toString(),
      settled: reports.length,
      skipped: skips.length,
      mintedKwh: sum(tokens.filter((one) => one > 0n)),
      burnedKwh: sum(tokens.filter((one) => one < 0n).map((one) => -one)),
      deliveries: await Promise.all(deliveries.map(deliveryOf)),
      ...place(first, at),
    };
    return { key: `${first.blockHash} ${first.transactionHash}`, event: "transaction_success", data };
  }

  /** Block times, asked for where the logs do not bring them along. */
  async function timesOf(logs: Logs): Promise<Map<bigint, bigint>> {
    const times = new Map<bigint, bigint>();
    for (const { blockNumber, blockTimestamp } of logs) {
      if (times.has(blockNumber)) continue;
      times.set(blockNumber, blockTimestamp ?? (await client.getBlock({ blockNumber })).timestamp);
    }
    return times;
  }

  const ours = (logs: Logs) =>
    (parseEventLogs({ abi, logs: [...logs] }) as Entry[]).filter(({ address }) =>
      telling.some((contract) => isAddressEqual(address, contract)),
    );

  /** What `logs`, all of one transaction, tell. */
  async function ofTransaction(entries: readonly Entry[], at: bigint): Promise<Happening[]> {
    const happenings = entries.flatMap((entry) => {
      if (entry.eventName === "MeterSettled") return settled(entry, at);
      if (entry.eventName === "ReportSkipped") return isMoot(entry) ? [] : skipped(entry, at);
      if (entry.eventName === "SlotCleared") return cleared(entry, at);
      if (entry.eventName === "RootCommitted") return rooted(entry, at);
      if (entry.eventName !== "OrderFilled") return [];
      return matched(entry, ownerOf(entry.args.makerOrderId) ?? null, at);
    });
    const success = await succeeded(entries, at);
    return success ? [...happenings, success] : happenings;
  }

  return {
    /** Who placed the orders that begin to rest in `logs`, by the order's id. */
    ownersIn: (logs: Logs) =>
      ours(logs).flatMap((entry) =>
        entry.eventName === "OrderPlaced" ? [[entry.args.orderId, entry.args.owner] as const] : [],
      ),
    /** What `logs` of final blocks tell; the orders that are filled in them must be known. */
    happeningsIn: async (logs: Logs): Promise<Happening[]> => {
      const entries = ours(logs).filter(({ eventName }) => TELLING.includes(eventName));
      const times = await timesOf(entries);
      const groups = Map.groupBy(entries, ({ transactionHash }) => transactionHash);
      const all: Happening[] = [];
      for (const group of groups.values())
        all.push(...(await ofTransaction(group, times.get(group[0]!.blockNumber)!)));
      return all;
    },
  };
}
