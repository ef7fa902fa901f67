/** Nothing of the contracts is typed by hand a second time: enums and constants are generated. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { constants } from "./generated/constants.ts";
import { enums } from "./generated/enums.ts";
import { namesOf } from "./names.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = execFileSync("git", ["ls-files", "*.ts", "*.tsx"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && !/\.test\.tsx?$/.test(file) && !file.startsWith("test/mutants/"));
const sources = new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, "utf8")]));

/** Lines of every file where `pattern` is found. */
const places = (pattern: RegExp) =>
  [...sources].flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(({ index }) => `${file}:${text.slice(0, index).split("\n").length}`),
  );

describe("an enum of the contracts", () => {
  test.each(Object.entries<Readonly<Record<string, number>>>(enums))(
    "%s stands in the generated file alone",
    (_, members) => {
      const names = namesOf(members).filter((name) => name !== "None");
      // As members of an object with their numbers, or as a list of texts, in any letters.
      const numbered = names.slice(0, 2).map((name) => `["']?${name}["']?:\\s*\\d+`);
      const listed = names.slice(0, 3).map((name) => `["']${name.replace(/(?<=[a-z])(?=[A-Z])/g, "_?")}["']`);
      // A list of two common words may mean anything, unless it is exactly these.
      const [open, close] = names.length < 3 ? ["\\[\\s*", "\\s*,?\\s*\\]"] : ["", ""];
      for (const text of [numbered.join(",\\s*"), `${open}${listed.join(",\\s*")}${close}`])
        expect(places(new RegExp(text, "gi"))).toEqual([]);
    },
  );

  test("is never told by a bare number", () => {
    const fields = "kind|trust|side|timeInForce|standing";
    expect(places(new RegExp(`\\b(${fields})(: \\d\\b| [!=]==? \\d\\b)`, "g"))).toEqual([]);
  });
});

describe("a constant of the contracts", () => {
  // A name of one word, such as MOST, may mean something else elsewhere.
  const named = Object.values(constants).flatMap((one) =>
    Object.keys(one).filter((name) => name.includes("_")),
  );
  test("is given a value nowhere else", () => {
    expect(places(new RegExp(`\\b(${[...new Set(named)].join("|")})(: \\w+)? = [\\d"']`, "g"))).toEqual([]);
  });

  test("that types bound is spelt nowhere else", () => {
    const spelt = places(/(?<!PORT.*|port.*|\*.*)\b65_?535n?\b|2n \*\* 32n - 1n|\b4_?294_?967_?295n?\b/g);
    expect(
      spelt.filter((place) => !/^packages\/protocol\/wire\/|(^|\/)(test|testing|bench)\//.test(place)),
    ).toEqual([]);
  });

  test("of the physical bound appears as a number nowhere else", () => {
    const { TENTHS_PER_WH, FREE_TENTHS } = constants.RatedPower;
    const spelt = [TENTHS_PER_WH, FREE_TENTHS].map((value) => `${value / 1_000n}_?000n?`);
    expect(places(new RegExp(`\\b(${spelt.join("|")})\\b`, "g"))).toEqual([]);
  });
});

test("a word of the contracts is packed and unpacked nowhere else", () => {
  const shifted = places(/(>>|<<) ?(?:1[6-9]|[2-9]\d|\d{3})n\b/g);
  // Tests reckon for themselves what a word means: their copies are what finds a mistake in the protocol's.
  const tests = /^(test|indexer\/test|oracle\/(testing|chaos|simulation))\//;
  expect(shifted.length).toBeGreaterThan(10);
  expect(shifted.filter((place) => !place.startsWith("packages/protocol/") && !tests.test(place))).toEqual(
    [],
  );
});

describe("what goes over the wire", () => {
  const outside = (place: string) =>
    !place.startsWith("packages/protocol/") && !/^(test|oracle\/(testing|chaos))\//.test(place);

  test.each([
    ["the prefix of topics", /(?<!^\s*(\*|\/\/|\/\*\*).*)\benerlink\/v1/gm],
    ["the words of development chains", /\bjunk\b/g],
    ["the typed data's domain", /name: "EnerLink", version: "/g],
  ])("has %s once", (_, pattern) => {
    expect(places(pattern).length).toBeGreaterThan(0);
    expect(places(pattern).filter(outside)).toEqual([]);
  });
});
