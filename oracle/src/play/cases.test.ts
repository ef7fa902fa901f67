import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCase } from "./case.ts";
import { play } from "./play.ts";

const folder = join(import.meta.dirname, "../../testdata/device-cases");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

/** A list of outcomes means any of them; of flags at least these. */
function matches(field: string, expected: unknown, actual: unknown): void {
  if (field === "flags") expect(actual).toEqual(expect.arrayContaining(expected as unknown[]));
  else if (field === "outcome" && Array.isArray(expected)) expect(expected).toContain(actual);
  else expect(actual).toEqual(expected);
}

for (const name of files) {
  const text = readFileSync(join(folder, name), "utf8");
  const { title, driver } = JSON.parse(text) as { title: string; driver?: string };
  // These need a broker or a running node.
  if (driver === "manual") continue;
  test(`${name.replace(".json", "")}: ${title}`, async () => {
    const parsed = parseCase(text);
    const results = (await play(parsed)) as Record<string, unknown>[];
    parsed.messages.forEach(({ expected }, place) => {
      for (const [field, value] of Object.entries(expected)) {
        try {
          matches(field, value, results[place]![field]);
        } catch (error) {
          throw new Error(
            `message ${place + 1}, ${field}: expected ${JSON.stringify(value)}; it did ${JSON.stringify(results[place])}`,
            { cause: error },
          );
        }
      }
    });
  });
}

test("the case in the documents plays as a node would take it", async () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/devices.md"), "utf8");
  const cases = [...text.matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, example]) => example!)
    .filter((example) => example.includes('"messages"'));
  expect(cases).toHaveLength(1);
  const results = await play(parseCase(cases[0]!));
  expect(results.map(({ outcome, importWh }) => [outcome, importWh])).toEqual([
    ["accepted", "12500"],
    ["accepted", "12510"],
  ]);
});
