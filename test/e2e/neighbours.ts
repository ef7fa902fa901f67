/** Offers nearby: found on map and list, asked for, answered, delivered by a real discharge, and rated. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { mined, phone, type Site, settleNow } from "./site.ts";

/** Both parties' windows stay open: the battery needs minutes to deliver, in which other journeys run. */
let seller: Page;
let buyer: Page;
const soldKwh = "0.11";

/** Opens a tab of Nearby, and the row of the request for `kwh` there. */
async function request(page: Page, tab: "Requests" | "Inbox", kwh: string) {
  await page.getByRole("radio", { name: tab }).click();
  return page
    .getByRole("list", { name: tab === "Inbox" ? "Requests from buyers" : "My requests" })
    .getByRole("listitem")
    .filter({ hasText: `${kwh}\u00a0kWh` })
    .first();
}

/** Before the other journeys: from the offer to the battery's discharge. */
export function offering(site: () => Site) {
  describe("an offer", () => {
    test("is created for a battery, requested by a neighbour and accepted", async () => {
      seller = await site().visit("/meters", { account: "home-02", size: phone });
      // A battery may promise what it reported within the last hour.
      await seller.getByRole("radio", { name: "battery-01" }).click();
      await settleNow(seller);
      await seller.getByRole("link", { name: "Nearby" }).click();
      // What the home's own program has offered already may be all that the battery holds.
      await seller.getByRole("button", { name: "Request energy" }).first().waitFor();
      const withdraw = seller.getByRole("button", { name: "Withdraw" });
      while (await withdraw.first().isVisible()) {
        const offers = await withdraw.count();
        await withdraw.first().click();
        await mined(seller);
        await expect.poll(() => withdraw.count(), { timeout: 20_000 }).toBe(offers - 1);
      }
      await seller.getByRole("button", { name: "Offer energy" }).click();
      // A price that no other offer has, also where an earlier run left one.
      const hundreds = 300 + Math.floor(Math.random() * 100);
      const energy = seller.getByLabel("Energy", { exact: true });
      await energy.fill("999");
      await seller.getByText(/^From 0\.1.kWh to .*kWh\.$/).waitFor();
      await energy.fill("0.3");
      await seller.getByLabel("Price").fill(`1${hundreds}.5`);
      await seller.getByRole("button", { name: "Publish offer" }).click();
      await mined(seller);

      buyer = await site().visit("/nearby", { account: "home-03" });
      const offer = buyer.getByRole("listitem").filter({ hasText: `1,${hundreds}.5` });
      await offer.getByRole("button", { name: "Request energy" }).click();
      await buyer.getByLabel("Energy", { exact: true }).fill(soldKwh);
      await buyer.getByRole("button", { name: /^Request, Rp/ }).click();
      await mined(buyer);

      const asked = await request(seller, "Inbox", soldKwh);
      await asked.getByRole("button", { name: "Accept" }).click();
      await seller.getByRole("heading", { name: `Accept request of ${soldKwh}` }).waitFor();
      await mined(seller);
      await asked.getByText("Accepted, being delivered").waitFor();
    });
  });
}

export function neighbours(site: () => Site) {
  describe("an offer nearby", () => {
    test("is found on the map and by its price, in step with the list", async () => {
      const page = await site().visit("/nearby", { account: "home-03", size: phone });
      const label = page.getByRole("button", { name: /^From Rp/ });
      await label.first().waitFor();
      await label.first().focus();
      await page.keyboard.press("Enter");
      expect(await label.first().getAttribute("aria-pressed")).toBe("true");
      await page.locator('button[aria-pressed="true"]', { hasText: "km" }).first().waitFor();

      await page.getByRole("button", { name: "Filter" }).click();
      await page.getByLabel("At most").fill("1.5x");
      await page.getByText("Enter a number with at most 3 decimals.").waitFor();
      await page.getByLabel("At most").fill("1");
      await page.getByText("Nothing fits this filter").waitFor();
      expect(await label.count()).toBe(0);
      await page.getByLabel("At most").fill("5000");
      await label.first().waitFor();
      await page.context().close();
    });

    test("is requested in part, and the request is taken back", async () => {
      const page = await site().visit("/nearby", { account: "home-03" });
      await page.getByRole("button", { name: "Request energy" }).first().click();
      await page.getByLabel("Energy", { exact: true }).fill("0.05");
      await page.getByText(/^From 0\.1.kWh to .*kWh\.$/).waitFor();
      await page.getByLabel("Energy", { exact: true }).fill("0.1");
      await page.getByRole("button", { name: /^Request, Rp/ }).click();
      await page.getByRole("heading", { name: "Request 0.1" }).waitFor();
      await mined(page);

      const mine = await request(page, "Requests", "0.1");
      await mine.getByText("Waiting for the seller").waitFor();
      await mine.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("heading", { name: "Cancel request of 0.1" }).waitFor();
      await mined(page);
      await mine.getByText("Cancelled").waitFor();
      await page.context().close();
    });
  });
}

/** After them: what the battery's meter counted is handed over, and both say how it was. */
export function delivering(site: () => Site) {
  describe("an accepted trade", () => {
    test("is delivered by what the battery's meter settled, and rated by both", async () => {
      const asked = await request(seller, "Inbox", soldKwh);
      const meters = await site().visit("/meters", { account: "home-02" });
      await meters.getByRole("radio", { name: "battery-01" }).click();
      // The discharge took place meanwhile; only what is settled counts.
      await expect
        .poll(
          async () => {
            if (await asked.getByText("Completed").isVisible()) return true;
            await meters.getByRole("button", { name: "Settle now" }).click();
            await meters.waitForTimeout(5_000);
            return false;
          },
          { timeout: 200_000, interval: 5_000 },
        )
        .toBe(true);
      await meters.context().close();

      const received = await request(buyer, "Requests", soldKwh);
      for (const [page, row] of [
        [seller, asked],
        [buyer, received],
      ] as const) {
        await row.getByRole("button", { name: "5 of 5 stars" }).click();
        await page.getByRole("heading", { name: "Give 5 of 5 stars" }).waitFor();
        await mined(page);
        await row.getByRole("button", { name: "5 of 5 stars" }).waitFor({ state: "detached" });
      }
      for (const page of [seller, buyer]) await page.context().close();
    }, 240_000);
  });
}
