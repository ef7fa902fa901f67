/** What members refused to sign, and what each side showed for it. */
import type { Address } from "viem";
import { type Log, messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import { type Item, type RefusalReason, type Refused, readingText } from "./messages.ts";

/** Disputes that are kept; older ones go. */
const KEPT = 10_000n;
/** What only says that one member is behind another, or was restored, is no dispute. */
const harmless = new Set<RefusalReason>(["settled", "restored"]);

export type Dispute = {
  id: bigint;
  /** Milliseconds. */
  at: number;
  proposer: Address;
  refuser: Address;
  serial: string;
  epoch: number;
  windowEnd: number;
  reason: RefusalReason;
  /** Readings as they travel. */
  proposed: string;
  evidence: string | null;
};

type Row = Omit<Dispute, "at" | "epoch" | "windowEnd"> & { at: bigint; epoch: bigint; window_end: bigint };

export type Disputes = ReturnType<typeof makeDisputes>;

export function makeDisputes({ database, metrics, log }: { database: Database; metrics: Metrics; log: Log }) {
  const insert = database.prepare(
    `INSERT INTO disputes (at, proposer, refuser, serial, epoch, window_end, reason, proposed, evidence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const forget = database.prepare("DELETE FROM disputes WHERE id <= ?");
  const newest = database.prepare<unknown[], Row>("SELECT * FROM disputes ORDER BY id DESC LIMIT ?");

  /** Keeps why `refuser` did not sign `item`, which `proposer` asked for; the same dispute once. */
  function keep(proposer: string, refuser: string, item: Item, refused: Refused): void {
    if (harmless.has(refused.reason)) return;
    const { serial, epoch } = item.reading;
    try {
      const { changes, lastInsertRowid } = insert.run(
        Date.now(),
        proposer.toLowerCase(),
        refuser.toLowerCase(),
        serial,
        epoch,
        item.windowEnd,
        refused.reason,
        readingText(item.reading),
        refused.evidence && readingText(refused.evidence),
      );
      if (changes === 0) return;
      forget.run(BigInt(lastInsertRowid) - KEPT);
    } catch (error) {
      log.error(`a dispute could not be stored: ${messageOf(error)}`);
    }
    metrics.disputes.inc({ reason: refused.reason });
    log.warn(
      `${refuser} refuses the report of ${serial} at ${item.reading.timestamp} that ${proposer} proposed: ${refused.reason}`,
    );
  }

  return {
    keep,
    /** The newest disputes. */
    list: (limit: number): Dispute[] =>
      newest.all(limit).map(({ at, epoch, window_end, ...row }) => ({
        ...row,
        at: Number(at),
        epoch: Number(epoch),
        windowEnd: Number(window_end),
      })),
  };
}
