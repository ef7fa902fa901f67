/** Days later: what a bank left unpaid is taken back, and what a meter counted is settled without its reader. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnMeter, openOwnMeter } from "../system/own-meter.ts";
import { addressOf, openChain } from "./chain.ts";
import { amountFor, hundredthsIn, mined, phone, SETTLED, type Site, type Visitor } from "./site.ts";

/** A bank has three days to pay, and one more from the announcement that the money is wanted back. */
const DAYS = 3;
const DAY = 86_400;
const MINUTE = 60;
const SILENT = "silent-meter";

export function later(site: () => Site) {
  /** By how much the chain's clock has moved on, seconds. */
  let passed = 0;
  async function pass(seconds: number): Promise<void> {
    await openChain(site().system).advance(seconds);
    passed += seconds;
  }

  /** Somebody who comes back when the chain's clock has moved on, and looks at a watch that shows the same. */
  async function visitLater(path: string, visitor: Visitor): Promise<Page> {
    const page = await site().visit("/more", visitor);
    await page.addInitScript((milliseconds) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + milliseconds;
    }, passed * 1_000);
    await page.goto(new URL(path, site().appUrl).href);
    return page;
  }

  describe(`${DAYS} days later`, () => {
    const account = "home-09";
    /** Somebody without a meter, but for the one that nobody hears of again. */
    const meterOwner = "operator";
    let silent: OwnMeter;
    const payouts = (page: Page) =>
      page.getByRole("list", { name: "Payouts" }).getByRole("listitem").filter({ hasText: "12,345" });

    beforeAll(async () => {
      const { impoverish } = openChain(site().system);
      // A bank that cannot pay the network pays nobody.
      await impoverish("bank");
      const page = await site().visit("/money", { account, size: phone });
      await amountFor(page, "Top up rupiah").fill("12345");
      await page.getByRole("button", { name: "Top up rupiah" }).click();
      await page.getByRole("heading", { name: /^Top up/ }).waitFor();
      await mined(page);
      await page.getByRole("radio", { name: "Pay out" }).click();
      await page.getByLabel("Bank account").fill("12345");
      await page.getByText("6 to 20 digits.").waitFor();
      await page.getByLabel("Bank account").fill("1234 5678 90");
      await page.getByLabel("Which bank").fill("BCA");
      await page.getByLabel("Name on the account").fill("Budi Santoso");
      await amountFor(page, "Check payout").fill("12345");
      await page.getByRole("button", { name: "Check payout" }).click();
      await page.getByRole("button", { name: "Pay out to bank" }).click();
      await page.getByRole("heading", { name: /^Pay out/ }).waitFor();
      await mined(page);
      await payouts(page).getByText("can be cancelled from").waitFor();
      expect(await payouts(page).getByRole("button", { name: "Cancel" }).count()).toBe(0);
      await page.context().close();
      silent = await openOwnMeter(site().system, {
        serial: SILENT,
        owner: addressOf(meterOwner),
        kind: "prosumer",
        watts: 200_000,
        first: { exportWh: 1_000, importWh: 2_000, storedWh: 0 },
      });
      await silent.connection.end();
      await pass(DAYS * DAY + MINUTE);
    });

    test("a payout that the bank left unpaid is cancelled, and a day later its rupiah are back", async () => {
      const early = await visitLater("/money", { account, size: phone });
      await payouts(early).getByText("Waiting for the bank").waitFor();
      await payouts(early).getByRole("button", { name: "Cancel" }).click();
      await early.getByRole("heading", { name: /^Cancel payout of Rp.12,345/ }).waitFor();
      await mined(early);
      await payouts(early).getByText("Being cancelled").waitFor();
      await payouts(early).getByText("unless the bank pays before").waitFor();
      expect(await payouts(early).getByRole("button").count()).toBe(0);
      await early.context().close();
      await pass(DAY + MINUTE);

      const page = await visitLater("/money", { account, size: phone });
      const wallet = page.getByRole("row").filter({ hasText: "In the wallet" });
      const rupiah = () => hundredthsIn(wallet);
      await wallet.waitFor();
      const before = await rupiah();
      await payouts(page).getByRole("button", { name: "Take back" }).click();
      await page.getByRole("heading", { name: /^Take back Rp.12,345/ }).waitFor();
      await mined(page);
      await payouts(page).getByText("Cancelled", { exact: true }).waitFor();
      await expect.poll(rupiah, SETTLED).toBe(before + 1_234_500n);
    });

    test("a meter whose reader fell silent settles with the reading that it signed itself", async () => {
      const page = await visitLater("/meters", { account: meterOwner });
      const config = await fetch(new URL("/config.json", site().appUrl));
      const { oracleUrl } = (await config.json()) as { oracleUrl: string };
      await page.context().route(`${oracleUrl}/**`, (route) => route.abort());
      await page.getByText("The meter reader does not answer").first().waitFor();

      const table = page.getByRole("table", { name: "Settlements" });
      await table.getByRole("row").nth(1).waitFor();
      const newest = () => table.getByRole("row").nth(1).textContent();
      const before = await newest();
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByText("silent long enough: your own reading is taken now").waitFor();
      await page.getByRole("button", { name: "Fetch the last" }).click();
      await page.getByText("No signed reading could be fetched").waitFor();

      await page.getByLabel("Signed reading").fill(silent.sign({ exportWh: 4_321 }));
      await page.getByText("4321\u00a0Wh exported").waitFor();
      await page.getByRole("button", { name: "Settle", exact: true }).click();
      await page.getByRole("heading", { name: `Settle ${SILENT} with its own reading` }).waitFor();
      await mined(page);
      await expect.poll(newest, SETTLED).not.toBe(before);
      await page.context().close();
    });

    test("a reading that is on record is settled before its time, at a touch", async () => {
      const { commitRoot, settledAt } = openChain(site().system);
      // Of this meter and of another: the proof is one node long.
      const proven = await commitRoot(SILENT, { exportWh: 9_321n, importWh: 2_000n, storedWh: 0n });
      const page = await site().visit("/more", { account: meterOwner });
      const { oracleUrl } = site().system;
      const asked: string[] = [];
      await page.context().route(`${oracleUrl}/api/v1/energy/proof/**`, (route) => {
        asked.push(route.request().url());
        return route.fulfill({
          json: proven,
          headers: {
            "access-control-allow-origin": new URL(site().appUrl).origin,
            "access-control-allow-credentials": "true",
          },
        });
      });
      await page.goto(new URL("/meters", site().appUrl).href);
      await page.getByRole("heading", { name: "On record, not settled yet" }).waitFor();
      await page.getByText("Since the last settlement: 5 kWh out, 0 Wh in.").waitFor();
      expect(new Set(asked)).toEqual(new Set([`${oracleUrl}/api/v1/energy/proof/${SILENT}`]));
      await page.getByRole("button", { name: "Settle it now" }).click();
      await page.getByRole("heading", { name: `Settle ${SILENT} by its reading on record` }).waitFor();
      await mined(page);
      await expect.poll(() => settledAt(SILENT), SETTLED).toBe(proven.report.timestamp);
      // There is nothing left to do.
      await page.getByText("is on record on the network").waitFor({ state: "detached" });
    });
  });
}
