import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const git = (...args: string[]) =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim().split("\n");

test("every source file that a document names is there", () => {
  const files = git("ls-files", "--cached", "--others", "--exclude-standard");
  const missing = files
    .filter((file) => file.endsWith(".md"))
    .flatMap((document) =>
      [...readFileSync(new URL(document, root), "utf8").matchAll(/`([\w./@-]+\.(?:tsx?|sol))`/g)]
        .map(([, named]) => named!)
        .filter((named) => !files.some((file) => `/${file}`.endsWith(`/${named}`)))
        .map((named) => `${document}: ${named}`),
    );
  expect(missing).toEqual([]);
});
