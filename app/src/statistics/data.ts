import { z } from "zod/mini";
import { integer, itemsOf, seconds, useIndex } from "../energy-index/index.ts";

const statisticsSchema = z.object({
  fills: z.int(),
  tradedWh: integer,
  tradedIdrs: integer,
  averagePrice: z.nullable(integer),
  deliveries: z.int(),
  deliveredWh: integer,
  mintedWh: integer,
  burnedWh: integer,
});

const STATISTICS = `query {
  marketStatistics { fills tradedWh tradedIdrs averagePrice deliveries deliveredWh mintedWh burnedWh }
}`;

/** The market's running totals. */
export const useStatistics = () =>
  useIndex(
    STATISTICS,
    {},
    z.pipe(
      z.object({ marketStatistics: statisticsSchema }),
      z.transform(({ marketStatistics }) => marketStatistics),
    ),
  );

const leaderSchema = z.object({
  id: z.string(),
  deliveredWh: integer,
  promisedWh: integer,
  ratings: z.int(),
  stars: z.int(),
});
export type Leader = z.infer<typeof leaderSchema>;

const LEADERS = `query {
  reputations(where: { deliveredWh_gt: "0" }, orderBy: "deliveredWh", orderDirection: "desc", limit: 20) {
    items { id deliveredWh promisedWh ratings stars }
  }
}`;

/** Who delivered most to neighbours, most first. */
export const useLeaders = () => useIndex(LEADERS, {}, itemsOf("reputations", leaderSchema));

const communitySchema = z.object({
  exportedWh: integer,
  importedWh: integer,
  selfSufficiency: z.nullable(z.number()),
  windowSeconds: z.int(),
  windows: z.array(z.object({ start: seconds, exportedWh: integer, importedWh: integer })),
});

const COMMUNITY = `query ($from: BigInt!) {
  communityEnergy(interval: DAY, timeZone: "Asia/Jakarta", from: $from) {
    exportedWh importedWh selfSufficiency windowSeconds windows { start exportedWh importedWh }
  }
}`;

const HOUR = 3_600;

/**
 * What all meters exported and imported on each day of Jakarta since `from` (unix seconds), oldest first.
 * `inWhole` where meters are settled too seldom for that: what was settled counts for the day in which it ended.
 */
export const useCommunity = (from: number) =>
  useIndex(
    COMMUNITY,
    { from: String(from) },
    z.pipe(
      z.object({ communityEnergy: communitySchema }),
      z.transform(({ communityEnergy: { windows, windowSeconds, ...energy } }) => ({
        ...energy,
        inWhole: windowSeconds > HOUR,
        days: windows,
      })),
    ),
  );
