/** Amounts as people type and paste them: nothing is read as a thousand times more or less than was written. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { bestPrices, phone, type Site } from "./site.ts";

const words = {
  en: { energy: "Energy", limit: "Limit price", buy: "Buy", ask: "Which one?", marks: [",", "."] },
  id: { energy: "Energi", limit: "Harga batas", buy: "Beli", ask: "Yang mana?", marks: [".", ","] },
} as const;

/** Pastes as the keyboard does: through the clipboard's event, which a page may answer itself. */
const paste = (page: Page, label: string, text: string) =>
  page.getByRole("textbox", { name: label, exact: true }).evaluate((input: HTMLInputElement, pasted) => {
    input.focus();
    input.select();
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", pasted);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    if (input.dispatchEvent(event)) document.execCommand("insertText", false, pasted);
  }, text);

export function amounts(site: () => Site) {
  describe.each(["en", "id"] as const)("an amount, in %s", (language) => {
    const { energy, limit, buy, ask, marks } = words[language];
    const [thousands, point] = marks;

    test("is understood as it is written, and what was understood stands below it as a bank writes it", async () => {
      const page = await site().visit("/market", { account: "home-06", language });
      await bestPrices(page);
      const submit = page.locator('form button[type="submit"]');
      await page.getByRole("textbox", { name: limit }).fill("100");
      for (const text of ["0.500", "0,500", "0.5", "0,5", "500 Wh", "０,５", "٠٫٥", "\u00a00,5\u00a0kWh"]) {
        await paste(page, energy, text);
        await page.getByText("= 500\u00a0Wh").waitFor();
        await page.getByRole("button", { name: `${buy} 500\u00a0Wh` }).waitFor();
      }
      await paste(page, energy, "1,5 kWh");
      await page.getByText(`= 1${point}50\u00a0kWh`).waitFor();
      for (const text of ["Rp 1.310", "Rp\u00a01,310/kWh", "1 310", "1'310", "1310"]) {
        await paste(page, limit, text);
        await page.getByText(`= Rp\u00a01${thousands}310${point}00/kWh`).waitFor();
      }
      for (const text of ["1e3", "-5", "Rp 5", "0,5\n1,5", "1.2.3", "0,12345"]) {
        await paste(page, energy, text);
        expect(await page.getByLabel(energy, { exact: true }).getAttribute("aria-invalid"), text).toBe(
          "true",
        );
        expect(await submit.textContent(), text).toBe(buy);
      }
    });

    test("that may be meant in two ways is asked about, never guessed", async () => {
      const page = await site().visit("/market", { account: "home-06", language });
      await bestPrices(page);
      await page.getByRole("textbox", { name: limit }).fill("100");
      for (const text of ["1.310", "1,310 kWh"]) {
        await page.getByLabel(energy, { exact: true }).fill(text);
        await page.getByText(ask).waitFor();
        expect(await page.locator('form button[type="submit"]').textContent()).toBe(buy);
        await page.getByRole("button", { name: `1${point}31\u00a0kWh`, exact: true }).click();
        await page.getByRole("button", { name: new RegExp(`^${buy} 1[.,]31\\skWh$`) }).waitFor();
      }
      await page.getByLabel(energy, { exact: true }).fill("1.310");
      await page.getByRole("button", { name: `1${thousands}310${point}00\u00a0kWh`, exact: true }).click();
      await page.getByRole("button", { name: new RegExp(`^${buy} 1[.,]310\\skWh$`) }).waitFor();
    });
  });

  describe("a link into the market", () => {
    test("fills the ticket in plain sight, and only with what an order can have", async () => {
      const page = await site().visit("/market?side=buy&wh=1250&tick=1310", {
        account: "home-06",
        size: phone,
      });
      await page.getByText("Filled in for you: Buy · 1.25\u00a0kWh").waitFor();
      await page.getByRole("button", { name: "Buy 1.25\u00a0kWh" }).waitFor();
      for (const bad of ["wh=4294967296", "wh=99", "wh=1.5", "wh=1000&tick=70000"]) {
        await page.goto(new URL(`/market?side=buy&${bad}`, site().appUrl).href);
        await page.getByText("Nothing was filled in.").waitFor();
        expect(await page.getByLabel("Energy", { exact: true }).inputValue(), bad).toBe("");
      }
    });
  });
}
