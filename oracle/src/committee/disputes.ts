/** What members refused to sign, and what each side showed for it. */

import { type RefusalReason, readingText } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import type { Address } from "viem";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { Doubt } from "./confirm.ts";

/** Disputes that are kept for each proposer and refuser; older ones go. */
const KEPT = 1_000;
/** Milliseconds in which the same is said once of two members. */
const SAID_EVERY = 60_000;
/** What only says that one member is ahead of another, or was restored, is no dispute. */
const harmless = new Set<RefusalReason>(["settled", "window-open", "not-yet", "restored"]);

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
  const forget = database.prepare(
    `DELETE FROM disputes WHERE id IN (SELECT id FROM disputes WHERE proposer = ? AND refuser = ?
       ORDER BY id DESC LIMIT -1 OFFSET ${KEPT})`,
  );
  const newest = database.prepare<unknown[], Row>("SELECT * FROM disputes ORDER BY id DESC LIMIT ?");
  const said = new Map<string, number>();

  const store = database.transaction((proposer: string, refuser: string, doubts: readonly Doubt[]) => {
    const fresh = doubts.filter(({ item, refused }) => {
      const { changes } = insert.run(
        time.now(),
        proposer,
        refuser,
        item.reading.serial,
        item.reading.epoch,
        item.windowEnd,
        refused.reason,
        readingText(item.reading),
        refused.evidence && readingText(refused.evidence),
      );
      return changes > 0;
    });
    if (fresh.length > 0) forget.run(proposer, refuser);
    return fresh;
  });

  function say(proposer: string, refuser: string, { item, refused: { reason } }: Doubt): void {
    metrics.disputes.inc({ reason });
    const key = `${proposer} ${refuser} ${reason}`;
    const often = time.now() - (said.get(key) ?? 0) < SAID_EVERY;
    if (!often) said.set(key, time.now());
    const { serial, timestamp } = item.reading;
    const text = `${refuser} refuses the report of ${serial} at ${timestamp} that ${proposer} proposed: ${reason}`;
    if (often) log.debug(text);
    else log.warn(text);
  }

  /** Keeps what `refuser` did not sign of what `proposer` asked for, and why; the same dispute once. */
  function keep(proposer: string, refuser: string, doubts: readonly Doubt[]): void {
    const serious = doubts.filter(({ refused }) => !harmless.has(refused.reason));
    if (serious.length === 0) return;
    const [asking, asked] = [proposer.toLowerCase(), refuser.toLowerCase()];
    let fresh: readonly Doubt[] = serious;
    try {
      fresh = store(asking, asked, serious);
    } catch (error) {
      log.error({ err: error }, "disputes could not be stored");
    }
    for (const one of fresh) say(asking, asked, one);
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
