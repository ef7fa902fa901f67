/** A function fits on a screen: counted by what is code in it, without blank lines and comments. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAst } from "vitest/node";

const project = join(import.meta.dirname, "..");
const MOST_LINES = 100;
/** More than a screen; split what grows. Lowered when one is split, never raised. */
const SCREEN_LINES = 70;
const LONGER_THAN_A_SCREEN = 47;

const files = execFileSync("git", ["ls-files", "*.ts", "*.tsx"], { cwd: project, encoding: "utf8" })
  .split("\n")
  // Tests and what they are made of read as lists.
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|(^|\/)(test|testing|bench|chaos)\//.test(file));

type Node = { type?: string; start: number; end: number; body?: unknown };
const isFunction = ({ type, body }: Node) =>
  body !== undefined &&
  ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"].includes(type!);

/** Where each longer function begins, and how many lines of code it has. */
function longFunctions(file: string): [place: string, lines: number][] {
  const text = readFileSync(join(project, file), "utf8");
  if (text.split("\n").length <= SCREEN_LINES) return [];
  const found: [string, number][] = [];
  function visit(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    const node = value as Node;
    if (isFunction(node)) {
      const lines = text.slice(node.start, node.end).split("\n");
      const code = lines.filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*|\*)/.test(line)).length;
      const line = text.slice(0, node.start).split("\n").length;
      if (code > SCREEN_LINES) found.push([`${file}:${line}`, code]);
    }
    Object.values(node).forEach(visit);
  }
  visit(parseAst(text, { lang: file.endsWith("x") ? "tsx" : "ts" } as never));
  return found;
}

test("none is longer than two screens would hold, and few are longer than one", () => {
  const long = files.flatMap(longFunctions).toSorted(([, a], [, b]) => b - a);
  expect(long.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  expect(long.length).toBeLessThanOrEqual(LONGER_THAN_A_SCREEN);
});
