/** What meters settled over time, added up by the index from every settlement. */
import { capitals, MeterKind, namesOf } from "@enerlink/protocol";
import { z } from "zod/mini";
import { integer, seconds, useIndex } from "./query.ts";

const spanSchema = z.object({
  meterId: z.string(),
  kind: z.enum(capitals(namesOf(MeterKind))),
  start: seconds,
  exportedWh: integer,
  importedWh: integer,
  mintedWh: integer,
  burnedWh: integer,
  settlements: z.int(),
  firstReadAt: seconds,
  lastReadAt: seconds,
});
/** Unix seconds, Wh. A span in which nothing was settled has none: its energy is not known, and not zero. */
export type SettledSpan = z.infer<typeof spanSchema>;

const SETTLED = `query ($owner: String, $meterId: String, $from: BigInt!, $to: BigInt, $seconds: Int!) {
  energySettled(owner: $owner, meterId: $meterId, from: $from, to: $to, seconds: $seconds) {
    meterId kind start exportedWh importedWh mintedWh burnedWh settlements firstReadAt lastReadAt
  }
}`;
const answer = z.pipe(
  z.object({ energySettled: z.array(spanSchema) }),
  z.transform(({ energySettled }) => energySettled),
);

/**
 * By meter and span of `length` seconds counted from `from` (unix seconds), oldest first.
 * @param of whose meters, or which meter; undefined while that is not known
 */
export const useSettled = (
  of: { owner: string } | { meterId: string } | undefined,
  from: number,
  length: number,
) =>
  useIndex(
    SETTLED,
    of && {
      ...("owner" in of ? { owner: of.owner.toLowerCase() } : of),
      from: String(from),
      seconds: length,
    },
    answer,
  );
