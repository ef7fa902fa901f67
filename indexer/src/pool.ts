/** Communities, their members, and the slots that they shared. */
import { ponder } from "ponder:registry";
import {
  clearedSlot,
  community,
  communityMember,
  communityTerms,
  limitsChange,
  meter,
  slotShare,
} from "ponder:schema";
import { costOf, type SlotShare, slotShareOf } from "@enerlink/protocol";
import { announce, type Context, eventId, recordChange, stamp, updateMarket } from "./rows.ts";
import { type Terms, termsAt } from "./terms.ts";

ponder.on("SlotPool:CommunityCreated", async ({ event, context }) => {
  const { communityId: id, utility, gridOperator } = event.args;
  const { SlotPool } = context.contracts;
  const tolerance = await context.client.readContract({
    abi: SlotPool.abi,
    address: SlotPool.address,
    functionName: "TOLERANCE",
    cache: "immutable",
  });
  await context.db.insert(community).values({
    id,
    utility,
    gridOperator,
    accepted: false,
    slot: 0,
    members: 0,
    clearedTo: 0n,
    tolerance,
    retail: 0,
    feedIn: 0,
    fee: 0,
  });
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
  await setTariff(context, communityId, event.args);
  await recordChange(context, event, "SlotPool:TariffAnnounced");
});

ponder.on("SlotPool:FeeChanged", async ({ event, context }) => {
  const { communityId, fee, from } = event.args;
  const { timestamp, transactionHash } = stamp(event);
  await context.db
    .insert(communityTerms)
    .values({ id: eventId(event), communityId, fee, from: BigInt(from), timestamp, transactionHash });
  await setFee(context, communityId, event.args);
  await recordChange(context, event, "SlotPool:FeeChanged");
});

/**
 * Keeps terms as the pool does: the first count at once, later ones for slots that begin at their `from`. Whoever
 * announces again has its last announcement in force; the utility's and the operator's wait each for itself.
 */
async function setTariff(
  context: Context,
  id: number,
  { retail, feedIn, from }: { retail: number; feedIn: number; from: number },
) {
  await context.db.update(community, { id }).set((row) => {
    // A slot's length is the last that a new community gets.
    if (row.slot === 0) return { retail, feedIn };
    const begun = row.nextFrom === null ? {} : { retail: row.nextRetail!, feedIn: row.nextFeedIn! };
    return { ...begun, nextRetail: retail, nextFeedIn: feedIn, nextFrom: BigInt(from) };
  });
}

async function setFee(context: Context, id: number, { fee, from }: { fee: number; from: number }) {
  await context.db.update(community, { id }).set((row) => {
    if (row.slot === 0) return { fee };
    const begun = row.nextFeeFrom === null ? {} : { fee: row.nextFee! };
    return { ...begun, nextFee: fee, nextFeeFrom: BigInt(from) };
  });
}

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
  const { communityId } = (await context.db.find(meter, { id: meterId }))!;
  const { timestamp, transactionHash } = stamp(event);
  await context.db.insert(limitsChange).values({
    id: eventId(event),
    meterId,
    communityId: communityId!,
    sellFrom,
    buyUpTo,
    timestamp,
    transactionHash,
  });
  await context.db.update(meter, { id: meterId }).set({ sellFrom, buyUpTo });
  await recordChange(context, event, "SlotPool:LimitsChanged");
});

ponder.on("SlotPool:SlotCleared", async ({ event, context }) => {
  const { communityId, sharedWh, present, amounts } = event.args;
  const slotEnd = BigInt(event.args.slotEnd);
  const row = (await context.db.find(community, { id: communityId }))!;
  const slotStart = slotEnd - BigInt(row.slot);
  const terms = termsAt(row, slotStart);
  const price = sharedWh === 0n ? null : event.args.price;
  const parts = amounts.map(slotShareOf);
  const slot = { communityId, slotStart, slotEnd, price };
  await context.db.insert(clearedSlot).values({
    ...slot,
    ...terms,
    ...totalsOf(parts),
    sharedWh,
    present: present.toString(2).replaceAll("0", "").length,
    ...stamp(event),
  });
  await context.db.update(community, { id: communityId }).set({ clearedTo: slotEnd });
  for (const [place, part] of parts.entries()) {
    if (!part) continue;
    const { meterId } = (await context.db.find(communityMember, { communityId, place }))!;
    const { owner, sellFrom, buyUpTo } = (await context.db.find(meter, { id: meterId }))!;
    await context.db.insert(slotShare).values({
      meterId,
      // A meter has an owner and limits from when it joins, and keeps them while it is a member.
      account: owner!,
      sellFrom: sellFrom!,
      buyUpTo: buyUpTo!,
      ...slot,
      ...part,
      ...moneyOf(part, price ?? 0n, terms),
    });
  }
  await announce(context, event, "SLOTS", "SlotCleared", `${communityId}-${slotEnd}`);
});

/** What all members together had, needed, and left to the utility, Wh. */
function totalsOf(parts: (SlotShare | undefined)[]) {
  const totals = { surplusWh: 0n, needWh: 0n, soldToUtilityWh: 0n, boughtFromUtilityWh: 0n };
  for (const part of parts) {
    if (!part) continue;
    const { side, sharedWh, utilityWh, leftWh } = part;
    const [counted, utility] =
      side === "SOLD"
        ? (["surplusWh", "soldToUtilityWh"] as const)
        : (["needWh", "boughtFromUtilityWh"] as const);
    totals[counted] += sharedWh + utilityWh + leftWh;
    totals[utility] += utilityWh;
  }
  return totals;
}

/**
 * What a member got or paid, of it the fee, and what the utility alone would have paid or asked for the same energy,
 * IDRS base units. What was left moved no money and is in none of them.
 * @param price IDRS base units per Wh
 */
function moneyOf({ side, sharedWh, utilityWh }: SlotShare, price: bigint, terms: Terms) {
  const sold = side === "SOLD";
  const tariff = sold ? terms.feedIn : terms.retail;
  const fee = sold ? 0n : costOf(sharedWh, terms.fee);
  return {
    amount: sharedWh * price + fee + costOf(utilityWh, tariff),
    fee,
    plnAmount: costOf(sharedWh + utilityWh, tariff),
  };
}

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
