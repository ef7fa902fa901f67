/** Certificates of metered export: issued, held, used up. */
import { ponder } from "ponder:registry";
import { certificate, certificateHolding, certificatePeriod, certificateRetirement } from "ponder:schema";
import { type Address, zeroAddress } from "viem";
import { type Context, eventId } from "./rows.ts";

ponder.on("EnergyCertificates:PeriodStarted", async ({ event, context }) => {
  const { meterId, owner, timestamp, epoch, exportWh } = event.args;
  const row = { owner, start: BigInt(timestamp), epoch, exportWh: BigInt(exportWh) };
  await context.db
    .insert(certificatePeriod)
    .values({ meterId, ...row, withheldWh: 0n })
    .onConflictDoUpdate(row);
});

ponder.on("EnergyCertificates:CertificateWithheld", async ({ event, context }) => {
  const { meterId, wattHours } = event.args;
  await context.db
    .update(certificatePeriod, { meterId })
    .set((row) => ({ withheldWh: row.withheldWh + wattHours }));
});

ponder.on("EnergyCertificates:CertificateIssued", async ({ event, context }) => {
  const { certificateId, meterId, owner, start, end, wattHours } = event.args;
  await context.db.insert(certificate).values({
    id: certificateId,
    meterId,
    owner,
    start: BigInt(start),
    end: BigInt(end),
    wattHours,
    retiredWh: 0n,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("EnergyCertificates:TransferSingle", async ({ event, context }) => {
  const { from, to, id, value } = event.args;
  await move(context, from, to, id, value);
});

ponder.on("EnergyCertificates:TransferBatch", async ({ event, context }) => {
  const { from, to, ids, values } = event.args;
  for (const [index, id] of ids.entries()) await move(context, from, to, id, values[index]!);
});

ponder.on("EnergyCertificates:CertificateRetired", async ({ event, context }) => {
  const { certificateId, holder, wattHours, beneficiary } = event.args;
  await context.db.insert(certificateRetirement).values({
    id: eventId(event),
    certificateId,
    holder,
    wattHours,
    // PostgreSQL keeps no NUL in a text.
    beneficiary: beneficiary.replaceAll("\0", "\uFFFD"),
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await context.db
    .update(certificate, { id: certificateId })
    .set((row) => ({ retiredWh: row.retiredWh + wattHours }));
});

async function move(context: Context, from: Address, to: Address, certificateId: bigint, wattHours: bigint) {
  await add(context, from, certificateId, -wattHours);
  await add(context, to, certificateId, wattHours);
}

async function add(context: Context, account: Address, certificateId: bigint, wattHours: bigint) {
  if (account === zeroAddress) return;
  await context.db
    .insert(certificateHolding)
    .values({ certificateId, account, wattHours })
    .onConflictDoUpdate((row) => ({ wattHours: row.wattHours + wattHours }));
}
