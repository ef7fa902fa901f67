/** Picking an account, orders, and what cannot work. */
import { describe, expect, test } from "vitest";
import {
  amountFor,
  atMarket,
  bestPrices,
  cancelOrder,
  mined,
  order,
  panel,
  rareKwh,
  type Site,
} from "./site.ts";

export function trading(site: () => Site) {
  describe("a newcomer", () => {
    test("picks a demo account and sees balances and the book", async () => {
      const page = await site().visit("/");
      await page.getByRole("button", { name: "Choose account" }).first().click();
      await page.getByRole("button", { name: /home-01/ }).click();
      await page.getByText("Your energy").waitFor();
      await page.getByRole("link", { name: "Money" }).first().click();
      await page.getByRole("table", { name: "Balances" }).getByText("Trading balance").waitFor();
      await page.getByRole("link", { name: "Market" }).first().click();
      const { bid, ask } = await bestPrices(page);
      expect(bid).toBeGreaterThan(0);
      expect(ask).toBeGreaterThan(bid);
      await page.reload();
      await page.getByRole("button", { name: "Rumah Menteng" }).waitFor();
    });
  });

  describe("an order", () => {
    test("rests, is marked as one's own, is matched by another account, and both see the trade", async () => {
      const kwh = rareKwh();
      const buyer = await site().visit("/market", { account: "home-03" });
      const { bid } = await bestPrices(buyer);
      const tick = bid + 1;
      await order(buyer, "Buy", kwh, tick, "PostOnly");
      await mined(buyer);
      const resting = buyer.getByRole("table", { name: "My orders" }).getByText(`${kwh} kWh`);
      await resting.waitFor();
      await buyer
        .locator('tr:has(button[data-side="bid"])')
        .first()
        .getByText("You", { exact: true })
        .waitFor();

      // Somebody without a meter: what they buy stays free to be sold.
      const seller = await site().visit("/money", { account: "operator" });
      await amountFor(seller, "Top up rupiah").fill("5000");
      await seller.getByRole("button", { name: "Top up rupiah" }).click();
      await mined(seller);
      await seller.getByRole("link", { name: "Market" }).first().click();
      await bestPrices(seller);
      await atMarket(seller, "Buy", kwh);
      await seller.getByRole("heading", { name: `Buy ${kwh}` }).waitFor();
      await mined(seller);
      await seller.locator('button[data-side="bid"]').first().click();
      expect(await seller.getByRole("textbox", { name: "Limit price" }).inputValue()).toBe(String(tick));
      await order(seller, "Sell", kwh, tick, "FOK");
      await seller.getByRole("heading", { name: `Sell ${kwh}` }).waitFor();
      await mined(seller);
      for (const page of [seller, buyer]) {
        await page.getByRole("radio", { name: "My trades" }).click();
        await page.getByRole("table", { name: "My trades" }).getByText(`${kwh} kWh`).first().waitFor();
      }
      await buyer.getByRole("radio", { name: "My orders" }).click();
      await resting.waitFor({ state: "detached" });
    });

    test("is cancelled after one more look, and stays where that is not wanted", async () => {
      const kwh = rareKwh();
      const page = await site().visit("/market", { account: "home-05" });
      await order(page, "Buy", kwh, 2);
      await mined(page);
      const cancel = page.getByRole("button", { name: `Cancel the order of ${kwh}` });
      await cancel.click();
      await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      // Who came with the keyboard goes on from there.
      await expect.poll(() => cancel.evaluate((button) => button === document.activeElement)).toBe(true);
      await cancelOrder(page, kwh);
      await page.getByRole("heading", { name: `Cancel order of ${kwh}` }).waitFor();
      await mined(page);
      await cancel.waitFor({ state: "detached" });
    });

    test("says exactly what is paid, received, and from which balance, before it is sent", async () => {
      const page = await site().visit("/market", { account: "home-06" });
      // The residents' prices are multiples of five: this one is the best, and as large as the order.
      const ask = (await bestPrices(page)).ask - 1;
      await site().world.maker.ask(ask);
      await page.locator('button[data-side="ask"]').getByText(ask.toLocaleString("en-GB")).waitFor();
      await page.getByLabel("Energy", { exact: true }).fill("0.1");
      await page.getByRole("textbox", { name: "Limit price" }).fill(String(ask));
      const total = (ask / 10).toLocaleString("en-GB");
      const row = (label: string) =>
        page.locator("dl div").filter({ has: page.getByText(label, { exact: true }) });
      await row("Paid now").getByText(`Rp\u00a0${total}`).waitFor();
      await row("Received now").getByText("100\u00a0Wh").waitFor();
    });

    test("has its button and what it comes to in sight on a small phone, before anything is scrolled", async () => {
      const page = await site().visit("/market?side=buy&wh=500&tick=2", {
        account: "home-06",
        size: { width: 360, height: 740 },
      });
      const button = page.getByRole("button", { name: "Buy 500\u00a0Wh" });
      await page.getByText("500\u00a0Wh waits in the book, with Rp\u00a01 set aside.").waitFor();
      const [seen, bar] = await Promise.all([
        button.boundingBox(),
        page.getByRole("navigation").last().boundingBox(),
      ]);
      expect(await page.evaluate(() => scrollY)).toBe(0);
      expect(seen!.y + seen!.height).toBeLessThanOrEqual(bar!.y);
      // At the end of the page it stands below what it sums up, and covers none of it.
      await page.mouse.wheel(0, 5_000);
      const last = page.locator("dl").getByText("From wallet");
      await expect
        .poll(async () => {
          const [total, below] = await Promise.all([last.boundingBox(), button.boundingBox()]);
          return total!.y + total!.height < below!.y;
        })
        .toBe(true);
    });

    test("survives a reload until it is final", async () => {
      const kwh = rareKwh();
      const page = await site().visit("/market", { account: "home-08" });
      await order(page, "Buy", kwh, 3);
      await panel(page, "sent").or(panel(page, "mined")).or(panel(page, "final")).first().waitFor();
      await page.reload();
      await page.getByRole("heading", { name: `Buy ${kwh}` }).waitFor();
      await panel(page, "final").waitFor();
      await cancelOrder(page, kwh);
      await page.getByRole("heading", { name: `Cancel order of ${kwh}` }).waitFor();
      await mined(page);
    });
  });

  describe("what cannot work", () => {
    test("is said in words while it is typed, and sending it only leads to the first wrong field", async () => {
      const page = await site().visit("/market", { account: "home-07" });
      const { bid, ask } = await bestPrices(page);
      const energy = page.getByLabel("Energy", { exact: true });
      const limit = page.getByRole("textbox", { name: "Limit price" });
      const submit = page.locator('form button[type="submit"]');
      const focused = (field: typeof energy) => field.and(page.locator(":focus")).waitFor();

      // What is still empty is no mistake until it is sent.
      expect(await energy.getAttribute("aria-invalid")).toBe("false");
      await submit.click();
      await focused(energy);
      expect(await energy.getAttribute("aria-invalid")).toBe("true");
      const note = page.locator(`[id="${await energy.getAttribute("aria-describedby")}"]`);
      await note.getByText("From 100 Wh to 4,294,967.295 kWh.").waitFor();

      await energy.fill("1");
      await energy.press("Enter");
      await focused(limit);
      await limit.fill("70000");
      await page.getByText("More than zero, at most Rp 65,535/kWh.").waitFor();

      await energy.fill("0.05");
      await limit.fill(String(bid));
      await note.getByText("From 100 Wh to 4,294,967.295 kWh.").waitFor();
      await energy.fill("1000000");
      await note.getByText(/You are Rp.* short/).waitFor();
      await limit.press("Enter");
      await focused(energy);

      await energy.fill("1");
      await limit.fill(String(ask));
      await page.getByLabel("Time in force").selectOption("PostOnly");
      await page.getByText(/This would trade at once/).waitFor();
      await submit.click();
      await focused(limit);

      await energy.fill("twelve");
      await page.getByText("This is not an amount. Write digits, such as 1.5 or 1500.").waitFor();
      expect(await panel(page).count()).toBe(0);
    });

    test("changes its words with the language", async () => {
      const page = await site().visit("/money", { account: "home-09" });
      await amountFor(page, "Top up rupiah").fill("10000001");
      await page.getByText("More than zero, at most Rp 10,000,000.").waitFor();
      await page.getByRole("radio", { name: "Indonesia" }).click();
      await page.getByText("Lebih dari nol, paling banyak Rp 10.000.000.").waitFor();
    });
  });

  describe("a list", () => {
    test("is put in the order that the reader wants", async () => {
      const page = await site().visit("/market", { account: "home-07" });
      await page.getByRole("radio", { name: "All trades" }).click();
      const table = page.getByRole("table", { name: "All trades" });
      const energy = table.getByRole("columnheader", { name: "Energy" });
      await energy.waitFor();
      expect(await energy.getAttribute("aria-sort")).toBe("none");
      // Wh below a kWh, kWh above.
      const amounts = async () =>
        (await table.locator("tbody tr td:nth-child(3)").allTextContents()).map(
          (text) => Number.parseFloat(text) * (text.includes("kWh") ? 1_000 : 1),
        );
      for (const [sort, sign] of [
        ["descending", -1],
        ["ascending", 1],
      ] as const) {
        await energy.getByRole("button").press("Enter");
        await energy.and(page.locator(`[aria-sort="${sort}"]`)).waitFor();
        const shown = await amounts();
        expect(shown.length).toBeGreaterThan(1);
        expect(shown).toEqual(shown.toSorted((a, b) => sign * (a - b)));
      }
    });
  });
}
