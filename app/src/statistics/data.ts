import { z } from "zod/mini";
import { integer, seconds, useIndex } from "../energy-index/index.ts";

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

const windowSchema = z.object({ start: seconds, exportedWh: integer, importedWh: integer });
export type CommunityDay = z.infer<typeof windowSchema>;

const COMMUNITY = `query ($from: BigInt!) {
  communityEnergy(interval: DAY, from: $from) { windows { start exportedWh importedWh } }
}`;

/** What all meters exported and imported on each day since `from` (unix seconds), oldest first. */
export const useCommunity = (from: number) =>
  useIndex(
    COMMUNITY,
    { from: String(from) },
    z.pipe(
      z.object({ communityEnergy: z.object({ windows: z.array(windowSchema) }) }),
      z.transform(({ communityEnergy }) => communityEnergy.windows),
    ),
  );
