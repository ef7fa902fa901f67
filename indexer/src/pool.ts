/** Communities, their members, and the slots that they shared. */
import { ponder } from "ponder:registry";
import { clearedSlot, community, communityMember, communityTerms, meter, slotShare } from "ponder:schema";
import { slotShareOf } from "@enerlink/protocol";
import { eventId, recordChange, stamp, updateMarket } from "./rows.ts";

ponder.on("SlotPool:CommunityCreated", async ({ event, context }) => {
  const { communityId: id, utility, gridOperator } = event.args;
  await context.db
    .insert(community)
    .values({ id, utility, gridOperator, accepted: false, slot: 0, members: 0, clearedTo: 0n });
  await recordChange(context, event, "SlotPool:CommunityCreated");
});

ponder.on("SlotPool:CommunityAccepted", async ({ event, context }) => {
  await context.db.update(community, { id: event.args.communityId }).set({ accepted: true });
  await recordChange(context, event, "SlotPool:CommunityAccepted");
});

ponder.on("SlotPool:TariffAnnounced", async ({ event, context }) => {
  const { communityId, retail, feedIn, from } = event.args;
  const { timestamp, transactionHash } = stamp(event);
  await context.db.insert(communityTerms).values({
    id: eventId(event),
    communityId,
    retail,
    feedIn,
    from: BigInt(from),
    timestamp,
    transactionHash,
  });
  await recordChange(context, event, "SlotPool:TariffAnnounced");
});

ponder.on("SlotPool:FeeChanged", async ({ event, context }) => {
  const { communityId, fee, from } = event.args;
  const { timestamp, transactionHash } = stamp(event);
  await context.db
    .insert(communityTerms)
    .values({ id: eventId(event), communityId, fee, from: BigInt(from), timestamp, transactionHash });
  await recordChange(context, event, "SlotPool:FeeChanged");
});

ponder.on("SlotPool:SlotLengthChanged", async ({ event, context }) => {
  const { communityId: id, slot } = event.args;
  await context.db.update(community, { id }).set({ slot });
  await recordChange(context, event, "SlotPool:SlotLengthChanged");
});

ponder.on("SlotPool:Admitted", async ({ event, context }) => {
  const { meterId, communityId } = event.args;
  // A registrar may admit a meter that is not registered yet: then there is no row to say so.
  if (await context.db.find(meter, { id: meterId }))
    await context.db
      .update(meter, { id: meterId })
      .set({ admittedTo: communityId === 0 ? null : communityId });
  await recordChange(context, event, "SlotPool:Admitted");
});

ponder.on("SlotPool:Joined", async ({ event, context }) => {
  const { meterId, communityId, place } = event.args;
  await context.db.insert(communityMember).values({ communityId, place, meterId });
  await context.db.update(community, { id: communityId }).set({ members: place + 1 });
  await context.db.update(meter, { id: meterId }).set({ communityId, admittedTo: null });
  await recordChange(context, event, "SlotPool:Joined");
});

ponder.on("SlotPool:Left", async ({ event, context }) => {
  const { meterId, communityId, place } = event.args;
  const last = (await context.db.find(community, { id: communityId }))!.members - 1;
  const moved = (await context.db.find(communityMember, { communityId, place: last }))!.meterId;
  await context.db.update(communityMember, { communityId, place }).set({ meterId: moved });
  await context.db.delete(communityMember, { communityId, place: last });
  await context.db.update(community, { id: communityId }).set({ members: last });
  await context.db.update(meter, { id: meterId }).set({ communityId: null });
  await recordChange(context, event, "SlotPool:Left");
});

ponder.on("SlotPool:LimitsChanged", async ({ event, context }) => {
  const { meterId, sellFrom, buyUpTo } = event.args;
  await context.db.update(meter, { id: meterId }).set({ sellFrom, buyUpTo });
  await recordChange(context, event, "SlotPool:LimitsChanged");
});

ponder.on("SlotPool:SlotCleared", async ({ event, context }) => {
  const { communityId, price, sharedWh, present, amounts } = event.args;
  const slotEnd = BigInt(event.args.slotEnd);
  const read = present.toString(2).replaceAll("0", "").length;
  await context.db
    .insert(clearedSlot)
    .values({ communityId, slotEnd, price, sharedWh, present: read, ...stamp(event) });
  await context.db.update(community, { id: communityId }).set({ clearedTo: slotEnd });
  for (const [place, word] of amounts.entries()) {
    const share = slotShareOf(word);
    if (!share) continue;
    const { meterId } = (await context.db.find(communityMember, { communityId, place }))!;
    await context.db.insert(slotShare).values({ meterId, slotEnd, communityId, ...share });
  }
});

ponder.on("EnergyConverter:SlotsLeft", async ({ event, context }) => {
  const { meterId, mintedWh, debtWh } = event.args;
  await context.db
    .update(meter, { id: meterId })
    .set((row) => ({ debtWh, mintedWh: row.mintedWh + mintedWh }));
  await updateMarket(context, (row) => ({ mintedWh: row.mintedWh + mintedWh }));
  await recordChange(context, event, "EnergyConverter:SlotsLeft");
});

ponder.on("EnergyConverter:FellBehind", async ({ event, context }) => {
  const { meterId, debtWh } = event.args;
  await context.db.update(meter, { id: meterId }).set({ debtWh });
  await recordChange(context, event, "EnergyConverter:FellBehind");
});

ponder.on("EnergyConverter:SlotClosed", async ({ event, context }) => {
  const { netWh } = event.args;
  await updateMarket(context, (row) => ({
    mintedWh: row.mintedWh + (netWh > 0n ? netWh : 0n),
    burnedWh: row.burnedWh + (netWh < 0n ? -netWh : 0n),
  }));
});
