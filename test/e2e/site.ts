/** The built dApp in a real browser, on a local system of its own. */
import chromiumPackage from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { onTestFinished, TestRunner } from "vitest";
import { startSystem } from "../system/system.ts";
import { makeWorld } from "./world.ts";

/** Nobody but the tests trades, so that no resident takes an order that a test has placed. */
const QUIET = { RESIDENTS_TRADE: "false" };

export type Site = Awaited<ReturnType<typeof openSite>>;
export type Visitor = {
  /** Name of a demo account that is already picked. */
  account?: string;
  language?: "id" | "en";
  theme?: "light" | "dark";
  size?: { width: number; height: number };
  /** Touched with a finger, as a phone is. */
  touch?: boolean;
  /** Blocked unless a test is about them: what they fetch cannot be held up. */
  serviceWorkers?: "allow" | "block";
};

export const phone = { width: 360, height: 800 };
export const tablet = { width: 768, height: 1024 };
export const desktop = { width: 1366, height: 768 };

/** One process would let visitors share their storage, and without web security no test would notice a missing header. */
const unwanted = ["--single-process", "--disable-web-security", "--allow-running-insecure-content"];
/** Pages are put together without the graphics card, which here is a program that takes as much as all else. */
const wanted = ["--disable-gpu-compositing"];

/** A Chromium from npm, or where it does not run, one that is installed. */
export async function launch(extra: string[] = []): Promise<Browser> {
  try {
    const executablePath = await chromiumPackage.executablePath();
    return await chromium.launch({
      executablePath,
      args: [...chromiumPackage.args.filter((arg) => !unwanted.includes(arg)), ...wanted, ...extra],
      headless: true,
    });
  } catch {
    return chromium.launch({ channel: "chromium", headless: true, args: extra });
  }
}

/** Has a page wait where the machine is busy, say what it showed when its test failed, and close with its visitor. */
export function beTried(page: Page): void {
  page.setDefaultTimeout(120_000);
  if (!TestRunner.getCurrentTest()) return;
  onTestFinished(async ({ task }) => {
    const tabs = task.result?.state === "fail" ? page.context().pages() : [];
    for (const tab of tabs) console.error(await tab.locator("body").ariaSnapshot());
    // What stays open goes on asking and drawing beside the tests that follow.
    await page.context().close();
  });
}

export async function openSite() {
  const closing: (() => unknown)[] = [];
  async function close() {
    for (const step of closing.reverse()) await step();
  }
  const system = await startSystem({ environment: QUIET });
  closing.push(system.stop);
  const { appUrl } = system;
  const browser = await launch();
  closing.push(() => browser.close());
  const world = await makeWorld(system).catch(async (error) => {
    await close();
    throw error;
  });
  closing.push(world.close);
  /** What the pages' policy refused, whoever asked for it. */
  const violations: string[] = [];

  /** A browser of somebody's own: nothing is shared with another visitor but the chain. */
  async function visit(
    path: string,
    {
      account,
      language = "en",
      theme = "light",
      size = desktop,
      touch = false,
      serviceWorkers = "block",
    }: Visitor = {},
  ) {
    const options: BrowserContextOptions = {
      viewport: size,
      timezoneId: "Asia/Jakarta",
      locale: "en-GB",
      serviceWorkers,
      hasTouch: touch,
      isMobile: touch,
      // What moves without end is drawn sixty times a second, by this machine's own processor.
      reducedMotion: "reduce",
    };
    const context = await browser.newContext(options);
    await context.addInitScript(
      ([name, preferences]) => {
        if (localStorage.getItem("enerlink.preferences")) return;
        localStorage.setItem("enerlink.preferences", preferences!);
        if (name) localStorage.setItem("wagmi.recentConnectorId", JSON.stringify(`demo:${name}`));
      },
      [account, JSON.stringify({ state: { language, theme }, version: 0 })],
    );
    const page = await context.newPage();
    beTried(page);
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) violations.push(message.text());
    });
    await page.goto(new URL(path, appUrl).href);
    return page;
  }

  return {
    visit,
    appUrl,
    system,
    world,
    violations,
    close,
  };
}

/**
 * How long a settlement may take at most: two windows of a minute, a block, the index, and a page that nobody touches,
 * which asks every 30 s; on a machine that is busy.
 */
export const SETTLED = { timeout: 220_000 };

/** The transaction panel, at the stage that is waited for. */
export function panel(page: Page, stage?: string) {
  return page.locator(`section[data-stage${stage ? `="${stage}"` : ""}]`);
}

/** Waits until the shown transaction is in a block, and tells what the panel said if it fails instead. */
export async function mined(page: Page): Promise<void> {
  const done = panel(page).and(
    page.locator('[data-stage="mined"], [data-stage="final"], [data-stage="failed"]'),
  );
  await done.waitFor();
  if ((await done.getAttribute("data-stage")) === "failed") throw new Error((await done.textContent()) ?? "");
}

/** Fills the order ticket and sends it. */
export async function order(
  page: Page,
  side: "Buy" | "Sell",
  kwh: string,
  tick: number,
  timeInForce?: string,
): Promise<void> {
  await page.getByRole("radio", { name: side, exact: true }).click();
  await page.getByLabel("Energy", { exact: true }).fill(kwh);
  await page.getByRole("textbox", { name: "Limit price" }).fill(String(tick));
  if (timeInForce) await page.getByLabel("Time in force").selectOption(timeInForce);
  await page.getByRole("button", { name: `${side} ${kwh}\u00a0kWh` }).click();
}

/** Takes an order back, and agrees to what that means. @param kwh as its row says it */
export async function cancelOrder(page: Page, kwh: string): Promise<void> {
  await page.getByRole("button", { name: `Cancel the order of ${kwh}` }).click();
  const sheet = page.getByRole("dialog", { name: `Cancel the order of ${kwh}` });
  await sheet.getByText("goes back to your trading balance").waitFor();
  await sheet.getByRole("button", { name: "Cancel the order" }).click();
}

/** Trades at once at the best prices there are. */
export async function atMarket(page: Page, side: "Buy" | "Sell", kwh: string): Promise<void> {
  await page.getByRole("radio", { name: side, exact: true }).click();
  await page.getByRole("radio", { name: "At market" }).click();
  await page.getByLabel("Energy", { exact: true }).fill(kwh);
  await page.getByRole("button", { name: `${side} ${kwh}\u00a0kWh` }).click();
}

/** What pressing "Settle now" led to: whether a settlement is under way, or nothing was left a minute after the last. */
export async function settles(page: Page): Promise<boolean> {
  const done = page.getByText("Under way: it stands among the settlements");
  await done.or(page.getByText(/^(It was settled less than a minute ago|All that it has)/)).waitFor();
  return done.isVisible();
}

/** The amount in the form that ends with this button. */
export const amountFor = (page: Page, button: string) =>
  page
    .locator("form")
    .filter({ has: page.getByRole("button", { name: button, exact: true }) })
    .getByLabel("Amount");

/** Hundredths of a rupiah that a row says at its end: sums of fractions are not exact. */
export async function hundredthsIn(row: Locator): Promise<bigint> {
  const text = (await row.getByRole("cell").last().textContent()) ?? "";
  const [rupiah, hundredths = ""] = text.replace(/[^\d.]/g, "").split(".");
  return BigInt(rupiah + hundredths.padEnd(2, "0"));
}

/** An amount in kWh that no other order has. */
export const rareKwh = () => `1.${11 + Math.floor(Math.random() * 89)}`.replace(/0+$/, "");

/** Best prices as the book shows them. */
export async function bestPrices(page: Page): Promise<{ bid: number; ask: number }> {
  await page.locator('button[data-side="ask"]').last().waitFor();
  await page.locator('button[data-side="bid"]').first().waitFor();
  const price = async (level: Locator) => Number((await level.textContent())?.replace(/\D/g, ""));
  return {
    ask: await price(page.locator('button[data-side="ask"]').last()),
    bid: await price(page.locator('button[data-side="bid"]').first()),
  };
}
