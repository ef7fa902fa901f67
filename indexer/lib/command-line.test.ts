import { expect, test } from "vitest";
import { commandLine } from "./command-line.ts";

test.each<[asked: string[], nodeEnv: string | undefined, more: string[]]>([
  [["start", "--schema", "x"], undefined, ["--hostname", "127.0.0.1"]],
  [["serve"], "development", ["--hostname", "127.0.0.1"]],
  [["serve"], "production", []],
  [["start", "--hostname", "10.0.0.1"], undefined, []],
  [["start", "--hostname=10.0.0.1"], undefined, []],
  [["start", "-H", "::"], undefined, []],
  // Takes none.
  [["codegen"], undefined, []],
])("%j with NODE_ENV %s listens where it should", (asked, nodeEnv, more) => {
  expect(commandLine(asked, "/here", nodeEnv)).toEqual([...asked, ...more, "--root", "/here"]);
});
