import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeWhole } from "./whole-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "enerlink-whole-"));
  file = join(folder, "kept.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what is read while another text is written is the former, whole", () => {
  writeWhole(file, "the former");
  const reader = openSync(file, "r");
  writeWhole(file, "the latter");
  expect(readFileSync(reader, "utf8")).toBe("the former");
  closeSync(reader);
  expect(readFileSync(file, "utf8")).toBe("the latter");
  expect(readdirSync(folder)).toEqual(["kept.json"]);
});

test("what may only be written anew leaves what is there, and nothing beside it", () => {
  writeWhole(file, "kept", { mode: 0o600, anew: true });
  expect(() => writeWhole(file, "lost", { anew: true })).toThrow("EEXIST");
  expect(readFileSync(file, "utf8")).toBe("kept");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["kept.json"]);
});
