/** systemd takes the units as they are, and finds nothing in them that a program could do beyond its work. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const shipped = fileURLToPath(new URL("systemd", import.meta.url));
const units = readdirSync(shipped);
const SYSTEM = "usr/lib/systemd/system";
const has = spawnSync("systemd-analyze", ["--version"]).error === undefined && existsSync(`/${SYSTEM}`);
/** Of 10: what systemd itself calls "OK" ends at 4; the network alone, which all of them need, is 1.4. */
const MOST_EXPOSED = 2;

describe.skipIf(!has)("as a machine's own", () => {
  const root = mkdtempSync(join(tmpdir(), "enerlink-units-"));
  const analyze = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", [`--root=${root}`, ...args], {
      encoding: "utf8",
    });
    return { status, said: stderr, found: stdout };
  };

  beforeAll(() => {
    cpSync(`/${SYSTEM}`, join(root, SYSTEM), { recursive: true, verbatimSymlinks: true });
    cpSync(shipped, join(root, SYSTEM), { recursive: true });
    const node = join(root, "usr/local/bin/node");
    mkdirSync(dirname(node), { recursive: true });
    writeFileSync(node, "");
    chmodSync(node, 0o755);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test.each(units)("%s", (unit) => {
    const verified = analyze("--man=no", "verify", join(root, SYSTEM, unit));
    expect([verified.status, verified.said]).toEqual([0, ""]);
    const name = unit.replace("@.", "@42070.");
    const confined = analyze("security", "--offline=yes", `--threshold=${MOST_EXPOSED * 10}`, name);
    expect(confined.status, confined.found).toBe(0);
  });
});
