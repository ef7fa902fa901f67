import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { readSecretFile } from "./secret-file.ts";
import { flag, list, metaOf, readSettings, secret, secretsOf, some, url, whole } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "enerlink-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = z.object({
  PORT: whole(1, 65_535).default(80),
  OPEN: flag.default(false),
  NAMES: z.string().default("").pipe(list),
  BROKER_URL: url("mqtt", "mqtts").optional(),
  PASSWORD: secret(z.string().min(8, "must be at least 8 characters").optional(), "opens it"),
});

function fileWith(text: string, mode = 0o600): string {
  const file = join(folder, "password");
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  return file;
}

test("what is empty is not set", () => {
  expect(readSettings(schema, { PORT: "", NAMES: "" })).toEqual({ PORT: 80, OPEN: false, NAMES: [] });
});

test.each([
  [{ PORT: "0" }, 'PORT: must be a whole number from 1 to 65535 (it is "0")'],
  [{ PORT: "1e3" }, 'PORT: must be a whole number from 1 to 65535 (it is "1e3")'],
  [{ OPEN: "yes" }, 'OPEN: must be true or false (it is "yes")'],
  [
    { BROKER_URL: "http://x" },
    'BROKER_URL: must be a URL beginning with mqtt:// or mqtts:// (it is "http://x")',
  ],
  [{ BROKER_URL: "http://a:secret@x" }, "BROKER_URL: must be a URL beginning with mqtt:// or mqtts://"],
  [{ PASSWORD: "short" }, "PASSWORD: must be at least 8 characters"],
  [
    { PORT: "x", OPEN: "x" },
    'PORT: must be a whole number from 1 to 65535 (it is "x"); OPEN: must be true or false (it is "x")',
  ],
])("%o is refused with its name and what is allowed, secrets unseen", (environment, message) => {
  expect(() => readSettings(schema, environment)).toThrow(new Error(message));
});

test("a secret may stand in a file that others cannot read", () => {
  const read = (environment: Record<string, string>) => readSettings(schema, environment).PASSWORD;
  expect(read({ PASSWORD_FILE: fileWith("correct horse\n") })).toBe("correct horse");
  expect(() => read({ PASSWORD_FILE: fileWith("short") })).toThrow(
    "PASSWORD_FILE: must be at least 8 characters",
  );
  expect(() => read({ PASSWORD_FILE: fileWith("correct horse", 0o644) })).toThrow("PASSWORD_FILE: ");
  expect(() => read({ PASSWORD_FILE: join(folder, "none") })).toThrow("PASSWORD_FILE: ");
  expect(() => read({ PASSWORD: "correct horse", PASSWORD_FILE: fileWith("x") })).toThrow(
    "PASSWORD: set exactly one of PASSWORD, PASSWORD_FILE",
  );
});

test("a schema says what it allows, through whatever was made of it", () => {
  const fields = {
    PORT: "a whole number from 1 to 65535",
    OPEN: "true or false",
    BROKER_URL: "a URL beginning with mqtt:// or mqtts://",
    NAMES: undefined,
  } as const;
  for (const [name, allowed] of Object.entries(fields))
    expect(metaOf(schema.shape[name as keyof typeof fields]).allowed).toBe(allowed);
  const nodes = z
    .string()
    .default("http://a")
    .pipe(some(url("http"), 2))
    .describe("nodes");
  expect(metaOf(nodes)).toEqual({
    allowed: "1 to 2, comma-separated, each a URL beginning with http://",
    description: "nodes",
  });
  expect(nodes.parse("http://a, http://b")).toEqual(["http://a", "http://b"]);
  expect(() => nodes.parse("http://a,http://b,http://c")).toThrow("must be 1 to 2, comma-separated");
  expect(() => nodes.parse(",")).toThrow("must be 1 to 2, comma-separated");
});

test("secrets are known, those in addresses too", () => {
  const given = { PASSWORD: "correct horse", BROKER_URL: "mqtt://meter:battery@staple" };
  const values = readSettings(schema, given);
  expect(secretsOf(schema, values)).toEqual(expect.arrayContaining(["correct horse", "battery"]));
});

// Only root may give files away.
test.skipIf(process.getuid?.() !== 0)(
  "a secret that an orchestrator owns is read by its group's right, and by nobody else's",
  () => {
    const owned = (mode: number) => {
      const file = fileWith("correct horse\n", mode);
      // Not masked, as the mode of a new file is.
      chmodSync(file, mode);
      chownSync(file, 12_345, 0);
      return file;
    };
    expect(readSecretFile(owned(0o440))).toBe("correct horse\n");
    for (const mode of [0o444, 0o460, 0o604, 0o450])
      expect(() => readSecretFile(owned(mode)), mode.toString(8)).toThrow("only its owner may read it");
    expect(() => readSecretFile(fileWith("correct horse", 0o440))).toThrow("only its owner may read it");
  },
);
