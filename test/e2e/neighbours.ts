/** Offers nearby: found on map and list, asked for, answered, delivered by a real discharge, and rated. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { cuttable } from "./quiet.ts";
import { mined, panel, phone, SETTLED, type Site } from "./site.ts";
import { BATTERY_HOME } from "./world.ts";

/** Opens a tab of Nearby, and the row of the request for `kwh` there. */
async function request(page: Page, tab: "Requests" | "Inbox", kwh: string) {
  await page.getByRole("radio", { name: tab }).click();
  return page
    .getByRole("list", { name: tab === "Inbox" ? "Requests from buyers" : "My requests" })
    .getByRole("listitem")
    .filter({ hasText: `${Number(kwh) * 1_000}\u00a0Wh` })
    .first();
}

export function neighbours(site: () => Site) {
  /** A price that no resident asks for: theirs are whole. */
  const price = "1,350.5";
  const own = (page: Page) => page.getByRole("listitem").filter({ hasText: price });

  describe("an offer", () => {
    test("is created for a battery, requested, accepted, delivered by what its meter counted, and rated by both", async () => {
      const soldKwh = "0.11";
      const seller = await site().visit("/nearby", { account: BATTERY_HOME, size: phone });
      await seller.getByRole("button", { name: "Offer energy" }).click();
      const energy = seller.getByLabel("Energy", { exact: true });
      await energy.fill("999");
      await seller.getByText(/^From 100.Wh to .*Wh\.$/).waitFor();
      await energy.fill("0.5");
      await seller.getByLabel("Price").fill(price.replace(",", ""));
      await seller.getByRole("button", { name: "Publish offer" }).click();
      await mined(seller);

      const buyer = await site().visit("/nearby", { account: "home-03" });
      await own(buyer).getByRole("button", { name: "Request energy" }).click();
      await buyer.getByLabel("Energy", { exact: true }).fill(soldKwh);
      await buyer.getByRole("button", { name: /^Request, Rp/ }).click();
      await mined(buyer);

      const asked = await request(seller, "Inbox", soldKwh);
      await asked.getByRole("button", { name: "Accept" }).click();
      await seller
        .getByRole("heading", { name: `Accept request of ${Number(soldKwh) * 1_000}\u00a0Wh` })
        .waitFor();
      await mined(seller);
      const received = await request(buyer, "Requests", soldKwh);
      for (const [page, row] of [
        [seller, asked],
        [buyer, received],
      ] as const) {
        await row.getByText("Completed").waitFor(SETTLED);
        await row.getByRole("button", { name: "5 of 5 stars", exact: true }).click();
        await row.getByRole("button", { name: "Give 5 of 5 stars, for good" }).click();
        await page.getByRole("heading", { name: "Give 5 of 5 stars" }).waitFor();
        await mined(page);
        await row.getByRole("button", { name: "5 of 5 stars", exact: true }).waitFor({ state: "detached" });
        await page.context().close();
      }
    });
  });

  describe("an offer of one's own", () => {
    test("is taken back only after one more look, and stays where that is not wanted", async () => {
      const page = await site().visit("/nearby", { account: BATTERY_HOME, size: phone });
      await page.getByRole("button", { name: "Offer energy" }).click();
      await page.getByLabel("Energy", { exact: true }).fill("0.123");
      await page.getByLabel("Price").fill("1777");
      await page.getByRole("button", { name: "Publish offer" }).click();
      await mined(page);

      await page.getByRole("radio", { name: "Inbox" }).click();
      const row = page
        .getByRole("list", { name: "My offers" })
        .getByRole("listitem")
        .filter({ hasText: "1,777" });
      const sheet = page.getByRole("dialog", { name: "Withdraw the offer of 123\u00a0Wh?" });
      for (const stays of [true, false]) {
        await row.getByRole("button", { name: "Withdraw" }).click();
        await sheet.waitFor();
        // Asked about, nothing is sent.
        expect(await page.getByRole("heading", { name: "Withdraw offer of" }).count()).toBe(0);
        await sheet.getByRole("button", { name: stays ? "Keep it" : "Withdraw" }).click();
        await sheet.waitFor({ state: "detached" });
        if (stays) expect(await row.count()).toBe(1);
      }
      await page.getByRole("heading", { name: "Withdraw offer of 123\u00a0Wh" }).waitFor();
      await mined(page);
      await row.waitFor({ state: "detached" });
      // Whoever pressed what is gone with its row is not sent back to the page's beginning.
      expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
    });
  });

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
      await page.getByText("Write it in Rp/kWh, digits only.").waitFor();
      await page.getByLabel("At most").fill("1");
      await page.getByText("Nothing fits this filter").waitFor();
      expect(await label.count()).toBe(0);
      await page.getByLabel("At most").fill("5000");
      await label.first().waitFor();
    });

    test("is requested in part, and the request is taken back", async () => {
      const page = await site().visit("/nearby", { account: "home-03" });
      await own(page).getByRole("button", { name: "Request energy" }).click();
      await page.getByLabel("Energy", { exact: true }).fill("0.05");
      await page.getByText(/^From 100.Wh to .*Wh\.$/).waitFor();
      await page.getByLabel("Energy", { exact: true }).fill("0.1");
      const network = await cuttable(page.context(), site().system.rpcUrl);
      network.loseAnswerTo("eth_sendRawTransaction");
      await page.getByRole("button", { name: /^Request, Rp/ }).click();
      await page.getByRole("heading", { name: "Request 100\u00a0Wh" }).waitFor();
      const unsure = panel(page, "sending").getByText("We don't know yet whether this arrived");
      await unsure.waitFor();
      await page.reload();
      await unsure.waitFor();
      network.comeBack();
      await mined(page);

      const mine = await request(page, "Requests", "0.1");
      await mine.getByText("Waiting for the seller").waitFor();
      await mine.getByRole("button", { name: "Take the request back" }).click();
      const asked = page.getByRole("dialog", { name: "Take the request back?" });
      await asked.getByText(/^Your money is free again at once/).waitFor();
      await asked.getByRole("button", { name: "Take the request back" }).click();
      await page.getByRole("heading", { name: "Cancel request of 100\u00a0Wh" }).waitFor();
      await mined(page);
      await mine.getByText("Cancelled").waitFor();
    });
  });
}
