/** No operation costs more than it did, or than it may; and the page says what is on record. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEPTHS } from "./book.ts";
import { measure, readPage, readRecord } from "./gas.ts";
import { asMarkdown, asText, findProblems } from "./table.ts";

describe("gas", () => {
  it("has not grown and is within its budgets", async () => {
    const measured = await measure();
    console.info(asText(measured, DEPTHS));
    const problems = findProblems(measured, await readRecord());
    assert.equal(
      problems.length,
      0,
      `${problems.join("\n")}\nWhere the growth is worth it, renew the record with \`pnpm gas\` and say why in the commit.`,
    );
  });

  it("is on the page as recorded", async () => {
    assert.equal(
      await readPage(),
      asMarkdown(await readRecord(), DEPTHS),
      "renew contracts/GAS.md with `pnpm gas`",
    );
  });
});
