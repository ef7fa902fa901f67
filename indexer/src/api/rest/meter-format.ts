/** Meters as REST answers them. */
import type { meter } from "ponder:schema";
import {
  formatKwh,
  MeterKind,
  MeterStatus,
  namesOf,
  realNamesOf,
  smalls,
  TrustClass,
} from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { getAddress } from "viem";
import { centreOf } from "../geo.ts";
import { hash, iso, kwh, person, says } from "./schemas.ts";
import { isoOf } from "./times.ts";

export const meterKinds = smalls(namesOf(MeterKind));
export const meterStatuses = smalls(realNamesOf(MeterStatus));

export const Meter = z
  .object({
    id: z.string().openapi({ description: "Its serial", example: "home-01" }),
    chainId: says(hash, "Its id on the chain: 0x and the serial in ASCII, filled up with zeros"),
    ownerId: person.nullable().openapi({ description: "null until somebody has accepted it" }),
    kind: z.enum(meterKinds),
    trust: z.enum(namesOf(TrustClass)).openapi({
      description: "A signs itself, B is signed for by a gateway, C does not sign and moves no token",
    }),
    status: z.enum(meterStatuses),
    communityId: z.string().nullable().openapi({ description: "In which it shares slots; null in none" }),
    location: z
      .object({ latitude: z.number(), longitude: z.number() })
      .openapi({ description: "Centre of its cell, degrees" }),
    capacityKwh: says(kwh, "Of its battery, kWh"),
    epoch: z.number().int().openapi({ description: "The register epoch" }),
    exportKwh: says(kwh, "Export register as it was settled last, kWh"),
    importKwh: says(kwh, "Import register as it was settled last, kWh"),
    storedKwh: says(kwh, "In the battery at that time, kWh"),
    readAt: iso.nullable().openapi({ description: "When these were read; null before the first" }),
    totalExportKwh: says(kwh, "Settled export over all epochs, kWh"),
    totalImportKwh: says(kwh, "Settled import over all epochs, kWh"),
    mintedKwh: says(
      kwh,
      "Tokens minted for its export, kWh; none for what it shares slot by slot, which is paid for in rupiah: `/meters/{id}/energy` has that",
    ),
    burnedKwh: says(kwh, "Tokens burned for its import, kWh; none for what it shares slot by slot"),
    debtKwh: says(
      kwh,
      "Import that no tokens were there for, still owed, kWh; none for what it shares slot by slot",
    ),
    registeredAt: iso,
  })
  .openapi("Meter");

export const meterOf = (row: typeof meter.$inferSelect) => ({
  id: row.serial,
  chainId: row.id,
  ownerId: row.owner === null ? null : getAddress(row.owner),
  kind: row.kind.toLowerCase() as Lowercase<typeof row.kind>,
  trust: row.trust,
  status: row.status.toLowerCase() as Lowercase<typeof row.status>,
  communityId: row.communityId === null ? null : String(row.communityId),
  location: centreOf(row.h3Cell),
  capacityKwh: formatKwh(row.capacityWh),
  epoch: row.epoch,
  exportKwh: formatKwh(row.exportWh),
  importKwh: formatKwh(row.importWh),
  storedKwh: formatKwh(row.storedWh),
  readAt: row.settledTimestamp === 0n ? null : isoOf(row.settledTimestamp),
  totalExportKwh: formatKwh(row.totalExportWh),
  totalImportKwh: formatKwh(row.totalImportWh),
  mintedKwh: formatKwh(row.mintedWh),
  burnedKwh: formatKwh(row.burnedWh),
  debtKwh: formatKwh(row.debtWh),
  registeredAt: isoOf(row.registeredAt),
});
