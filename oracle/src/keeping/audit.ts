/**
 * What people with a say did here: one row each, never changed, each with the hash of the row before it. A row that is
 * changed, taken out or put in breaks the chain; whoever writes all of it anew is found out by any hash that was noted
 * elsewhere, as every row's is in the log.
 */
import { createHash } from "node:crypto";
import type { Log } from "@enerlink/service/log";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

export const auditActs = [
  "started",
  "fork-accepted",
  "operator-signed-in",
  "key-made",
  "key-revoked",
  "command",
  "settlement-by-hand",
  "account-erased",
  "store-split",
] as const;
export type AuditAct = (typeof auditActs)[number];

export type AuditRow = {
  id: bigint;
  /** Milliseconds. */
  at: bigint;
  /** An address, or `node`. */
  actor: string;
  act: string;
  /** A meter's serial, or what else it was done to. */
  subject: string;
  detail: string;
  hash: string;
};

/** What stands before the first row. */
const NOTHING = "0".repeat(64);

const hashOf = (previous: string, { id, at, actor, act, subject, detail }: Omit<AuditRow, "hash">): string =>
  createHash("sha256")
    .update(JSON.stringify([previous, String(id), String(at), actor, act, subject, detail]))
    .digest("hex");

export type Audit = ReturnType<typeof makeAudit>;

export function makeAudit({
  database,
  log,
  now = time.now,
}: {
  database: Database;
  log: Pick<Log, "info">;
  now?: () => number;
}) {
  const newest = database.prepare<unknown[], { id: bigint; hash: string }>(
    "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1",
  );
  const insert = database.prepare(
    "INSERT INTO audit (id, at, actor, act, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );

  return {
    note: (actor: string, act: AuditAct, subject = "", detail = ""): void => {
      const last = newest.get();
      const row = { id: (last?.id ?? 0n) + 1n, at: BigInt(now()), actor, act, subject, detail };
      const hash = hashOf(last?.hash ?? NOTHING, row);
      insert.run(row.id, row.at, actor, act, subject, detail, hash);
      log.info({ audit: Number(row.id), actor, act, subject, detail, hash }, `audit: ${act}`);
    },
  };
}

export type Audited = {
  rows: number;
  /** Of the newest row; what stands before the first where there is none. */
  hash: string;
  /** The first row that does not follow from those before it. */
  broken: bigint | undefined;
  /** Whether each of the hashes that were asked for is one of a row. */
  holds: boolean[];
};

/** Reckons the chain anew. @param noted hashes that were seen at some time, from the log or an earlier look */
export function verifyAudit(database: Database, noted: readonly string[] = []): Audited {
  const all = database.prepare<unknown[], AuditRow>("SELECT * FROM audit ORDER BY id");
  const found = new Set<string>();
  let [rows, hash, broken] = [0, NOTHING, undefined as bigint | undefined];
  for (const row of all.iterate()) {
    rows += 1;
    if (broken === undefined && (row.id !== BigInt(rows) || hashOf(hash, row) !== row.hash)) broken = row.id;
    hash = row.hash;
    found.add(row.hash);
  }
  return { rows, hash, broken, holds: noted.map((one) => found.has(one)) };
}

/** The newest rows, the newest last. */
export function auditRows(database: Database, count: number): AuditRow[] {
  const rows = database.prepare<unknown[], AuditRow>("SELECT * FROM audit ORDER BY id DESC LIMIT ?");
  return rows.all(count).reverse();
}
