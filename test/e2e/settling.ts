/** Settling at once, whatever the interval and the hour: what is settled already is no mistake of who asks. */
import { describe, expect, test } from "vitest";
import type { Site } from "./site.ts";

export function settling(site: () => Site) {
  describe("settling a meter at once", () => {
    test("is never answered in red, however often it is asked for", async () => {
      const page = await site().visit("/meters", { account: "home-09" });
      for (let time = 0; time < 3; time++) {
        await page.getByRole("button", { name: "Settle now" }).click();
        const done = page.getByText(
          /^(Under way: it stands|It was settled less than a minute ago|All that it has)/,
        );
        await done.waitFor();
        expect(await page.getByRole("alert").count()).toBe(0);
      }
    });
  });
}
