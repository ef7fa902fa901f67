/** Every question that the dApp asks is one that the index answers: its fields, arguments and variables. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mergeSchemas } from "@graphql-tools/schema";
import { describe, expect, test } from "vitest";
import * as tables from "../../../ponder.schema.ts";
import { buildGraphQLSchema } from "../ponder.ts";
import { typeDefs } from "./types.ts";

// The copy that Ponder and the tools have: one of them knows no schema of the other.
const { parse, validate } = createRequire(import.meta.url)("graphql") as typeof import("graphql");
const schema = mergeSchemas({ schemas: [buildGraphQLSchema({ schema: tables })], typeDefs });
const app = new URL("../../../../app/src/", import.meta.url);

/** What a file's constants put into a question: texts and whole numbers. */
function constantsOf(source: string): Map<string, string> {
  const found = source.matchAll(/const (\w+) =\s*(?:["`]([^"`]*)["`]|([\d_]+));/g);
  return new Map([...found].map(([, name, text, number]) => [name!, text ?? number!.replaceAll("_", "")]));
}

/** The questions of a file, as they are sent. */
function questionsOf(source: string): string[] {
  const constants = constantsOf(source);
  return [...source.matchAll(/`((?:query|subscription)\b[^`]*)`/g)].map(([, text]) =>
    text!.replace(/\$\{(\w+)\}/g, (_, name: string) => constants.get(name) ?? `unknown constant ${name}`),
  );
}

const questions = readdirSync(app, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
  .flatMap((file) =>
    questionsOf(readFileSync(new URL(file, app), "utf8")).map((text) => [file, text] as const),
  );

describe("the dApp's questions", () => {
  test("are found", () => {
    expect(questions.length).toBeGreaterThan(20);
    // As many as there are files that hold one, at least: a question of another form would not be seen.
    const asking = readdirSync(app, { recursive: true, encoding: "utf8" }).filter(
      (file) =>
        /\.tsx?$/.test(file) &&
        /\b(?:useIndex|useEveryRow|queryIndex)(?:<[^(]*>)?\(/.test(
          readFileSync(new URL(file, app), "utf8"),
        ) &&
        file !== "energy-index/query.ts",
    );
    expect(new Set(questions.map(([file]) => file))).toEqual(new Set(asking));
  });

  test.each(questions)("of %s are answered", (_, text) => {
    expect(validate(schema, parse(text)).map(({ message }) => `${message} in ${text}`)).toEqual([]);
  });

  test("are refused where they name what is not there", () => {
    const [problem] = validate(schema, parse("query ($id: String!) { account(id: $id) { ordersKwh } }"));
    expect(problem?.message).toContain('Cannot query field "ordersKwh"');
  });
});
