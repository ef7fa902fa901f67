import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeAudit } from "../oracle/src/keeping/audit.ts";
import { type Database, openDatabase } from "../oracle/src/store/database.ts";
import { show } from "./audit.ts";

let folder: string;
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-"));
  database = openDatabase(folder, { chainId: 31_337, genesisHash: "0x01" }, makeLog({ level: "error" }));
  const log = { info: () => {} };
  const audit = makeAudit({ database, log: log as never, now: () => 1_800_000_000_000 });
  for (const id of ["7", "8", "9"]) audit.note("0x01", "command", "home-01", `grid ${id}`);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const look = (more: { holds?: string; last?: number } = {}) =>
  show({ folder, holds: undefined, last: undefined, ...more });

test("shows the newest rows of a node that runs, and that all follow from one another", async () => {
  const { text, data, ok } = await look({ last: 2 });
  expect(ok).toBe(true);
  const lines = text.split("\n");
  expect(lines.slice(0, 2)).toEqual([
    "2027-01-15T08:00:00.000Z  0x01  command  home-01  grid 8",
    "2027-01-15T08:00:00.000Z  0x01  command  home-01  grid 9",
  ]);
  const { hash } = data as { hash: string };
  expect(lines[2]).toBe(`3 rows, each follows from the one before; the newest hash is ${hash}`);
  expect((await look({ holds: hash })).ok).toBe(true);
});

test("is not content with a row that was changed, nor with a record that lacks what was seen", async () => {
  const { text, ok } = await look({ holds: "0".repeat(63).concat("1") });
  expect([ok, text.split("\n").at(-1)]).toEqual([false, expect.stringContaining("cut off, or written anew")]);
  database.exec("DROP TRIGGER audit_stays; UPDATE audit SET detail = 'grid 1' WHERE id = 2");
  const changed = await look();
  expect([changed.ok, changed.text.split("\n").at(-1)]).toEqual([
    false,
    "Row 2 does not follow from the one before: it was changed, or one was taken out or put in.",
  ]);
  expect(changed.data).toMatchObject({ broken: 2n });
});

test("says which folder is none", async () => {
  await expect(show({ folder: tmpdir(), holds: undefined, last: undefined })).rejects.toThrow(
    "has no oracle.sqlite; name a node's DATA_DIR",
  );
});
