/** What stands in an address: it can be sent to somebody, is there after a reload, and Back takes it back. */
import { describe, expect, test } from "vitest";
import { phone, type Site } from "./site.ts";
import { BATTERY_HOME } from "./world.ts";

export function addresses(site: () => Site) {
  describe("an address", () => {
    test("brings back what was looked at, and names the page in the browser's tab", async () => {
      const page = await site().visit("/market?interval=HOUR&list=depth", { account: "home-03" });
      const chosen = (name: string) => page.getByRole("radio", { name, exact: true, checked: true });
      await chosen("1 h").waitFor();
      await chosen("Depth").waitFor();
      expect(await page.title()).toBe("Market · EnerLink");
      await page.getByRole("radio", { name: "1 day" }).click();
      await expect.poll(() => new URL(page.url()).searchParams.get("interval")).toBe("DAY");
      await page.reload();
      await chosen("1 day").waitFor();
      await chosen("Depth").waitFor();
      // What usually stands there is not written.
      await page.getByRole("radio", { name: "15 min" }).click();
      await expect.poll(() => new URL(page.url()).search).toBe("?list=depth");
    });

    test("leaves the order alone that is being typed", async () => {
      const page = await site().visit("/market?side=sell&wh=1000&tick=1300", { account: "home-03" });
      const energy = page.getByLabel("Energy", { exact: true });
      await expect.poll(() => energy.inputValue()).toBe("1");
      await energy.fill("2.5");
      await page.getByRole("radio", { name: "1 h", exact: true }).click();
      await expect.poll(() => new URL(page.url()).searchParams.get("interval")).toBe("HOUR");
      expect(await energy.inputValue()).toBe("2.5");
    });

    test("carries a filter as it was typed: what may be a thousand or one is asked about there too", async () => {
      const page = await site().visit("/nearby?most=1.310", { size: phone });
      expect(await page.getByLabel("At most").inputValue()).toBe("1.310");
      await page.getByRole("button", { name: "Rp 1,310.00/kWh" }).click();
      await expect.poll(() => new URL(page.url()).searchParams.get("most")).toBe("1310");
    });

    test("says which sheet is open: Back closes it and leaves the page, a reload opens it again", async () => {
      const page = await site().visit("/nearby", { account: BATTERY_HOME, size: phone });
      await page.getByRole("button", { name: "Offer energy" }).click();
      const sheet = page.getByRole("dialog", { name: "Offer energy" });
      await sheet.waitFor();
      expect(new URL(page.url()).searchParams.get("sheet")).toBe("offer");
      await page.reload();
      await sheet.waitFor();
      await page.goBack();
      await sheet.waitFor({ state: "detached" });
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/nearby");
      // Closed by hand it leaves no entry behind that Back would have to pass.
      await page.getByRole("button", { name: "Offer energy" }).click();
      await sheet.waitFor();
      await page.keyboard.press("Escape");
      await sheet.waitFor({ state: "detached" });
      await expect.poll(() => new URL(page.url()).search).toBe("");
      await page.getByRole("navigation").getByRole("link", { name: "Money" }).last().click();
      await page.getByRole("heading", { name: "Money", level: 1 }).waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Nearby", level: 1 }).waitFor();
      expect(await sheet.count()).toBe(0);
    });

    test("of no page says that there is none", async () => {
      const page = await site().visit("/markets");
      await page.getByRole("heading", { name: "Nothing here" }).waitFor();
      await page.getByText("There is no such page.").waitFor();
      expect(await page.title()).toBe("Nothing here · EnerLink");
    });
  });
}
