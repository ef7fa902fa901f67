/** What the index's page fills in where somebody tries it out has to be there on the local market. */
import { readFileSync } from "node:fs";
import { isAddress } from "viem";
import { expect, test } from "vitest";
import { homes } from "./accounts.ts";
import { batteryOf, localMeters } from "./setup.ts";

const file = new URL("../docs/reference/index.openapi.json", import.meta.url);

/** Every text that a document gives as an example, at any depth. */
function examplesIn(part: unknown, isExample = false): string[] {
  if (typeof part === "string") return isExample ? [part] : [];
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => examplesIn(value, isExample || name === "example"));
}

test("the accounts and meters of its examples are the local market's, of one home that trades in the book", () => {
  const examples = [...new Set(examplesIn(JSON.parse(readFileSync(file, "utf8"))))];
  const trader = homes[1]!;
  expect(examples.filter((one) => isAddress(one))).toEqual([trader.account.address]);
  const serials = examples.filter((one) => /^[a-z]+-\d+$/.test(one));
  expect(serials).toContain(batteryOf(trader));
  expect(localMeters.map(({ serial }) => serial)).toEqual(expect.arrayContaining(serials));
});
