/// <reference lib="dom" />
/** When something is not there: the index, the meter reader, the network, the whole internet. */
import { describe, expect, test } from "vitest";
import { loaded, MOST_SHIFT, shifted } from "./screens.ts";
import { bestPrices, cancelOrder, desktop, mined, order, panel, phone, rareKwh, type Site } from "./site.ts";

export function away(site: () => Site) {
  const services = async () => {
    const response = await fetch(new URL("/config.json", site().appUrl));
    return (await response.json()) as { indexerUrl: string; oracleUrl: string };
  };

  describe("when the index is away", () => {
    test("that is said, nothing seems to load for ever, trading goes on, and all comes back", async () => {
      const { indexerUrl } = await services();
      const page = await site().visit("/more", { account: "home-04" });
      await page.context().route(`${indexerUrl}/**`, (route) => route.abort());
      await page.goto(new URL("/market", site().appUrl).href);
      await page.getByText("History and lists are away for now").waitFor();
      await page.getByText("Not available right now").first().waitFor();
      expect(await page.locator("main [aria-hidden].bg-sunken").count()).toBe(0);
      const { bid } = await bestPrices(page);
      const kwh = rareKwh();
      await order(page, "Buy", kwh, bid - 50);
      await page.getByRole("heading", { name: `Buy ${kwh}` }).waitFor();
      await mined(page);

      await page.context().unroute(`${indexerUrl}/**`);
      await page.getByText("History and lists are away for now").waitFor({ state: "detached" });
      await cancelOrder(page, kwh);
      await page.getByRole("heading", { name: `Cancel order of ${kwh}` }).waitFor();
      await mined(page);
    });
  });

  describe("when the index is slow", () => {
    test("that is said while a page waits for it, and no longer", async () => {
      const { indexerUrl } = await services();
      const page = await site().visit("/more", { account: "home-04", size: phone });
      const held = Promise.withResolvers<void>();
      await page
        .context()
        .route(`${indexerUrl}/graphql**`, (route) => held.promise.then(() => route.continue()));
      await page.goto(new URL("/statistics", site().appUrl).href);
      await page.getByText("This is taking longer than usual").waitFor();
      held.resolve();
      await page.getByText("This is taking longer than usual").waitFor({ state: "detached" });
    });
  });

  describe("when the meter reader is away", () => {
    test("that is said, and what it was asked for is not pretended to be done", async () => {
      const { oracleUrl } = await services();
      const page = await site().visit("/meters", { account: "home-04" });
      const settle = page.getByRole("button", { name: "Settle now" });
      await settle.waitFor();
      await page.context().route(`${oracleUrl}/**`, (route) => route.abort());
      await settle.click();
      await page.getByText("The meter reader does not answer. Try again shortly.").waitFor();
      await page.getByText("metered energy is booked once it is back").waitFor();
    });
  });

  describe("when something goes away while a page is read", () => {
    test.each([
      ["phone", phone, "/meters"],
      ["desktop", desktop, "/market"],
    ] as const)("that is said without moving it, on a %s", async (_, size, path) => {
      const { oracleUrl } = await services();
      const page = await site().visit(path, { account: "home-04", size });
      await loaded(page);
      const before = await shifted(page);
      await page.context().route(`${oracleUrl}/**`, (route) => route.abort());
      await page.getByText("metered energy is booked once it is back").waitFor();
      expect((await shifted(page)) - before).toBeLessThan(MOST_SHIFT);

      // And opened without it.
      await page.goto(new URL(path, site().appUrl).href);
      await page.getByText("metered energy is booked once it is back").waitFor();
      await loaded(page);
      expect(await shifted(page)).toBeLessThan(MOST_SHIFT);
    });
  });

  describe("when there is no network at all", () => {
    test("an order says so, and that nothing was sent", async () => {
      const page = await site().visit("/market", { account: "home-04" });
      await bestPrices(page);
      // What sends transactions is fetched before it is needed.
      await page.waitForLoadState("networkidle");
      await page.context().setOffline(true);
      await order(page, "Buy", rareKwh(), 3);
      await panel(page, "failed").getByText("The network does not answer, so nothing was sent").waitFor();
    });
  });

  describe("a transaction that the network takes but the contract refuses", () => {
    test("is explained, with what to do next", async () => {
      const page = await site().visit("/market", { account: "home-04" });
      const kwh = rareKwh();
      await order(page, "Buy", kwh, 3);
      await page.getByRole("heading", { name: `Buy ${kwh}` }).waitFor();
      await mined(page);
      // A second window cancels the same order before this one knows.
      const other = await site().visit("/market", { account: "home-04" });
      const cancel = (one: typeof page) => one.getByRole("button", { name: `Cancel the order of ${kwh}` });
      await cancel(other).waitFor();
      await cancel(page).waitFor();
      const { indexerUrl } = await services();
      await other.context().route(`${indexerUrl}/**`, (route) => route.abort());
      await cancelOrder(page, kwh);
      await page.getByRole("heading", { name: `Cancel order of ${kwh}` }).waitFor();
      await mined(page);
      await cancelOrder(other, kwh);
      await panel(other, "failed").getByText("This order was already filled or cancelled").waitFor();
      for (const one of [page, other]) await one.context().close();
    });
  });

  describe("the installed dApp", () => {
    test("opens its shell without any network, and says what is missing", async () => {
      const page = await site().visit("/", { account: "home-04", size: phone, serviceWorkers: "allow" });
      await page.getByText("Your energy").waitFor();
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.reload();
      await page.getByText("Your energy").waitFor();
      await page.context().setOffline(true);
      await page.goto(new URL("/money", site().appUrl).href);
      await page.getByText("The network does not answer").waitFor();
      await page.getByRole("heading", { name: "Money", exact: true }).waitFor();
    });

    test("has what a browser wants of an app that can be installed", async () => {
      const page = await site().visit("/", { serviceWorkers: "allow" });
      const manifest = await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')!;
        return (await fetch(link.href)).json();
      });
      expect(manifest).toMatchObject({ display: "standalone", start_url: "/" });
      for (const { src, type } of manifest.icons) {
        const served = await page.evaluate(
          async (url) => (await fetch(url)).headers.get("content-type"),
          src,
        );
        expect(served, src).toBe(type);
      }
    });
  });
}
