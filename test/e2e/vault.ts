/** A wallet that the browser keeps: made, saved, locked, lost and restored. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { amountFor, mined, panel, phone, type Site } from "./site.ts";

const PASSWORD = "matahari pagi di Menteng";

const sheetOf = (page: Page) => new URL(page.url()).searchParams.get("sheet");

export function vault(site: () => Site) {
  describe("a wallet kept in the browser", () => {
    test("is made, used, locked, saved, removed, and restored from its file", async () => {
      const page = await site().visit("/money", { size: phone });
      await page.getByRole("button", { name: "Choose account" }).first().click();
      await page.getByRole("button", { name: "Create wallet" }).click();
      const making = page.getByRole("dialog", { name: "Create wallet" });
      await making.waitFor();
      expect(sheetOf(page)).toBe("account-create");
      await page.goBack();
      await making.waitFor({ state: "detached" });
      await page.goForward();
      await page.getByLabel("Password", { exact: true }).fill("short");
      await page.getByText("At least 10 characters.", { exact: true }).waitFor();
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByLabel("Password again").fill("something else");
      await page.getByText("The two are different.").waitFor();
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await page.getByLabel("Password again").and(page.locator(":focus")).waitFor();
      await page.getByLabel("Password again").fill(PASSWORD);
      await page.getByRole("button", { name: "Create", exact: true }).click();

      // A new account has nothing to pay the network with.
      await page.getByRole("button", { name: "Get test ether" }).click();
      await page.getByText("This account has no ether").waitFor({ state: "detached" });
      await amountFor(page, "Top up rupiah").fill("7000");
      await page.getByRole("button", { name: "Top up rupiah" }).click();
      await mined(page);
      await page.getByText("Rp\u00a07,000").first().waitFor();

      await page.goto(new URL("/account", site().appUrl).href);
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save wallet file" }).click();
      const file = await (await saving).path();
      expect(JSON.parse(await readFile(file, "utf8")).version).toBe(3);

      // Still there after a reload, but locked: the key was in memory only.
      await page.goto(new URL("/money", site().appUrl).href);
      await amountFor(page, "Deposit to trading").fill("1000");
      await page.getByRole("button", { name: "Deposit to trading" }).click();
      const unlock = page.getByRole("dialog", { name: "Unlock wallet" });
      await unlock.getByLabel("Password").fill("not the password");
      await unlock.getByRole("button", { name: "Unlock" }).click();
      await unlock.getByText("This is not the wallet's password.").waitFor();
      await unlock.getByRole("button", { name: "Close" }).click();
      await panel(page, "declined").getByText("Nothing was sent").waitFor();
      // Back gives no password either, and leaves the page where it is.
      await page.getByRole("button", { name: "Deposit to trading" }).click();
      await unlock.waitFor();
      await expect.poll(() => new URL(page.url()).search).toBe("?over=unlock");
      await page.goBack();
      await unlock.waitFor({ state: "detached" });
      await panel(page, "declined").getByText("Nothing was sent").waitFor();
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/money");
      await page.getByRole("button", { name: "Deposit to trading" }).click();
      await unlock.getByLabel("Password").fill(PASSWORD);
      await unlock.getByRole("button", { name: "Unlock" }).click();
      await mined(page);

      await page.goto(new URL("/account", site().appUrl).href);
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByRole("button", { name: "Choose account" }).first().click();
      await page.getByRole("button", { name: "Import wallet" }).click();
      await page.getByLabel("Choose the file").setInputFiles(file);
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByRole("button", { name: "Import", exact: true }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      // What it was called before leads on.
      await page.goto(new URL("/wallet", site().appUrl).href);
      await page.waitForURL("**/money");
      await page.getByText("Rp\u00a06,000").first().waitFor();
    });
  });
}
