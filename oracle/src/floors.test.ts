import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const root = import.meta.dirname;

/** The room that a file of this folder is in: its folder, or itself. */
function roomOf(file: string): string {
  const room = file.split("/")[0]!;
  // REST and GraphQL give the same answers in two languages.
  return room === "graphql" ? "http" : room;
}

/** Which rooms each room takes something from. */
function rooms(): Map<string, Set<string>> {
  const files = globSync("**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
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

test("no room takes anything from one that stands on it", () => {
  const taken = rooms();
  expect(taken.size).toBeGreaterThan(15);
  expect(taken.get("intake")).toContain("adapters");
  expect([...taken.keys()].flatMap((room) => circle(taken, room)?.join(" → ") ?? [])).toEqual([]);
});
