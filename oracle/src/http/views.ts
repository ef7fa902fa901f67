/** Meters, readings, settlements, commands and alerts as REST and GraphQL answer them, each to whom it may be shown. */
import { formatKwh, reportLeaf } from "@enerlink/protocol";
import type { Item } from "@enerlink/protocol/wire/committee";
import type { Hex } from "viem";
import type { Person } from "../auth/accounts.ts";
import type { Membership } from "../chain/communities.ts";
import type { Meter } from "../chain/mirror.ts";
import type { CommandLedger, StoredCommand } from "../commands/ledger.ts";
import { clearedBody } from "../events/chain-events.ts";
import type { RejectLog, RejectRow } from "../intake/rejects.ts";
import type { Rollup } from "../keeping/rollups.ts";
import type { ClearedSlot } from "../ledger/cleared.ts";
import type { Readings, StoredReading } from "../ledger/readings.ts";
import { reportOf } from "../ledger/report.ts";
import type { CommittedRoot } from "../ledger/roots.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import type { Presence } from "../meters/presence.ts";
import { releaseOf, validations } from "../rules/validation.ts";
import { time } from "../seams/time.ts";
import type { PastSettlement } from "../settlement/history.ts";
import type { Guards } from "./guards.ts";

const isoOf = (seconds: number) => new Date(seconds * 1_000).toISOString();
const isoOfMs = (milliseconds: number) => new Date(milliseconds).toISOString();

export const settlementBody = (settlement: PastSettlement) => ({
  id: settlement.id,
  meterId: settlement.serial,
  epoch: settlement.epoch,
  readAt: isoOf(settlement.timestamp),
  timestamp: isoOf(settlement.timestamp),
  windowEnd: settlement.windowEnd === undefined ? null : isoOf(settlement.windowEnd),
  exportKwh: formatKwh(settlement.exportWh),
  importKwh: formatKwh(settlement.importWh),
  storedKwh: formatKwh(settlement.storedWh),
  exportedKwh: settlement.exportedWh === undefined ? null : formatKwh(settlement.exportedWh),
  importedKwh: settlement.importedWh === undefined ? null : formatKwh(settlement.importedWh),
  signed: settlement.signed ?? null,
  status: settlement.state,
  reason: settlement.reason ?? null,
  tokensKwh: settlement.tokensWh === undefined ? null : formatKwh(settlement.tokensWh),
  debtKwh: settlement.debtWh === undefined ? null : formatKwh(settlement.debtWh),
  transactionHash: settlement.transactionHash ?? null,
  blockNumber: settlement.blockNumber?.toString() ?? null,
  final: settlement.final,
  createdAt: settlement.createdAt === undefined ? null : isoOfMs(settlement.createdAt),
});

/** The proof of a report in its window's root. */
export function proofBody(
  {
    item,
    proof,
    reports,
    ...committed
  }: CommittedRoot & { item: Item; proof: readonly Hex[]; reports: number },
  settled: boolean,
) {
  const report = reportOf(item);
  const { exportWh, importWh, storedWh, timestamp } = report;
  return {
    meterId: item.reading.serial,
    windowEnd: isoOf(committed.windowEnd),
    windowEndSeconds: committed.windowEnd,
    readAt: isoOf(timestamp),
    report: {
      ...report,
      exportWh: exportWh.toString(),
      importWh: importWh.toString(),
      storedWh: storedWh.toString(),
    },
    leaf: reportLeaf(report),
    root: committed.root,
    proof: [...proof],
    reports,
    transactionHash: committed.transactionHash,
    blockNumber: committed.blockNumber.toString(),
    final: committed.final,
    settled,
  };
}

export function commandBody(command: StoredCommand) {
  const { id, serial, name, state, reason, requestedBy, deadline, tradeId, createdAt, history } = command;
  return {
    id,
    nonce: String(command.nonce),
    meterId: serial,
    name,
    arguments: command.arguments,
    status: state,
    reason,
    requestedBy,
    deadline: isoOf(deadline),
    tradeId: tradeId?.toString() ?? null,
    createdAt: isoOfMs(createdAt),
    history: history.map(({ at, event, detail }) => ({ at: isoOfMs(at), event, detail })),
  };
}

const registersBody = ({ timestamp, exportWh, importWh, storedWh, signature }: StoredReading) => ({
  timestamp: isoOf(timestamp),
  exportKwh: formatKwh(exportWh),
  importKwh: formatKwh(importWh),
  storedKwh: formatKwh(storedWh),
  signed: signature !== undefined,
});

export const readingBody = (reading: StoredReading) => ({
  id: reading.id.toString(),
  meterId: reading.serial,
  epoch: reading.epoch,
  sequence: reading.sequence.toString(),
  ...registersBody(reading),
});

export const rollupBody = ({ start, epoch, signed, exportWh, importWh, readings }: Rollup) => ({
  start: isoOf(start),
  epoch,
  exportKwh: formatKwh(exportWh),
  importKwh: formatKwh(importWh),
  signed,
  readings,
});

const reportBody = ({ reading, state, reason }: Settlement) => ({
  timestamp: isoOf(reading.timestamp),
  status: state,
  reason: reason ?? null,
});

/** Of a meter that shares slots: the latest slot that is over, and for how long it is waited for. */
function slotBody({ communityId, length, tolerance, patience }: Membership, now: number) {
  const end = now - (now % length);
  return {
    communityId,
    seconds: length,
    end: isoOf(end),
    readUntil: isoOf(end + tolerance),
    waitedUntil: isoOf(end + patience),
  };
}

export const clearedSlotBody = ({ final, ...slot }: ClearedSlot) => ({ ...clearedBody(slot), final });

/** A kept payload as text, or as hexadecimal digits where it is none. */
function payloadText(payload: Buffer): { payload: string; encoding: "text" | "hex" } {
  const text = payload.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(payload);
  return isText ? { payload: text, encoding: "text" } : { payload: payload.toString("hex"), encoding: "hex" };
}

export const refusedBody = ({ at, topic, reason, detail, field, settings }: RejectRow) => ({
  at: isoOfMs(Number(at)),
  topic,
  reason,
  checks: validations[reason].checks,
  detail,
  field,
  settings: [...settings],
});

export const rejectBody = (row: RejectRow) => ({
  id: row.id.toString(),
  ...refusedBody(row),
  ...payloadText(row.payload),
});

export type Views = ReturnType<typeof makeViews>;

export function makeViews({
  readings,
  holds,
  presence,
  commands,
  rejects,
  settlements,
  maySee,
}: {
  readings: Pick<Readings, "newest">;
  holds: Pick<Holds, "of">;
  presence: Pick<Presence, "of">;
  commands: Pick<CommandLedger, "page">;
  rejects: Pick<RejectLog, "newest">;
  settlements: Pick<Settlements, "newest">;
  maySee: Guards["maySee"];
}) {
  function device(meter: Meter, person: Person) {
    const { serial } = meter;
    const { state, heardAt, emptyAt, emptyOn, unheard, status, telemetry } = presence.of(serial);
    const shown = maySee(person, meter);
    const reading = shown ? readings.newest(serial, "all") : undefined;
    const refused = shown ? rejects.newest(serial) : undefined;
    const report = shown ? settlements.newest(serial) : undefined;
    const hold = shown ? holds.of(serial, meter.epoch) : undefined;
    return {
      meterId: serial,
      owner: meter.owner,
      kind: meter.kind,
      trust: meter.trust,
      settles: meter.settles,
      suspended: meter.suspended,
      epoch: meter.epoch,
      slot: meter.slots ? slotBody(meter.slots, Math.floor(time.now() / 1_000)) : null,
      state: shown ? state : ("unknown" as const),
      lastHeard: shown && heardAt !== undefined ? isoOfMs(heardAt) : null,
      access: shown ? ("full" as const) : ("public" as const),
      hold: hold
        ? {
            reason: hold.reason,
            rule: validations[hold.reason],
            detail: hold.detail,
            since: isoOfMs(hold.since),
            releasedBy: releaseOf(hold.reason),
          }
        : null,
      refused: refused ? refusedBody(refused) : null,
      lastEmpty: shown && emptyAt !== undefined ? isoOfMs(emptyAt) : null,
      lastEmptyTopic: shown ? (emptyOn ?? null) : null,
      unheardTopics: shown ? [...unheard] : [],
      firmware: shown ? (status?.firmware ?? null) : null,
      telemetry: shown && telemetry ? { ...telemetry, timestamp: isoOf(telemetry.timestamp) } : null,
      lastReading: reading ? registersBody(reading) : null,
      lastReport: report ? reportBody(report) : null,
      commands: shown ? commands.page(serial, 10).map(commandBody) : [],
    };
  }

  return {
    device,
    /** As `device` shows it to the same person. */
    state: (meter: Meter, person: Person) =>
      maySee(person, meter) ? presence.of(meter.serial).state : ("unknown" as const),
  };
}
