/** What an installation makes stays out of the repository, and out of what images are made from. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const isIgnored = (path: string) =>
  spawnSync("git", ["check-ignore", "--quiet", path], { cwd: root }).status === 0;

const left = new Set(readFileSync(`${root}.containerignore`, "utf8").split("\n"));
const isLeft = (path: string): boolean => path !== "." && (left.has(path) || isLeft(dirname(path)));

describe.each([
  ...[".env", "keys/signer.json", "oracle/keys/signer.json", "installation/member-1/signer.json"],
  ...["installation/authority/ca.key", "installation/broker/passwords", "installation/state/oracle-1/store"],
  ...[
    "oracle/mosquitto/passwords",
    "oracle/mosquitto/certificates/ca.key",
    "oracle/mosquitto/data/mosquitto.db",
  ],
])("%s", (path) => {
  test("git leaves it alone", () => expect(isIgnored(path)).toBe(true));
  test("no image is made from it", () => expect(isLeft(path)).toBe(true));
});

test("what services are made from is git's, and the images'", () =>
  expect(
    ["compose.yaml", "oracle/src/keys/secret-file.ts"].flatMap((path) => [isIgnored(path), isLeft(path)]),
  ).toEqual([false, false, false, false]));
