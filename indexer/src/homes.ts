/** Households' accounts: who signs for them, who guards them, what others may call in their name. */
import { ponder } from "ponder:registry";
import { homeAccount, homeAccountEvent, homeExecution, homePermission, homeSigner } from "ponder:schema";
import { and, eq, ne } from "ponder";
import { type Address, concat, type Hex, zeroAddress } from "viem";
import { type AnyEvent, type Context, eventId, stamp } from "./rows.ts";

type EventRow = typeof homeAccountEvent.$inferSelect;
type About = Partial<Pick<EventRow, "signerId" | "guardian" | "time">>;

const nobodyIsNull = (address: Address) => (address === zeroAddress ? null : address);

/** Keeps what happened to the account that emitted `event`. */
async function record(
  context: Context,
  event: AnyEvent,
  kind: EventRow["kind"],
  about: About = {},
  account: Address = event.log.address,
) {
  await context.db
    .insert(homeAccountEvent)
    .values({ id: eventId(event), account, kind, ...about, ...stamp(event) });
}

const updateHome = (context: Context, { log }: AnyEvent) =>
  context.db.update(homeAccount, { id: log.address });
const updateSigner = (context: Context, { log }: AnyEvent, signerId: Hex) =>
  context.db.update(homeSigner, { account: log.address, signerId });

/** A signer from now on; one that was removed signs again. */
async function addSigner(context: Context, event: AnyEvent, account: Address, signerId: Hex, signer: Hex) {
  const added = { signer, addedAt: event.block.timestamp, removableFrom: null, removedAt: null };
  await context.db
    .insert(homeSigner)
    .values({ account, signerId, ...added })
    .onConflictDoUpdate(added);
}

/** No permission that the account granted holds any more. */
async function endPermissions(context: Context, event: AnyEvent) {
  const account = event.log.address;
  const permissions = await context.db.sql
    .select()
    .from(homePermission)
    .where(eq(homePermission.account, account));
  for (const { executor, target, selector } of permissions)
    await context.db
      .update(homePermission, { account, executor, target, selector })
      .set({ until: 0n, updatedAt: event.block.timestamp });
}

ponder.on("HomeAccountFactory:AccountCreated", async ({ event, context }) => {
  const { account, signerId, x, y } = event.args;
  const { timestamp: createdAt, ...where } = stamp(event);
  await context.db
    .insert(homeAccount)
    .values({ id: account, firstSignerId: signerId, signerCount: 1, epoch: 0, createdAt, ...where });
  await addSigner(context, event, account, signerId, concat([x, y]));
  await record(context, event, "CREATED", { signerId }, account);
});

ponder.on("HomeAccount:Executed", async ({ event, context }) => {
  await context.db
    .insert(homeExecution)
    .values({ id: eventId(event), account: event.log.address, ...event.args, ...stamp(event) });
});

// ------------------------------------------------------------------------------------------------------ signers

ponder.on("HomeAccount:SignerAdded", async ({ event, context }) => {
  const { signerId, signer } = event.args;
  await addSigner(context, event, event.log.address, signerId, signer);
  await updateHome(context, event).set(({ signerCount }) => ({ signerCount: signerCount + 1 }));
  await record(context, event, "SIGNER_ADDED", { signerId });
});

ponder.on("HomeAccount:RemovalAnnounced", async ({ event, context }) => {
  const { signerId } = event.args;
  const time = BigInt(event.args.from);
  await updateSigner(context, event, signerId).set({ removableFrom: time });
  await record(context, event, "REMOVAL_ANNOUNCED", { signerId, time });
});

ponder.on("HomeAccount:RemovalRefused", async ({ event, context }) => {
  const { signerId } = event.args;
  await updateSigner(context, event, signerId).set({ removableFrom: null });
  await record(context, event, "REMOVAL_REFUSED", { signerId });
});

/** Every permission before it is void: the signer may have granted any. */
ponder.on("HomeAccount:SignerRemoved", async ({ event, context }) => {
  const { signerId } = event.args;
  await updateSigner(context, event, signerId).set({
    removableFrom: null,
    removedAt: event.block.timestamp,
  });
  await endPermissions(context, event);
  await updateHome(context, event).set(({ signerCount }) => ({ signerCount: signerCount - 1 }));
  await record(context, event, "SIGNER_REMOVED", { signerId });
});

// ----------------------------------------------------------------------------------------------------- guardian

const noChange = { nextGuardian: null, nextGuardianFrom: null };
const noRecovery = { recoverySignerId: null, recoveryFrom: null };

ponder.on("HomeAccount:GuardianAnnounced", async ({ event, context }) => {
  const guardian = nobodyIsNull(event.args.guardian);
  const time = BigInt(event.args.from);
  await updateHome(context, event).set({ nextGuardian: guardian, nextGuardianFrom: time });
  await record(context, event, "GUARDIAN_ANNOUNCED", { guardian, time });
});

ponder.on("HomeAccount:GuardianRefused", async ({ event, context }) => {
  await updateHome(context, event).set(noChange);
  await record(context, event, "GUARDIAN_REFUSED", { guardian: nobodyIsNull(event.args.guardian) });
});

ponder.on("HomeAccount:GuardianChanged", async ({ event, context }) => {
  const guardian = nobodyIsNull(event.args.guardian);
  // What the one before proposed is void.
  await updateHome(context, event).set({ guardian, ...noChange, ...noRecovery });
  await record(context, event, "GUARDIAN_CHANGED", { guardian });
});

// ----------------------------------------------------------------------------------------------------- recovery

ponder.on("HomeAccount:RecoveryProposed", async ({ event, context }) => {
  const { signerId } = event.args;
  const time = BigInt(event.args.from);
  await updateHome(context, event).set({ recoverySignerId: signerId, recoveryFrom: time });
  await record(context, event, "RECOVERY_PROPOSED", { signerId, time });
});

ponder.on("HomeAccount:RecoveryRefused", async ({ event, context }) => {
  await updateHome(context, event).set(noRecovery);
  await record(context, event, "RECOVERY_REFUSED", { signerId: event.args.signerId });
});

/** The new signer has been added just before: every other one, and every permission, is void. */
ponder.on("HomeAccount:Recovered", async ({ event, context }) => {
  const { signerId, epoch } = event.args;
  const account = event.log.address;
  const now = event.block.timestamp;
  const others = await context.db.sql
    .select()
    .from(homeSigner)
    .where(and(eq(homeSigner.account, account), ne(homeSigner.signerId, signerId)));
  for (const other of others)
    await updateSigner(context, event, other.signerId).set({
      removableFrom: null,
      removedAt: other.removedAt ?? now,
    });
  await endPermissions(context, event);
  await updateHome(context, event).set({ epoch, signerCount: 1, ...noChange, ...noRecovery });
  await record(context, event, "RECOVERED", { signerId });
});

// -------------------------------------------------------------------------------------------------- permissions

ponder.on("HomeAccount:CallAllowed", async ({ event, context }) => {
  const { executor, target, selector } = event.args;
  const set = { until: BigInt(event.args.until), updatedAt: event.block.timestamp };
  await context.db
    .insert(homePermission)
    .values({ account: event.log.address, executor, target, selector, ...set })
    .onConflictDoUpdate(set);
  await record(context, event, "CALL_ALLOWED", { time: set.until });
});
