/** Somebody who has never seen it, on a phone, with a clean profile: how many taps until energy is sold and bought. */
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { addressOf, openChain } from "./chain.ts";
import { screenshot } from "./screenshot.ts";
import { mined, phone, SETTLED, type Site, settles } from "./site.ts";

const MOST_TAPS = 8;
const MOST_SECONDS = 120;
/** A home without a battery, whose offers would promise what it has. */
const SELLER = "home-10";
const SELLER_NAME = "Rumah Pasar Minggu";
/** More than a home draws in an hour. */
const HOURS_USE_WH = 4_000n;

/** Counts what a thumb does; typing into a field that was tapped is no tap. */
function counting() {
  let taps = 0;
  return {
    tap: async (control: Locator) => {
      await control.click();
      taps++;
    },
    taps: () => taps,
  };
}

async function pickHome(page: Page, tap: (control: Locator) => Promise<void>, home: string) {
  await tap(page.getByRole("main").getByRole("button", { name: "Choose account" }));
  await tap(page.getByRole("button", { name: home }));
  await page.getByText("Your energy").waitFor();
}

export function firstMinute(site: () => Site) {
  describe("a newcomer on a phone", () => {
    test(`trades energy within ${MOST_TAPS} taps, led by the first minute`, async () => {
      // So that the home has something to sell whatever the hour: at night its meter only takes.
      const { settledAt, debtOf } = openChain(site().system);
      await site().world.maker.give(addressOf(SELLER), (await debtOf(SELLER)) + HOURS_USE_WH);

      const began = Date.now();
      const page = await site().visit("/", { size: phone });
      await page.getByRole("button", { name: "Choose account" }).first().waitFor();
      await screenshot(page, "welcome-phone-en-light");
      const { tap, taps } = counting();
      await pickHome(page, tap, SELLER_NAME);
      const step = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: "Go" }) });
      await step.getByText("See your meter settle").waitFor();
      await tap(step.getByRole("link", { name: "Go" }));
      // What the home sells next is what is left when it is settled.
      const before = await settledAt(SELLER);
      await tap(page.getByRole("button", { name: "Settle now" }));
      if (await settles(page)) await expect.poll(() => settledAt(SELLER), SETTLED).toBeGreaterThan(before);
      await tap(page.getByRole("navigation").getByRole("link", { name: "Home" }).last());
      // What the home is about to use the tour does not sell: at some hours it buys.
      const sells = step.getByText("Sell what you have");
      await sells.or(step.getByText("so buy 1 kWh")).waitFor();
      const side = (await sells.isVisible()) ? "Sell" : "Buy";
      const keeps = page.getByText(/^Keep your /);
      expect(side === "Sell" && (await keeps.isVisible())).toBe(false);
      await tap(step.getByRole("link", { name: "Go" }));
      await tap(page.getByRole("button", { name: new RegExp(`^${side} [\\d.,]+\\s(kWh|Wh)$`) }));
      await mined(page);
      expect(taps()).toBeLessThanOrEqual(MOST_TAPS);
      expect((Date.now() - began) / 1_000).toBeLessThan(MOST_SECONDS);

      await page.getByRole("radio", { name: "My orders" }).click();
      await page.getByRole("radio", { name: "My trades" }).click();
      await page.getByRole("list", { name: "My trades" }).getByText(side).first().waitFor();
      await page.getByRole("navigation").getByRole("link", { name: "Home" }).last().click();
      await step.getByText("Find a neighbour's offer").waitFor();
      await step.getByRole("link", { name: "Go" }).click();
      await page.getByRole("button", { name: "Request energy" }).first().waitFor();
    });

    test(`buys energy within ${MOST_TAPS} taps`, async () => {
      const began = Date.now();
      const page = await site().visit("/", { size: phone });
      const { tap, taps } = counting();
      await pickHome(page, tap, "Rumah Senen");
      await tap(page.getByRole("navigation").getByRole("link", { name: "More" }));
      await tap(page.getByRole("main").getByRole("link", { name: "Market" }));
      await tap(page.locator('button[data-side="ask"]').last());
      const energy = page.getByLabel("Energy", { exact: true });
      await tap(energy);
      await energy.pressSequentially("0.1");
      await tap(page.getByRole("button", { name: "Buy 100\u00a0Wh" }));
      await mined(page);
      expect(taps()).toBeLessThanOrEqual(MOST_TAPS);
      expect((Date.now() - began) / 1_000).toBeLessThan(MOST_SECONDS);
    });
  });
}
