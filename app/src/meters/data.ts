import { capitals, MeterKind, MeterStatus, namesOf, realNamesOf, TrustClass } from "@enerlink/contracts";
import { z } from "zod/mini";
import { integer, itemsOf, seconds, useIndex } from "../energy-index/index.ts";

const meterSchema = z.object({
  id: z.templateLiteral(["0x", z.string()]),
  serial: z.string(),
  kind: z.enum(capitals(namesOf(MeterKind))),
  trust: z.enum(namesOf(TrustClass)),
  status: z.enum(capitals(realNamesOf(MeterStatus))),
  exportWatts: integer,
  importWatts: integer,
  capacityWh: integer,
  creditWh: integer,
  h3Cell: z.string(),
  epoch: z.int(),
  exportWh: integer,
  importWh: integer,
  storedWh: integer,
  settledTimestamp: seconds,
  debtWh: integer,
});
export type Meter = z.infer<typeof meterSchema>;

const METERS = `query ($owner: String!) {
  meters(where: { owner: $owner }, orderBy: "number", limit: 100) {
    items {
      id serial kind trust status exportWatts importWatts capacityWh creditWh h3Cell epoch
      exportWh importWh storedWh settledTimestamp debtWh
    }
  }
}`;

/** The meters of one owner, in the order of their registration. */
export const useMeters = (owner: string | undefined) =>
  useIndex(
    METERS,
    owner === undefined ? undefined : { owner: owner.toLowerCase() },
    itemsOf("meters", meterSchema),
  );

const settlementSchema = z.object({
  id: z.string(),
  meterId: z.string(),
  readAt: seconds,
  exportedWh: integer,
  importedWh: integer,
  storedWh: integer,
  tokensWh: integer,
  debtWh: integer,
  baseline: z.boolean(),
});
export type Settlement = z.infer<typeof settlementSchema>;

const settlements = itemsOf("settlements", settlementSchema);
const settlementFields = "id meterId readAt exportedWh importedWh storedWh tokensWh debtWh baseline";

const METER_SETTLEMENTS = `query ($meterId: String!) {
  settlements(where: { meterId: $meterId }, orderBy: "readAt", orderDirection: "desc", limit: 50) {
    items { ${settlementFields} }
  }
}`;

/** The latest settlements of one meter, newest first. */
export const useSettlements = (meterId: string | undefined) =>
  useIndex(METER_SETTLEMENTS, meterId === undefined ? undefined : { meterId }, settlements);

const METER_SETTLEMENTS_SINCE = `query ($meterId: String!, $since: BigInt!) {
  settlements(where: { meterId: $meterId, readAt_gt: $since }, orderBy: "readAt", orderDirection: "desc", limit: 1000) {
    items { ${settlementFields} }
  }
}`;

/** What one meter settled since `since` (unix seconds), newest first; the latest thousand. */
export const useMeterSettlementsSince = (meterId: string, since: number) =>
  useIndex(METER_SETTLEMENTS_SINCE, { meterId, since: String(since) }, settlements);

const PENDING = `query ($owner: String!) {
  meters(where: { pendingOwner: $owner }, orderBy: "number", limit: 20) { items { serial } }
}`;

/** Serials of the meters that are being transferred to `owner`. */
export const usePendingMeters = (owner: string) =>
  useIndex(PENDING, { owner: owner.toLowerCase() }, itemsOf("meters", z.object({ serial: z.string() })));

const OWNER_SETTLEMENTS = `query ($owner: String!, $since: BigInt!) {
  settlements(where: { owner: $owner, readAt_gte: $since }, orderBy: "readAt", orderDirection: "desc", limit: 1000) {
    items { ${settlementFields} }
  }
}`;

/** What an owner's meters settled since `since` (unix seconds), newest first. */
export const useSettlementsSince = (owner: string | undefined, since: number) =>
  useIndex(
    OWNER_SETTLEMENTS,
    owner === undefined ? undefined : { owner: owner.toLowerCase(), since: String(since) },
    settlements,
  );
