import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((file) => existsSync(join(root, file)));
const documents = new Map(
  files.filter((file) => file.endsWith(".md")).map((file) => [file, readFileSync(join(root, file), "utf8")]),
);

/** What `pattern` finds in each document, as its first group has it. */
const named = (pattern: RegExp) =>
  [...documents].flatMap(([document, text]) =>
    [...text.matchAll(pattern)].map(([, name]) => ({ document, name: name! })),
  );

/** How a heading is linked to. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
    .replaceAll(" ", "-");
const anchors = new Map(
  [...documents].map(([document, text]) => [
    document,
    new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!))),
  ]),
);

test("every source file that a document names is there", () => {
  const missing = named(/`([\w./@-]+\.(?:tsx?|sol))`/g).filter(
    ({ name }) => !files.some((file) => `/${file}`.endsWith(`/${name}`)),
  );
  expect(missing).toEqual([]);
});

test("every file, folder and heading that a document links to is there", () => {
  const links = named(/\]\((?!https?:)([^)\s]+)\)/g);
  expect(links.length).toBeGreaterThan(100);
  const missing = links.filter(({ document, name }) => {
    const [path, anchor] = name.split("#");
    const target = path ? normalize(join(dirname(document), path)).replace(/\/$/, "") : document;
    const there = files.some((file) => file === target || file.startsWith(`${target}/`));
    return !there || (anchor !== undefined && !anchors.get(target)?.has(anchor));
  });
  expect(missing).toEqual([]);
});

test("every page below docs/ is linked from the list of documents or from another page", () => {
  const reached = new Set(
    named(/\]\((?!https?:)([^)\s#]+)/g).map(({ document, name }) => normalize(join(dirname(document), name))),
  );
  const alone = [...documents.keys()].filter(
    (file) => file.startsWith("docs/") && file !== "docs/README.md" && !reached.has(file),
  );
  expect(alone).toEqual([]);
  expect(reached).toContain("docs/README.md");
});
