/** What REST answers about communities, their slots, and what they are worth to an account. */
import { namesOf, SkipReason } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { hash, idr, idrPerKwh, iso, kwh, person, says } from "./schemas.ts";

const serial = z.string().openapi({ description: "The meter's serial", example: "home-01" });

const terms = {
  retailPerKwh: says(idrPerKwh, "What the utility asks for, IDR/kWh"),
  feedInPerKwh: says(idrPerKwh, "What the utility pays, IDR/kWh"),
  feePerKwh: says(idrPerKwh, "What the grid operator gets of each shared kWh, IDR/kWh; the buyer pays it"),
};

export const Community = z
  .object({
    id: z.string(),
    utilityId: person.openapi({ description: "Who takes and gives what neighbours do not" }),
    gridOperatorId: person.openapi({ description: "Who gets the network fee" }),
    accepted: z.boolean().openapi({ description: "Whether the utility has agreed to be it" }),
    slotSeconds: z.number().int().openapi({ description: "Length of a slot" }),
    toleranceSeconds: z
      .number()
      .int()
      .openapi({ description: "A reading of up to so long after a slot's end is taken for its end" }),
    members: z.number().int(),
    clearedTo: iso
      .nullable()
      .openapi({ description: "End of the latest cleared slot; null before the first" }),
    terms: z.object(terms).openapi({ description: "Of a slot that begins now" }),
    nextTariff: z
      .object({ retailPerKwh: terms.retailPerKwh, feedInPerKwh: terms.feedInPerKwh, from: iso })
      .nullable()
      .openapi({ description: "Announced for slots that begin at `from` or later; null where none is" }),
    nextFee: z
      .object({ feePerKwh: terms.feePerKwh, from: iso })
      .nullable()
      .openapi({ description: "Announced for slots that begin at `from` or later; null where none is" }),
  })
  .openapi("Community");

export const CommunityWithMembers = Community.extend({
  meterIds: z.array(z.string()).openapi({ description: "The members' serials, in their order" }),
}).openapi("CommunityWithMembers");

const price = idrPerKwh
  .nullable()
  .openapi({ description: "What neighbours who sold got, IDR/kWh; null where nothing was shared" });

export const Slot = z
  .object({
    communityId: z.string(),
    start: iso,
    end: iso,
    pricePerKwh: price,
    sharedKwh: says(kwh, "What went from neighbour to neighbour, kWh"),
    surplusKwh: says(kwh, "What everybody who was read had left over, whatever their limits, kWh"),
    needKwh: says(kwh, "What everybody who was read needed, whatever their limits and money, kWh"),
    soldToUtilityKwh: kwh,
    boughtFromUtilityKwh: kwh,
    ...terms,
    present: z.number().int().openapi({ description: "How many members were read at its end" }),
    clearedAt: iso,
    blockchainTxHash: hash,
  })
  .openapi("Slot");

export const SlotShare = z
  .object({
    meterId: serial,
    accountId: person.openapi({ description: "Who owned the meter, and paid or was paid" }),
    start: iso,
    end: iso,
    side: z.enum(["sold", "bought"]),
    sharedKwh: says(kwh, "Shared with neighbours, kWh"),
    utilityKwh: says(kwh, "Sold to or bought from the utility, kWh"),
    leftKwh: says(kwh, "Of a seller what nobody paid and it kept, of a buyer what became arrears, kWh"),
    amount: says(idr, "What a seller got, what a buyer paid, fee included, IDR"),
    fee: says(idr, "Of it the network fee, IDR"),
    plnAmount: says(idr, "What the utility alone would have paid or asked for the same energy, IDR"),
    pricePerKwh: price,
    sellFrom: says(idrPerKwh, "Its limit as a seller when the slot was cleared, IDR/kWh"),
    buyUpTo: says(idrPerKwh, "Its limit as a buyer then, fee included, IDR/kWh"),
  })
  .openapi("SlotShare");

export const SlotWithMembers = Slot.extend({ shares: z.array(SlotShare) }).openapi("SlotWithMembers");

const known = (schema: z.ZodString, description: string) => schema.nullable().openapi({ description });
const period = {
  start: iso.openapi({ description: "Belongs to the period" }),
  end: iso.openapi({ description: "Does not belong to it" }),
  localStart: z.string().openapi({ example: "2026-11-27T00:00:00+07:00" }),
};

const slotted = {
  exportKwh: known(kwh, "What its meters exported, kWh; null where no settlement ended"),
  importKwh: known(kwh, "What they imported, kWh"),
  neighboursSoldKwh: says(kwh, "Shared with neighbours in the slots, kWh"),
  neighboursSoldIdr: idr,
  neighboursBoughtKwh: kwh,
  neighboursBoughtIdr: says(idr, "Without the fee, IDR"),
  utilitySoldKwh: says(kwh, "Sold to the utility; of a utility also what it sold to members, kWh"),
  utilitySoldIdr: idr,
  utilityBoughtKwh: says(kwh, "Bought from the utility; of a utility also what it bought of members, kWh"),
  utilityBoughtIdr: idr,
  feeIdr: says(idr, "Network fee paid, IDR"),
  plnAloneIdr: known(
    idr,
    "What the slots' energy would have cost with the utility alone, IDR; negative: what it would have paid; null where no tariff applied",
  ),
  betterByIdr: known(idr, "How much better than that it came off, IDR; null where no tariff applied"),
  arrearsKwh: says(kwh, "What it drew and could not pay for, kWh"),
  leftKwh: says(kwh, "Surplus that nobody paid for, kept as ETK, kWh"),
};

export const StatementPeriod = z
  .object({
    ...period,
    ...slotted,
    offersSoldKwh: says(kwh, "Delivered from batteries that were offered, kWh"),
    offersSoldIdr: idr,
    offersBoughtKwh: kwh,
    offersBoughtIdr: idr,
    bookSoldKwh: says(kwh, "Fills of the order book, kWh"),
    bookSoldIdr: idr,
    bookBoughtKwh: kwh,
    bookBoughtIdr: idr,
    feeReceivedIdr: says(idr, "Network fee received, as a grid operator, IDR"),
    netIdr: says(idr, "All that was received less all that was paid, IDR: of all accounts together 0"),
    averageSoldPrice: known(idrPerKwh, "Of all sources, IDR/kWh, rounded down; null where nothing was sold"),
    averageBoughtPrice: known(idrPerKwh, "The same of what was bought, the fee included"),
    meters: z
      .array(z.object({ meterId: serial, ...slotted }))
      .openapi({ description: "Of which meter what is, as far as it is a meter's" }),
  })
  .openapi("StatementPeriod");

export const EnergyPeriod = z
  .object({
    ...period,
    exportKwh: kwh,
    importKwh: kwh,
    settlements: z.number().int(),
    since: iso.openapi({
      description:
        "From when on its energy was counted: before `start` where the first settlement began earlier",
    }),
    until: iso,
  })
  .openapi("EnergyPeriod");

export const MarketPeriod = z
  .object({
    ...period,
    supplyKwh: says(kwh, "ETK at the period's end, kWh"),
    supplyIdr: says(idr, "IDRS at the period's end, IDR"),
    debtKwh: says(kwh, "What meters owe at the period's end, kWh, less the surplus that is open in slots"),
    mintedKwh: kwh,
    burnedKwh: kwh,
    exportedKwh: says(kwh, "Settled export of all meters, the grid's own included, kWh"),
    importedKwh: kwh,
    settlements: z.number().int(),
    reports: z
      .object({
        transactions: z.number().int(),
        gasUsed: z.string().openapi({ description: "With all else that they did, such as clearing slots" }),
        feeWei: z.string().openapi({ description: "Gas at the prices that were paid, wei" }),
      })
      .openapi({ description: "What it cost to bring reports, by whoever sent them" }),
    skipped: z
      .object(
        Object.fromEntries(namesOf(SkipReason).map((reason) => [reason, z.number().int()])) as Record<
          keyof typeof SkipReason,
          z.ZodNumber
        >,
      )
      .openapi({ description: "Reports that moved nothing, by reason" }),
  })
  .openapi("MarketPeriod");

const usual = z.object({ low: z.string(), median: z.string(), high: z.string() }).nullable().openapi({
  description:
    "A value lies below `low` on one day in ten, above `high` on one in ten; null where fewer than 7 of the last 14 days are known",
});
const days = z
  .number()
  .int()
  .openapi({ description: "Of how many of the last 14 days it is known; 7 are needed" });

export const OutlookHour = z
  .object({ start: iso, surplusKwh: usual, surplusDays: days, pricePerKwh: usual, priceDays: days })
  .openapi("OutlookHour");
