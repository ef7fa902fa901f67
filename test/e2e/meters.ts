/** A meter that changes hands, what it settles, and the debt that this leaves. */
import { describe, expect, test } from "vitest";
import { operator } from "../../local/accounts.ts";
import { connectMeter } from "../system/foreign-meter.ts";
import { openOwnMeter } from "../system/own-meter.ts";
import { openChain } from "./chain.ts";
import { MOST_SHIFT, open, shifted } from "./screens.ts";
import { amountFor, atMarket, bestPrices, mined, panel, phone, SETTLED, type Site, settles } from "./site.ts";

export function meters(site: () => Site) {
  describe("a meter", () => {
    test("is taken over by its serial, its debt is repaid with bought energy, and it is settled at once", async () => {
      const { system } = site();
      const { transferMeter, debtOf, settledAt } = openChain(system);
      // One that has only ever taken energy: whoever takes it over, takes over what it owes.
      const serial = "old-01";
      const first = { exportWh: 0, importWh: 5_000, storedWh: 0 };
      const owner = operator.account.address;
      const meter = await openOwnMeter(system, { serial, owner, kind: "consumer", watts: 100_000, first });
      await meter.settle({ importWh: 6_000 });
      await transferMeter(serial, "operator", "bank");
      const page = await site().visit("/meters", { account: "bank", size: phone });
      const field = page.getByLabel("Serial");
      await field.fill("no serial!");
      await page.getByText("1 to 32 letters, digits and hyphens.").waitFor();
      await field.fill("home-09");
      await page.getByText("does not wait for you to accept it").waitFor();
      await field.fill(serial);
      await page.getByText(/^Its debt of .* becomes yours\.$/).waitFor();
      await page.getByRole("button", { name: `Accept ${serial}` }).click();
      await mined(page);
      // Called what it is, until somebody calls it otherwise.
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await page.getByText(serial, { exact: true }).waitFor();

      // The bank owns no energy.
      await page.getByText("You own no energy to repay it with").waitFor();
      await open(page, site().appUrl, "/money");
      // What is owed is told without moving the page.
      await page.getByText(/drew .* that are not paid for/).waitFor();
      expect(await shifted(page)).toBeLessThan(MOST_SHIFT);
      await amountFor(page, "Top up rupiah").fill("50000");
      await page.getByRole("button", { name: "Top up rupiah" }).click();
      await page.getByRole("heading", { name: /^Top up/ }).waitFor();
      await mined(page);
      await page.goto(new URL("/market", site().appUrl).href);
      await bestPrices(page);
      await page.getByRole("radio", { name: "Order", exact: true }).click();
      await atMarket(page, "Buy", "1");
      await page.getByRole("heading", { name: "Buy 1" }).waitFor();
      await mined(page);
      await page.goto(new URL("/meters", site().appUrl).href);
      const debt = await debtOf(serial);
      await page.getByRole("button", { name: /^Repay / }).click();
      await page.getByRole("heading", { name: new RegExp(`^Repay .* of ${serial}`) }).waitFor();
      await mined(page);
      expect(await debtOf(serial)).toBeLessThan(debt);

      const newest = page.getByRole("list", { name: "Settlements" }).getByRole("listitem").first();
      const before = await newest.textContent();
      const readAt = await meter.show({ importWh: 6_010 });
      // It settles at once, or with its window when it settled less than a minute ago.
      await page.getByRole("button", { name: "Settle now" }).click();
      await settles(page);
      await expect.poll(() => settledAt(serial), SETTLED).toBe(readAt);
      await expect.poll(() => newest.textContent(), SETTLED).not.toBe(before);
      await meter.connection.end();
    });

    test("is called as its owner likes, and is so after a reload", async () => {
      const page = await site().visit("/meters", { account: "home-02", size: phone });
      await page.getByRole("heading", { name: "Rumah Tebet", exact: true }).waitFor();
      await page.getByRole("radio", { name: "Battery" }).click();
      await page.getByRole("button", { name: "Rename" }).click();
      await page.getByLabel("Name", { exact: true }).fill("  Baterai   garasi ");
      await page.getByRole("button", { name: "Call it that" }).click();
      for (const again of [false, true]) {
        if (again) await page.reload();
        await page.getByRole("radio", { name: "Baterai garasi", checked: true }).waitFor();
        await page.getByRole("heading", { name: "Baterai garasi", exact: true }).waitFor();
      }
      await page.goto(new URL("/", site().appUrl).href);
      await page.getByRole("list", { name: "Settled last" }).getByText("Baterai garasi").waitFor();
    });

    test("is told something, and its answer is shown", async () => {
      const page = await site().visit("/meters", { account: "home-02" });
      await page.getByRole("radio", { name: "Battery" }).click();
      await page.getByRole("button", { name: "Send command" }).click();
      await page.getByLabel("Command", { exact: true }).selectOption("discharge");
      await page.getByLabel("How much").fill("1000");
      // By night the battery may have nothing left.
      await page.getByText(/^(More than zero, at most|There is only)/).waitFor();
      await page.getByLabel("Command", { exact: true }).selectOption("display-reset");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      const commands = page.getByRole("list", { name: "Latest commands" });
      await commands.getByText("Reset the display").first().waitFor();
      await commands.getByText("done").first().waitFor();
    });

    test("is switched for its owner's own signature, and nobody has to sign in", async () => {
      const page = await site().visit("/meters", { account: "home-02" });
      await page.getByRole("radio", { name: "Battery" }).click();
      const commands = page.getByRole("list", { name: "Latest commands" });
      for (const [count, mode] of [
        [1, "import"],
        [2, "both"],
      ] as const) {
        await page.getByRole("button", { name: "Send command" }).click();
        await page.getByLabel("Command", { exact: true }).selectOption("grid");
        await page.getByLabel("State", { exact: true }).selectOption(mode);
        await page.getByRole("button", { name: "Send", exact: true }).click();
        const switched = commands.getByRole("listitem").filter({ hasText: "Grid connection" });
        await switched
          .filter({ hasText: "done" })
          .nth(count - 1)
          .waitFor();
      }
    });

    test("brings its own signed reading only when the meter reader was silent", async () => {
      const page = await site().visit("/meters", { account: "home-06" });
      await page.getByRole("button", { name: "Show" }).click();
      const text = page.getByLabel("Signed reading");
      await text.fill("{");
      await page.getByText("This is not a signed reading").waitFor();
      await page.getByRole("button", { name: "Fetch the last" }).click();
      await page.getByText(/Read .* exported/).waitFor();
      await page.getByText("Your own reading is taken from").waitFor();
      const reading = JSON.parse(await text.inputValue());
      await text.fill(JSON.stringify({ ...reading, serial: "home-07" }));
      await page.getByText("This reading is of the meter home-07.").waitFor();
      await text.fill(JSON.stringify(reading));
      // The contract has the last word, in words of both languages.
      await page.getByRole("button", { name: "Settle", exact: true }).click();
      await panel(page, "failed").getByText("An own reading for home-06 is allowed from").waitFor();
      expect(await page.getByRole("alert").count()).toBe(1);
      await page.getByRole("radio", { name: "Indonesia" }).click();
      await panel(page, "failed")
        .getByText(/home-06.* mulai/)
        .waitFor();
    });

    test("that fell silent stands in its owner's history, also that it is back", async () => {
      const { system } = site();
      const meter = await connectMeter(system.mqttUrl, "home-07", await system.brokerSecret());
      await meter.publish("status", JSON.stringify({ state: "offline", uptime: 1 }));
      await meter.end();
      const page = await site().visit("/notifications", { account: "home-07", size: phone });
      await page.getByText("What your devices did earlier is shown once you sign in").waitFor();
      const silent = page.getByRole("listitem").filter({ hasText: "Rumah Cempaka Putih went silent" });
      expect(await silent.count()).toBe(0);
      await page.getByRole("button", { name: "Sign in" }).click();
      await silent.getByText("Over since").waitFor();
    });
  });
}
