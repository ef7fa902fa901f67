/** Meters, their register epochs, and what was settled. */

import { ponder } from "ponder:registry";
import {
  community,
  communityWindow,
  correction,
  debtRepayment,
  meter,
  meterDay,
  meterEpoch,
  reportTransaction,
  settlement,
  skippedReport,
} from "ponder:schema";
import { capitals, MeterKind, namesOf, SkipReason, serialOf, TrustClass } from "@enerlink/protocol";
import { eq } from "ponder";
import { type Address, type Hex, zeroAddress, zeroHash } from "viem";
import { readSettings } from "../lib/settings.ts";
import { type AnyEvent, announce, type Context, eventId, recordChange, stamp, updateMarket } from "./rows.ts";

const KINDS = capitals(namesOf(MeterKind));
const TRUST = namesOf(TrustClass);
const DAY = 86_400n;
const WINDOW = readSettings().settlementInterval;

type MeterRow = typeof meter.$inferSelect;

const known = <T extends Hex>(value: T, none: Hex): T | null => (value === none ? null : value);

/** The span in which what ends at `end` ends: what ends exactly at a boundary, in the span before it. Unix seconds. */
const spanOf = (end: bigint, seconds: bigint) => ((end - 1n) / seconds) * seconds;

/**
 * Until when the energy of a reading counts, unix seconds. Members of a community are read just after their slot's end,
 * and the pool takes that for its end.
 */
async function endOf(context: Context, { communityId }: MeterRow, readAt: bigint) {
  if (communityId === null) return readAt;
  const { slot, tolerance } = (await context.db.find(community, { id: communityId }))!;
  const late = readAt % BigInt(slot);
  return late <= BigInt(tolerance) ? readAt - late : readAt;
}

const epochId = (meterId: Hex, epoch: number) => `${meterId}-${epoch}`;

ponder.on("MeterRegistry:MeterRegistered", async ({ event, context }) => {
  const { meterId, pendingOwner, number, registration, activeFrom } = event.args;
  const { timestamp } = event.block;
  await context.db.insert(meter).values({
    id: meterId,
    serial: serialOf(meterId),
    number,
    owner: null,
    pendingOwner,
    acceptableFrom: 0n,
    kind: KINDS[registration.kind]!,
    trust: TRUST[registration.trust]!,
    status: "ACTIVE",
    connectionPoint: known(registration.connectionPoint, zeroHash),
    exportWatts: BigInt(registration.exportWatts),
    importWatts: BigInt(registration.importWatts),
    ratingFrom: timestamp,
    capacityWh: registration.capacityWh,
    capacityFrom: timestamp,
    creditWh: registration.creditWh,
    h3Cell: registration.h3Cell.toString(16),
    keyX: known(registration.keyX, zeroHash),
    keyY: known(registration.keyY, zeroHash),
    activeFrom: BigInt(activeFrom),
    stopped: false,
    stopsBase: 0n,
    registeredAt: timestamp,
    epoch: 1,
    epochDeclaredAt: timestamp,
    exportWh: 0n,
    importWh: 0n,
    storedWh: 0n,
    settledTimestamp: 0n,
    debtWh: 0n,
    communityId: null,
    sellFrom: null,
    buyUpTo: null,
    admittedTo: null,
    creditExceededWh: null,
    promisedWh: 0n,
    totalExportWh: 0n,
    totalImportWh: 0n,
    correctedExportWh: 0n,
    correctedImportWh: 0n,
    mintedWh: 0n,
    burnedWh: 0n,
  });
  await context.db
    .insert(meterEpoch)
    .values({ id: epochId(meterId, 1), meterId, epoch: 1, declaredAt: timestamp });
  // Of the others it stands at nothing.
  if (TRUST[registration.trust] === "C") await updateStops(context, meterId);
  await recordChange(context, event, "MeterRegistry:MeterRegistered");
});

type MeterEvent = AnyEvent & { args: { meterId: Hex } };

/** Keeps the change in the log and applies it to the meter's row. */
async function changeMeter(context: Context, event: MeterEvent, name: string, set: Partial<MeterRow>) {
  await recordChange(context, event, name);
  await context.db.update(meter, { id: event.args.meterId }).set(set);
}

/** How the meter's clock of stops stands, as the registry says itself after the event. */
async function updateStops(context: Context, id: Hex) {
  const { MeterRegistry } = context.contracts;
  const [, stops] = await context.client.readContract({
    abi: MeterRegistry.abi,
    address: MeterRegistry.address,
    functionName: "clockOf",
    args: [id],
  });
  // Alone 8 | base 24, see `Stops.sol`.
  await context.db
    .update(meter, { id })
    .set({ stopped: stops >> 24 !== 0, stopsBase: BigInt(stops & 0xff_ff_ff) });
}

ponder.on("MeterRegistry:MeterSuspended", async ({ event, context }) => {
  await changeMeter(context, event, "MeterRegistry:MeterSuspended", { status: "SUSPENDED" });
  await updateStops(context, event.args.meterId);
});
ponder.on("MeterRegistry:MeterResumed", async ({ event, context }) => {
  await changeMeter(context, event, "MeterRegistry:MeterResumed", { status: "ACTIVE" });
  await updateStops(context, event.args.meterId);
});
ponder.on("MeterRegistry:MeterRemoved", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:MeterRemoved", {}),
);
ponder.on("MeterRegistry:UnsignedSettlementAllowed", async ({ event, context }) => {
  await recordChange(context, event, "MeterRegistry:UnsignedSettlementAllowed");
  const unsigned = await context.db.sql.select({ id: meter.id }).from(meter).where(eq(meter.trust, "C"));
  for (const { id } of unsigned) await updateStops(context, id);
});
ponder.on("MeterRegistry:MeterTransferOffered", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:MeterTransferOffered", {
    pendingOwner: known<Address>(event.args.to, zeroAddress),
    acceptableFrom: event.args.to === zeroAddress ? null : BigInt(event.args.acceptableFrom),
  }),
);
ponder.on("MeterRegistry:MeterTransferred", async ({ event, context }) => {
  const { meterId, from, to } = event.args;
  const accepted = { owner: to, pendingOwner: null, acceptableFrom: null };
  // The epoch of a meter that nobody owned begins with its first owner.
  const first = from === zeroAddress ? { epochDeclaredAt: event.block.timestamp } : {};
  await changeMeter(context, event, "MeterRegistry:MeterTransferred", { ...accepted, ...first });
  if (from !== zeroAddress) return;
  const { epoch } = (await context.db.find(meter, { id: meterId }))!;
  await context.db
    .update(meterEpoch, { id: epochId(meterId, epoch) })
    .set({ declaredAt: event.block.timestamp });
});
ponder.on("MeterRegistry:RatingChanged", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:RatingChanged", {
    exportWatts: BigInt(event.args.exportWatts),
    importWatts: BigInt(event.args.importWatts),
    ratingFrom: BigInt(event.args.effectiveFrom),
  }),
);
ponder.on("MeterRegistry:CapacityChanged", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:CapacityChanged", {
    capacityWh: event.args.capacityWh,
    capacityFrom: BigInt(event.args.effectiveFrom),
  }),
);
ponder.on("MeterRegistry:CreditChanged", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:CreditChanged", { creditWh: event.args.creditWh }),
);
ponder.on("MeterRegistry:TrustChanged", async ({ event, context }) => {
  await changeMeter(context, event, "MeterRegistry:TrustChanged", { trust: TRUST[event.args.trust]! });
  await updateStops(context, event.args.meterId);
});
ponder.on("MeterRegistry:CellChanged", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:CellChanged", { h3Cell: event.args.h3Cell.toString(16) }),
);
ponder.on("MeterRegistry:KeyChanged", ({ event, context }) =>
  changeMeter(context, event, "MeterRegistry:KeyChanged", { keyX: event.args.keyX, keyY: event.args.keyY }),
);

ponder.on("EnergyConverter:EpochProposed", async ({ event, context }) => {
  const { meterId, epoch, closing, declarableAt } = event.args;
  const known = closing.timestamp !== 0;
  const proposal = {
    declarableAt: BigInt(declarableAt),
    closingExportWh: known ? closing.exportWh : null,
    closingImportWh: known ? closing.importWh : null,
    closingTimestamp: known ? BigInt(closing.timestamp) : null,
  };
  await context.db
    .insert(meterEpoch)
    .values({ id: epochId(meterId, epoch), meterId, epoch, ...proposal })
    .onConflictDoUpdate(proposal);
  await recordChange(context, event, "EnergyConverter:EpochProposed");
});

ponder.on("EnergyConverter:EpochProposalWithdrawn", async ({ event, context }) => {
  const { meterId } = event.args;
  const row = await context.db.find(meter, { id: meterId });
  await context.db.delete(meterEpoch, { id: epochId(meterId, row!.epoch + 1) });
  await recordChange(context, event, "EnergyConverter:EpochProposalWithdrawn");
});

ponder.on("EnergyConverter:EpochDeclared", async ({ event, context }) => {
  const { meterId, epoch } = event.args;
  const declaredAt = event.block.timestamp;
  await context.db.update(meterEpoch, { id: epochId(meterId, epoch) }).set({ declaredAt });
  await changeMeter(context, event, "EnergyConverter:EpochDeclared", {
    epoch,
    epochDeclaredAt: declaredAt,
    exportWh: 0n,
    importWh: 0n,
    storedWh: 0n,
    settledTimestamp: 0n,
  });
});

type Reported = AnyEvent & {
  transactionReceipt: { from: Address; gasUsed: bigint; effectiveGasPrice: bigint };
};

/** Counts a report with the transaction that brought it, which is paid once for all of its reports. */
async function addToTransaction(context: Context, event: Reported, outcome: "settled" | "skipped") {
  const { from, gasUsed, effectiveGasPrice } = event.transactionReceipt;
  const { timestamp, number: blockNumber } = event.block;
  const counts = { settled: 0, skipped: 0, [outcome]: 1 };
  await context.db
    .insert(reportTransaction)
    .values({
      id: event.transaction.hash,
      sender: from,
      gasUsed,
      feeWei: gasUsed * effectiveGasPrice,
      ...counts,
      timestamp,
      blockNumber,
    })
    .onConflictDoUpdate((row) => ({ [outcome]: row[outcome] + 1 }));
}

ponder.on("EnergyConverter:MeterSettled", async ({ event, context }) => {
  const { meterId, exportWh, importWh, storedWh, tokensWh, epoch } = event.args;
  const readAt = BigInt(event.args.timestamp);
  const last = await context.db.find(meter, { id: meterId });
  // In a community a report only counts: what the meter owes changes with its slots.
  const debtWh = last!.communityId === null ? event.args.debtWh : last!.debtWh;
  const { owner, kind, settledTimestamp, creditWh } = last!;
  const baseline = settledTimestamp === 0n;
  const exportedWh = baseline ? 0n : exportWh - last!.exportWh;
  const importedWh = baseline ? 0n : importWh - last!.importWh;
  const mintedWh = tokensWh > 0n ? tokensWh : 0n;
  const burnedWh = tokensWh < 0n ? -tokensWh : 0n;

  const endsAt = await endOf(context, last!, readAt);
  const since = baseline ? null : await endOf(context, last!, settledTimestamp);

  const id = eventId(event);
  await context.db.insert(settlement).values({
    id,
    meterId,
    // Nothing is settled before it is accepted.
    owner: owner!,
    epoch,
    readAt,
    endsAt,
    since,
    exportWh,
    importWh,
    storedWh,
    exportedWh,
    importedWh,
    baseline,
    tokensWh,
    debtWh,
    ...stamp(event),
  });
  await context.db.update(meter, { id: meterId }).set((row) => ({
    exportWh,
    importWh,
    storedWh,
    settledTimestamp: readAt,
    debtWh,
    creditExceededWh: debtWh > creditWh ? row.creditExceededWh : null,
    totalExportWh: row.totalExportWh + exportedWh,
    totalImportWh: row.totalImportWh + importedWh,
    mintedWh: row.mintedWh + mintedWh,
    burnedWh: row.burnedWh + burnedWh,
  }));

  await context.db
    .insert(meterDay)
    .values({ meterId, day: spanOf(endsAt, DAY), exportedWh, importedWh, mintedWh, burnedWh })
    .onConflictDoUpdate((row) => ({
      exportedWh: row.exportedWh + exportedWh,
      importedWh: row.importedWh + importedWh,
      mintedWh: row.mintedWh + mintedWh,
      burnedWh: row.burnedWh + burnedWh,
    }));
  // The grid is whom the community buys from and sells to, not a part of it.
  if (kind !== "GRID") {
    await context.db
      .insert(communityWindow)
      .values({ start: spanOf(endsAt, WINDOW), exportedWh, importedWh, settlements: 1 })
      .onConflictDoUpdate((row) => ({
        exportedWh: row.exportedWh + exportedWh,
        importedWh: row.importedWh + importedWh,
        settlements: row.settlements + 1,
      }));
  }
  await updateMarket(context, (row) => ({
    mintedWh: row.mintedWh + mintedWh,
    burnedWh: row.burnedWh + burnedWh,
  }));
  await addToTransaction(context, event, "settled");
  await announce(context, event, "SETTLEMENTS", "MeterSettled", id);
});

ponder.on("EnergyConverter:ReportSkipped", async ({ event, context }) => {
  const { meterId, reason, timestamp } = event.args;
  await context.db.insert(skippedReport).values({
    id: eventId(event),
    meterId,
    reason: namesOf(SkipReason)[reason] ?? String(reason),
    readAt: BigInt(timestamp),
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await addToTransaction(context, event, "skipped");
  await announce(context, event, "SKIPS", "ReportSkipped", eventId(event));
});

ponder.on("EnergyConverter:DebtRepaid", async ({ event, context }) => {
  const { meterId, payer, wattHours, debtWh } = event.args;
  await context.db.insert(debtRepayment).values({
    id: eventId(event),
    meterId,
    payer,
    wattHours,
    debtWh,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await context.db.update(meter, { id: meterId }).set((row) => ({
    debtWh,
    creditExceededWh: debtWh > row.creditWh ? row.creditExceededWh : null,
    burnedWh: row.burnedWh + wattHours,
  }));
  await updateMarket(context, (row) => ({ burnedWh: row.burnedWh + wattHours }));
});

ponder.on("EnergyConverter:MeterCorrected", async ({ event, context }) => {
  const { meterId, exportWh, importWh, tokensWh, debtWh, evidence } = event.args;
  const { owner } = (await context.db.find(meter, { id: meterId }))!;
  const mintedWh = tokensWh > 0n ? tokensWh : 0n;
  const burnedWh = tokensWh < 0n ? -tokensWh : 0n;
  await context.db.insert(correction).values({
    id: eventId(event),
    meterId,
    // Only its owner accepts a correction.
    owner: owner!,
    exportWh,
    importWh,
    tokensWh,
    debtWh,
    evidence,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await context.db.update(meter, { id: meterId }).set((row) => ({
    debtWh,
    creditExceededWh: debtWh > row.creditWh ? row.creditExceededWh : null,
    correctedExportWh: row.correctedExportWh + exportWh,
    correctedImportWh: row.correctedImportWh + importWh,
    mintedWh: row.mintedWh + mintedWh,
    burnedWh: row.burnedWh + burnedWh,
  }));
  await updateMarket(context, (row) => ({
    mintedWh: row.mintedWh + mintedWh,
    burnedWh: row.burnedWh + burnedWh,
  }));
});

ponder.on("EnergyConverter:CreditExceeded", async ({ event, context }) => {
  const { meterId, debtWh } = event.args;
  await context.db.update(meter, { id: meterId }).set({ creditExceededWh: debtWh });
});
