import { capitals, MeterKind, MeterStatus, namesOf, realNamesOf, TrustClass } from "@enerlink/protocol";
import { z } from "zod/mini";
import type { Account } from "../account/index.ts";
import { integer, itemsOf, seconds, useEveryRow, useIndex } from "../energy-index/index.ts";

const settlementSchema = z.object({
  id: z.string(),
  meterId: z.string(),
  readAt: seconds,
  /** From when and until when its energy counts, unix seconds; a baseline begins nowhere. */
  since: z.nullable(seconds),
  endsAt: seconds,
  exportedWh: integer,
  importedWh: integer,
  storedWh: integer,
  tokensWh: integer,
  debtWh: integer,
  baseline: z.boolean(),
});
export type Settlement = z.infer<typeof settlementSchema>;
const settlementFields =
  "id meterId readAt since endsAt exportedWh importedWh storedWh tokensWh debtWh baseline";

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
  /** What a battery's offers hold and its accepted trades still owe, Wh. */
  promisedWh: integer,
  /** To whom it is being transferred, and from when that account may take it, unix seconds. */
  pendingOwner: z.nullable(z.string()),
  acceptableFrom: z.nullable(seconds),
  /** The neighbourhood that it shares in, and the one that it may join. */
  communityId: z.nullable(z.int()),
  admittedTo: z.nullable(z.int()),
  /** Its limits there, IDR/kWh; null before it ever joined. */
  sellFrom: z.nullable(z.int()),
  buyUpTo: z.nullable(z.int()),
  /** The latest one, if any. */
  settlements: z.object({ items: z.array(settlementSchema) }),
});
export type Meter = z.infer<typeof meterSchema>;

const METERS = `query ($owner: String!, $after: String) {
  list: meters(where: { owner: $owner }, orderBy: "number", limit: 100, after: $after) {
    items {
      id serial kind trust status exportWatts importWatts capacityWh creditWh h3Cell epoch
      exportWh importWh storedWh settledTimestamp debtWh promisedWh pendingOwner acceptableFrom
      communityId admittedTo sellFrom buyUpTo
      settlements(orderBy: "readAt", orderDirection: "desc", limit: 1) { items { ${settlementFields} } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All meters of one owner, in the order of their registration. */
export const useMeters = (owner: string | undefined) =>
  useEveryRow(METERS, owner === undefined ? undefined : { owner: owner.toLowerCase() }, meterSchema);

/** As many settlements are listed. */
export const LATEST_SETTLEMENTS = 50;

const METER_SETTLEMENTS = `query ($meterId: String!) {
  settlements(where: { meterId: $meterId }, orderBy: "readAt", orderDirection: "desc", limit: ${LATEST_SETTLEMENTS}) {
    items { ${settlementFields} }
  }
}`;

/** The latest settlements of one meter, newest first. */
export const useSettlements = (meterId: string | undefined) =>
  useIndex(
    METER_SETTLEMENTS,
    meterId === undefined ? undefined : { meterId },
    itemsOf("settlements", settlementSchema),
  );

const PENDING = `query ($owner: String!, $after: String) {
  list: meters(where: { pendingOwner: $owner }, orderBy: "number", limit: 100, after: $after) {
    items { serial }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Serials of the meters that wait for `owner` to accept them. */
export const usePendingMeters = (owner: string) =>
  useEveryRow(PENDING, { owner: owner.toLowerCase() }, z.object({ serial: z.string() }));

/** Whether the community pays for nothing that an account by fingerprint does: no meter is its own, and none waits. */
export function useIsUnpaid({ address, byFingerprint }: Account): boolean {
  const meters = useMeters(address).data;
  const pending = usePendingMeters(address).data;
  return byFingerprint && meters?.length === 0 && pending?.length === 0;
}
