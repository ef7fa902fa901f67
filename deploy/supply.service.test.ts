/** What others have written and is shipped with ours: pinned by its content, free to be shipped, and listed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const project = join(import.meta.dirname, "..");
const pnpm = (...args: string[]) =>
  execFileSync("pnpm", ["--recursive", ...args], { cwd: project, encoding: "utf8", maxBuffer: 2 ** 28 });

/**
 * They let a program be shipped with theirs, in parts or as a whole. MPL asks for the source of its own files alone, OFL
 * for fonts that keep their name.
 */
const LICENCES = [
  ...["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0", "Unlicense"],
  ...["(MIT OR CC0-1.0)", "MPL-2.0", "OFL-1.1"],
];

type Lockfile = { packages: Record<string, { resolution: { integrity?: string } }> };
const { packages } = parse(readFileSync(join(project, "pnpm-lock.yaml"), "utf8")) as Lockfile;

test("every package of the lockfile is pinned by its content", () => {
  const names = Object.keys(packages);
  expect(names.length).toBeGreaterThan(500);
  expect(names.filter((name) => !packages[name]!.resolution.integrity?.startsWith("sha512-"))).toEqual([]);
});

test("what is shipped has a licence that lets it be", { timeout: 120_000 }, () => {
  const found = JSON.parse(pnpm("licenses", "list", "--prod", "--json")) as Record<
    string,
    { name: string }[]
  >;
  const others = Object.entries(found).filter(([licence]) => !LICENCES.includes(licence));
  expect(others.map(([licence, of]) => `${licence}: ${of.map(({ name }) => name).join()}`)).toEqual([]);
  expect(Object.values(found).flat().length).toBeGreaterThan(100);
});

type Component = { name: string; group?: string; version: string; licenses?: unknown[]; purl: string };

test("a bill of materials lists all of it, each with its licence", { timeout: 120_000 }, () => {
  const { components } = JSON.parse(pnpm("sbom", "--sbom-format", "cyclonedx", "--prod")) as {
    components: Component[];
  };
  const names = components.map(({ group, name }) => (group ? `${group}/${name}` : name));
  // Of each part that is shipped one that it cannot do without.
  expect(names).toEqual(
    expect.arrayContaining(["viem", "better-sqlite3", "mqtt", "ponder", "react", "hono"]),
  );
  for (const { purl, version, licenses } of components) {
    expect(licenses, purl).not.toEqual([]);
    expect(purl).toContain(version);
  }
});
