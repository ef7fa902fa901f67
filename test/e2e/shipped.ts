/** The build that the local market hands out: its weight, and the policy that it carries. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { firstLoad, pageLoad } from "./built.ts";
import type { Site } from "./site.ts";

/** Compressed bytes of script before a page's own chunk. */
const MOST_BYTES = 190_000;

/** And all of it until a page is drawn: what signs, shows a code or draws a map comes when it is asked for. */
const MOST_OF_PAGE = [
  ["src/home/index.ts", 230_000],
  ["src/market/market-page.tsx", 255_000],
  ["src/nearby/index.ts", 255_000],
] as const;

export function shipped(site: () => Site) {
  describe("the built dApp", () => {
    test(`loads at most ${MOST_BYTES} bytes of script before a page's own chunk`, async () => {
      const files = await firstLoad(site().system.build);
      const total = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
      expect(total, [...files].map(([file, bytes]) => `${file} ${bytes}`).join("\n")).toBeLessThanOrEqual(
        MOST_BYTES,
      );
    });

    test.each(MOST_OF_PAGE)("loads for %s at most %i bytes of script in all", async (page, most) => {
      const files = await pageLoad(site().system.build, page);
      const total = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
      expect(total, [...files].map(([file, bytes]) => `${file} ${bytes}`).join("\n")).toBeLessThanOrEqual(
        most,
      );
    });

    test("carries a policy that allows scripts of its own only, and no evaluation of text", async () => {
      const html = await readFile(join(site().system.build, "index.html"), "utf8");
      const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/
        .exec(html)?.[1]
        ?.replaceAll("&#39;", "'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toContain("unsafe-eval");
      // The policy holds only for what stands after it.
      expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<script"));
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    });
  });
}
