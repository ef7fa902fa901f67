/** The law as `Law.sol` has it, proved by the compiler's SMT checker; and what is wrong with it, refuted. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { whole } from "../../test/whole.ts";

type Finding = { message: string; sourceLocation?: { file: string } };
type Compiler = { compile: (input: string) => string };

const law = readFileSync(join(import.meta.dirname, "Law.sol"), "utf8");

/** Each text is found exactly once and replaced. */
const mistakes: Record<string, [search: string, replace: string]> = {
  "what is burned is owed as well": ["return nextWh + moved;", "return nextWh;"],
  "what cannot be burned is forgotten": ["return nextWh + moved;", "return 0;"],
  "import is counted as export": ["openWh + importedWh - exportedWh", "openWh + exportedWh - importedWh"],
  "debt is forgotten when slots begin": ["(openWh, 0, true)", "(0, 0, true)"],
  "arrears are forgotten when slots end": ["openWh = arrearsWh + (", "openWh = ("],
  "surplus is minted and kept when slots end": ["(openWh > 0 ? openWh : int256(0))", "openWh"],
  "need that nobody paid for is forgotten": ["arrearsWh += openWh - bought;", ""],
  "a slot is closed twice": ["        openWh = 0;\n    }", "    }"],
  "more is burned than was bought": ["tokensWh -= bought;", "tokensWh -= openWh;"],
  "a repaid debt stays": ["else openWh -= repaidWh;", ""],
  "more is repaid than is owed": ["if (repaidWh > debtWh) repaidWh = debtWh;", ""],
  "arrears are forgotten when a slotted meter is corrected": ["freeWh) + keptWh;", "freeWh);"],
  "a correction is made twice": ["correctedWh += netWh;", "correctedWh += 2 * netWh;"],
};

/** All of them take minutes: `pnpm test:deep`. */
const planted = Object.entries(mistakes).filter((_, index) => whole || index === 0);

/** What the checker says of each source. */
let findings: Map<string, string[]>;

beforeAll(() => {
  const sources = {
    law,
    ...Object.fromEntries(planted.map(([name, edit]) => [name, plant(edit)])),
  };
  const settings = {
    modelChecker: {
      // It begins each function in any state, so that what it proves of one holds after any number of them.
      engine: "bmc",
      targets: ["assert"],
      contracts: Object.fromEntries(Object.keys(sources).map((name) => [name, ["Law"]])),
      solvers: ["z3"],
      showProvedSafe: true,
      showUnproved: true,
    },
    outputSelection: { "*": { "*": [] } },
  };
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings,
  };
  const solc = createRequire(import.meta.url)("solc") as Compiler;
  const { errors } = JSON.parse(solc.compile(JSON.stringify(input))) as { errors: Finding[] };
  findings = Map.groupBy(errors, ({ sourceLocation }) => sourceLocation?.file ?? "") as never;
  for (const [name, found] of findings)
    findings.set(
      name,
      (found as unknown as Finding[]).map(({ message }) => message),
    );
}, 900_000);

function plant([search, replace]: [string, string]): string {
  if (law.split(search).length !== 2) throw new Error(`not found exactly once: ${search}`);
  return law.replace(search, () => replace);
}

test("minted less burned less debt is what the registers moved by and what was corrected, whatever is called", () => {
  const found = findings.get("law")!;
  expect(found.length).toBeGreaterThan(0);
  for (const message of found) expect(message).toContain("Assertion violation check is safe!");
});

test.each(planted)("and not where %s", (name) => {
  expect(findings.get(name)!.join("\n")).toContain("BMC: Assertion violation happens here.");
});
