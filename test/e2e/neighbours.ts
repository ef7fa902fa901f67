/** Asking a neighbour for energy. */
import { describe, test } from "vitest";
import { mined, rareKwh, type Site } from "./site.ts";

export function neighbours(site: () => Site) {
  describe("an offer nearby", () => {
    test("is requested in part, and the request is taken back", async () => {
      const kwh = rareKwh();
      const page = await site().visit("/nearby", { account: "home-03" });
      await page.getByRole("button", { name: "Request energy" }).first().click();
      await page.getByLabel("Energy", { exact: true }).fill(kwh);
      await page.getByRole("button", { name: /^Request, Rp/ }).click();
      await page.getByRole("heading", { name: `Request ${kwh}` }).waitFor();
      await mined(page);

      await page.getByRole("radio", { name: "Requests" }).click();
      const request = page.getByRole("listitem").filter({ hasText: `${kwh}\u00a0kWh` });
      await request.getByText("Waiting for the seller").waitFor();
      await request.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("heading", { name: `Cancel request of ${kwh}` }).waitFor();
      await mined(page);
      await request.getByText("Cancelled").waitFor();
    });
  });
}
