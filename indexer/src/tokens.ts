/** Wallet balances, and rupiah on and off the chain. */
import { ponder } from "ponder:registry";
import { bankDeposit, bankWithdrawal, deskPurchase, deskRate, transfer } from "ponder:schema";
import { addToAccount, eventId, recordChange, stamp } from "./rows.ts";

ponder.on("EnergyToken:Transfer", async ({ event, context }) => {
  const { from, to, value } = event.args;
  await context.db
    .insert(transfer)
    .values({ id: eventId(event), token: "ETK", from, to, amount: value, ...stamp(event) });
  await addToAccount(context, event, from, { walletWh: -value });
  await addToAccount(context, event, to, { walletWh: value });
});

ponder.on("RupiahToken:Transfer", async ({ event, context }) => {
  const { from, to, value } = event.args;
  await context.db
    .insert(transfer)
    .values({ id: eventId(event), token: "IDRS", from, to, amount: value, ...stamp(event) });
  await addToAccount(context, event, from, { walletIdrs: -value });
  await addToAccount(context, event, to, { walletIdrs: value });
});

ponder.on("RupiahToken:Deposited", async ({ event, context }) => {
  const { account, amount, bankReference } = event.args;
  await context.db.insert(bankDeposit).values({
    id: eventId(event),
    account,
    amount,
    bankReference,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("RupiahToken:WithdrawalRequested", async ({ event, context }) => {
  const { withdrawalId, account, amount, bankReference } = event.args;
  await context.db.insert(bankWithdrawal).values({
    id: withdrawalId,
    account,
    amount,
    bankReference,
    status: "REQUESTED",
    requestedAt: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
});

ponder.on("RupiahToken:WithdrawalPaid", async ({ event, context }) => {
  await context.db
    .update(bankWithdrawal, { id: event.args.withdrawalId })
    .set({ status: "PAID", closedAt: event.block.timestamp });
});

ponder.on("RupiahToken:WithdrawalCancelAnnounced", async ({ event, context }) => {
  await context.db
    .update(bankWithdrawal, { id: event.args.withdrawalId })
    .set({ status: "CANCELLING", reclaimableAt: BigInt(event.args.reclaimableAt) });
});

ponder.on("RupiahToken:WithdrawalCancelled", async ({ event, context }) => {
  await context.db
    .update(bankWithdrawal, { id: event.args.withdrawalId })
    .set({ status: "CANCELLED", closedAt: event.block.timestamp });
});

ponder.on("RupiahDesk:RatePosted", async ({ event, context }) => {
  const { token, idrsPerToken, until, decimals, capIdrs } = event.args;
  const rate = {
    idrsPerToken,
    until: BigInt(until),
    decimals,
    remainingIdrs: capIdrs,
    updatedAt: event.block.timestamp,
  };
  await context.db
    .insert(deskRate)
    .values({ token, ...rate })
    .onConflictDoUpdate(rate);
  await recordChange(context, event, "RupiahDesk:RatePosted");
});

ponder.on("RupiahDesk:RateWithdrawn", async ({ event, context }) => {
  await context.db
    .update(deskRate, { token: event.args.token })
    .set({ idrsPerToken: 0n, remainingIdrs: 0n, updatedAt: event.block.timestamp });
  await recordChange(context, event, "RupiahDesk:RateWithdrawn");
});

ponder.on("RupiahDesk:RupiahBought", async ({ event, context }) => {
  const { token, idrs } = event.args;
  await context.db.insert(deskPurchase).values({
    id: eventId(event),
    ...event.args,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await context.db.update(deskRate, { token }).set((row) => ({ remainingIdrs: row.remainingIdrs - idrs }));
});

ponder.on("RupiahDesk:TreasuryChanged", ({ event, context }) =>
  recordChange(context, event, "RupiahDesk:TreasuryChanged"),
);

ponder.on("RupiahDesk:PauseChanged", ({ event, context }) =>
  recordChange(context, event, "RupiahDesk:PauseChanged"),
);
