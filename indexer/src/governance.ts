/** Reporters, roles and switches; and the record of every other privileged change. */

import { ponder } from "ponder:registry";
import {
  batch,
  committedRoot,
  committee,
  deviceSubmission,
  equivocation,
  functionsRequest,
  type market,
  role,
  roleMember,
} from "ponder:schema";
import {
  accessManagerAbi,
  energyConverterAbi,
  functionsReporterAbi,
  meterRegistryAbi,
} from "@enerlink/protocol";
import type { Abi } from "viem";
import { stoppedFor } from "../lib/stops.ts";
import { type AnyEvent, type Context, eventId, recordChange, updateMarket } from "./rows.ts";

ponder.on("EnergyMarket:PauseChanged", async ({ event, context }) => {
  const { bookPaused, boardPaused } = event.args;
  await updateMarket(context, (row) => ({
    bookPaused,
    boardPaused,
    ...stopped(row, boardPaused || row.settlementStopped, event.block.timestamp),
  }));
  await recordChange(context, event, "EnergyMarket:PauseChanged");
});

ponder.on("EnergyMarket:SettlementStopped", async ({ event, context }) => {
  const { stopped: settlementStopped } = event.args;
  await updateMarket(context, (row) => ({
    settlementStopped,
    ...stopped(row, row.boardPaused || settlementStopped, event.block.timestamp),
  }));
  await recordChange(context, event, "EnergyMarket:SettlementStopped");
});

/** The market's clock, which runs while board or settlement are stopped. */
function stopped(row: typeof market.$inferSelect, runs: boolean, now: bigint) {
  return { stoppedFor: stoppedFor(row, now), stoppedSince: runs ? now : 0n };
}

ponder.on("EnergyMarket:MinimumPriceChanged", async ({ event, context }) => {
  const minimumPrice = BigInt(event.args.price);
  await updateMarket(context, () => ({ minimumPrice }));
  await recordChange(context, event, "EnergyMarket:MinimumPriceChanged");
});

ponder.on("OracleCommittee:CommitteeChanged", async ({ event, context }) => {
  const { configuration, members, quorum } = event.args;
  await context.db.insert(committee).values({
    configuration,
    members: [...members],
    quorum,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await recordChange(context, event, "OracleCommittee:CommitteeChanged");
});

ponder.on("OracleCommittee:BatchSubmitted", async ({ event, context }) => {
  await context.db.insert(batch).values({
    id: eventId(event),
    ...event.args,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("OracleCommittee:SlotNotCleared", ({ event, context }) =>
  recordChange(context, event, "OracleCommittee:SlotNotCleared"),
);

ponder.on("DeviceReporter:DeviceReadingSubmitted", async ({ event, context }) => {
  await context.db.insert(deviceSubmission).values({
    id: eventId(event),
    ...event.args,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("OracleCommittee:RootCommitted", async ({ event, context }) => {
  await context.db.insert(committedRoot).values({
    ...event.args,
    windowEnd: BigInt(event.args.windowEnd),
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("EquivocationProof:EquivocationProven", async ({ event, context }) => {
  await context.db.insert(equivocation).values({
    id: eventId(event),
    ...event.args,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("FunctionsReporter:SettlementRequested", async ({ event, context }) => {
  const { requestId, meterId, requester, cutoff } = event.args;
  await context.db.insert(functionsRequest).values({
    id: requestId,
    meterId,
    requester,
    cutoff: BigInt(cutoff),
    status: "REQUESTED",
    failure: null,
    requestedAt: event.block.timestamp,
    answeredAt: null,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("FunctionsReporter:RequestFulfilled", async ({ event, context }) => {
  await context.db
    .update(functionsRequest, { id: event.args.requestId })
    .set({ status: "FULFILLED", answeredAt: event.block.timestamp });
});

ponder.on("FunctionsReporter:RequestFailed", async ({ event, context }) => {
  await context.db
    .update(functionsRequest, { id: event.args.requestId })
    .set({ status: "FAILED", failure: event.args.reason, answeredAt: event.block.timestamp });
});

type RoleRow = typeof role.$inferSelect;

async function setRole(context: Context, id: bigint, set: Partial<Omit<RoleRow, "id">>) {
  await context.db
    .insert(role)
    .values({ id, label: null, admin: 0n, guardian: 0n, ...set })
    .onConflictDoUpdate(set);
}

ponder.on("AccessManager:RoleLabel", async ({ event, context }) => {
  await setRole(context, event.args.roleId, { label: event.args.label });
  await recordChange(context, event, "AccessManager:RoleLabel");
});

ponder.on("AccessManager:RoleAdminChanged", async ({ event, context }) => {
  await setRole(context, event.args.roleId, { admin: event.args.admin });
  await recordChange(context, event, "AccessManager:RoleAdminChanged");
});

ponder.on("AccessManager:RoleGuardianChanged", async ({ event, context }) => {
  await setRole(context, event.args.roleId, { guardian: event.args.guardian });
  await recordChange(context, event, "AccessManager:RoleGuardianChanged");
});

ponder.on("AccessManager:RoleGranted", async ({ event, context }) => {
  const { roleId, account, delay, newMember } = event.args;
  const since = BigInt(event.args.since);
  await setRole(context, roleId, {});
  // For a member of old, `since` says when the new delay begins.
  await context.db
    .insert(roleMember)
    .values({ roleId, account, since, executionDelay: delay })
    .onConflictDoUpdate((row) => ({ since: newMember ? since : row.since, executionDelay: delay }));
  await recordChange(context, event, "AccessManager:RoleGranted");
});

ponder.on("AccessManager:RoleRevoked", async ({ event, context }) => {
  const { roleId, account } = event.args;
  await context.db.delete(roleMember, { roleId, account });
  await recordChange(context, event, "AccessManager:RoleRevoked");
});

/** Events that have a handler of their own, here or beside. */
const handled = new Set([
  "AccessManager:RoleLabel",
  "AccessManager:RoleAdminChanged",
  "AccessManager:RoleGuardianChanged",
  "AccessManager:RoleGranted",
  "AccessManager:RoleRevoked",
  "MeterRegistry:MeterRegistered",
  "MeterRegistry:MeterSuspended",
  "MeterRegistry:MeterResumed",
  "MeterRegistry:MeterRemoved",
  "MeterRegistry:UnsignedSettlementAllowed",
  "MeterRegistry:MeterTransferOffered",
  "MeterRegistry:MeterTransferred",
  "MeterRegistry:RatingChanged",
  "MeterRegistry:CapacityChanged",
  "MeterRegistry:CreditChanged",
  "MeterRegistry:TrustChanged",
  "MeterRegistry:CellChanged",
  "MeterRegistry:KeyChanged",
  "EnergyConverter:EpochProposed",
  "EnergyConverter:EpochProposalWithdrawn",
  "EnergyConverter:EpochDeclared",
  "EnergyConverter:MeterSettled",
  "EnergyConverter:ReportSkipped",
  "EnergyConverter:DebtRepaid",
  "EnergyConverter:MeterCorrected",
  "EnergyConverter:CreditExceeded",
  "EnergyConverter:SlotsLeft",
  "EnergyConverter:FellBehind",
  "EnergyConverter:SlotClosed",
  "FunctionsReporter:SettlementRequested",
  "FunctionsReporter:RequestFulfilled",
  "FunctionsReporter:RequestFailed",
]);

const recorded: Record<string, Abi> = {
  AccessManager: accessManagerAbi,
  MeterRegistry: meterRegistryAbi,
  EnergyConverter: energyConverterAbi,
  FunctionsReporter: functionsReporterAbi,
};

for (const [contract, abi] of Object.entries(recorded)) {
  for (const item of abi) {
    if (item.type !== "event") continue;
    const name = `${contract}:${item.name}`;
    if (handled.has(name)) continue;
    ponder.on(name as "MeterRegistry:KeyProposed", ({ event, context }) =>
      recordChange(context, event as AnyEvent & { args: unknown }, name),
    );
  }
}
