/** Each folder of a part is a floor of its house: what stands on it is not taken from by what it stands on. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const project = join(import.meta.dirname, "..");

/** The room that a file of this folder is in: its folder, or itself. */
const roomOf = (file: string): string => file.split("/")[0]!;

const filesOf = (root: string) =>
  globSync("**/*.{ts,tsx}", { cwd: root, exclude: (name) => name.includes("node_modules") }).filter(
    (file) => !/\.test\.tsx?$/.test(file),
  );

/** Which rooms each room of a folder takes something from. */
function rooms(root: string): Map<string, Set<string>> {
  const files = filesOf(root);
  const taken = new Map(files.map((file) => [roomOf(file), new Set<string>()]));
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, path] of text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)) {
      const target = normalize(join(dirname(file), path!));
      if (target.startsWith("..") || roomOf(target) === roomOf(file)) continue;
      taken.get(roomOf(file))!.add(roomOf(target));
    }
  }
  return taken;
}

/** A way from `room` back to itself, if there is one. */
function circle(taken: Map<string, Set<string>>, room: string): string[] | undefined {
  const ways = [[room]];
  const seen = new Set<string>();
  for (const way of ways)
    for (const next of taken.get(way.at(-1)!) ?? []) {
      if (next === room) return [...way, room];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  return undefined;
}

test.each([
  ["oracle/src", "intake", "adapters"],
  ["indexer/src", "api", undefined],
  ["indexer/src/api", "rest", "questions"],
  ["app/src", "home", "ui"],
  ["packages/protocol", "wire", "ids.ts"],
  ["packages/edge", "graphql", "problem.ts"],
])("no room of %s takes anything from one that stands on it", (folder, room, below) => {
  const taken = rooms(join(project, folder));
  expect(taken.size).toBeGreaterThan(5);
  if (below) expect(taken.get(room)).toContain(below);
  expect([...taken.keys()].flatMap((one) => circle(taken, one)?.join(" → ") ?? [])).toEqual([]);
});

/** Which files each file of a folder takes something from, types as well. */
function taking(root: string): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>();
  for (const file of filesOf(root)) {
    const text = readFileSync(join(root, file), "utf8");
    const found = text.matchAll(/^(?:import|export)[^;]*? from "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm);
    taken.set(
      file,
      new Set([...found].map(([, path, later]) => normalize(join(dirname(file), path ?? later!)))),
    );
  }
  return taken;
}

test.each(["oracle/src", "indexer/src", "app/src", "packages", "cli", "local"])(
  "no file of %s takes anything from one that takes something from it",
  (folder) => {
    const taken = taking(join(project, folder));
    expect([...taken.values()].some((files) => files.size > 5)).toBe(true);
    expect([...taken.keys()].flatMap((file) => circle(taken, file)?.join(" → ") ?? [])).toEqual([]);
  },
);
