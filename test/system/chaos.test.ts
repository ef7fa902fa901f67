/** The short form of `pnpm chaos`: every fault may come, and one oracle that is wrong on purpose must be found out. */
import { expect, test } from "vitest";
import { runScript } from "./system.ts";

test("nothing is lost or doubled, whatever breaks", { timeout: 300_000 }, async () => {
  const args = ["--seed", "1", "--seconds", "25", "--controls", "1"];
  const { code, output } = await runScript("chaos", args, {});
  expect(output).toContain("PASS with seed 1");
  expect(output).toContain("found out: an oracle that");
  expect(code).toBe(0);
});
