import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../store/database.ts";
import { auditRows, makeAudit, verifyAudit } from "./audit.ts";

let folder: string;
let database: Database;
let said: Record<string, unknown>[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-"));
  database = openDatabase(folder, { chainId: 31_337, genesisHash: "0x01" }, makeLog({ level: "error" }));
  said = [];
  const log = { info: (what: unknown) => void said.push(what as Record<string, unknown>) };
  const audit = makeAudit({ database, log: log as never, now: () => 1_800_000_000_000 });
  audit.note("node", "started", "", "version 0.2.0");
  audit.note("0x01", "command", "home-01", "grid 7");
  audit.note("0x01", "key-revoked", "7");
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** As somebody would who has the file: the triggers are in it as well. */
function forge(sql: string): void {
  database.exec(`DROP TRIGGER audit_stays; DROP TRIGGER audit_remains; ${sql}`);
}

test("each row follows from the one before, and its hash is in the log as well", () => {
  const { rows, broken, hash, holds } = verifyAudit(database, [said[0]!.hash as string, "f".repeat(64)]);
  expect({ rows, broken, holds }).toEqual({ rows: 3, broken: undefined, holds: [true, false] });
  expect(hash).toBe(said[2]!.hash);
  expect(auditRows(database, 2).map(({ act }) => act)).toEqual(["command", "key-revoked"]);
});

test("the store itself changes and deletes none", () => {
  expect(() => database.exec("UPDATE audit SET actor = '0x02'")).toThrow("append-only");
  expect(() => database.exec("DELETE FROM audit")).toThrow("append-only");
});

test.each([
  ["a row that was changed", "UPDATE audit SET actor = '0x02' WHERE id = 2", 2n],
  ["a row that was backdated", "UPDATE audit SET at = at - 1 WHERE id = 1", 1n],
  ["a row that was taken out", "DELETE FROM audit WHERE id = 2", 3n],
  [
    "a row that was put in",
    "INSERT INTO audit SELECT 4, at, actor, act, subject, detail, hash FROM audit WHERE id = 3",
    4n,
  ],
])("%s is found", (_, sql, id) => {
  forge(sql);
  expect(verifyAudit(database).broken).toBe(id);
});

test("what was cut off at the end, or written anew, lacks a hash that was noted elsewhere", () => {
  const noted = said[2]!.hash as string;
  forge("DELETE FROM audit WHERE id = 3");
  expect(verifyAudit(database, [noted])).toMatchObject({ rows: 2, broken: undefined, holds: [false] });
  makeAudit({ database, log: { info: () => {} } as never }).note("0x02", "key-made", "7");
  expect(verifyAudit(database, [noted])).toMatchObject({ rows: 3, broken: undefined, holds: [false] });
});
