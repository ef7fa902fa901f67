import { z } from "zod";
import { integer, seconds, useIndex } from "../energy-index/index.ts";

const totalsSchema = z.object({
  fills: z.int(),
  filledWh: integer,
  filledIdrs: integer,
  deliveries: z.int(),
  deliveredWh: integer,
  mintedWh: integer,
  burnedWh: integer,
});

const TOTALS = `query {
  markets(limit: 1) { items { fills filledWh filledIdrs deliveries deliveredWh mintedWh burnedWh } }
}`;

/** The market's running totals; null before its first event. */
export const useTotals = () =>
  useIndex(
    TOTALS,
    {},
    z
      .object({ markets: z.object({ items: z.array(totalsSchema) }) })
      .transform(({ markets }) => markets.items[0] ?? null),
  );

const daySchema = z.object({ start: seconds, exportedWh: integer, importedWh: integer });
export type CommunityDay = z.infer<typeof daySchema>;

const DAYS = `query {
  communityWindows(where: { interval: DAY }, orderBy: "start", orderDirection: "desc", limit: 14) {
    items { start exportedWh importedWh }
  }
}`;

/** What all meters exported and imported on each of the last days, oldest first. */
export const useCommunity = () =>
  useIndex(
    DAYS,
    {},
    z
      .object({ communityWindows: z.object({ items: z.array(daySchema) }) })
      .transform(({ communityWindows }) => communityWindows.items.toReversed()),
  );
