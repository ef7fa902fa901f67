/**
 * A household and its neighbourhood in the browser: joining and accepting the limits, why a slot went as it did, and what
 * the month came to. On a chain and an index of its own.
 */
import { readFile } from "node:fs/promises";
import { formatIdr } from "@enerlink/protocol";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dayText } from "../../app/src/format/index.ts";
import {
  BUYER,
  DEPOSIT_IDRS,
  makeNeighbours,
  NEWCOMER,
  type NeighboursWorld,
  SELLER,
  TRADER,
} from "./neighbours-world.ts";
import { cuttable, startPage } from "./quiet.ts";
import { coveredBy, inaccessible, overflowing, shifted } from "./screens.ts";
import { screenshot } from "./screenshot.ts";
import { beTried, desktop, launch, mined, panel, phone, tablet, type Visitor } from "./site.ts";

const MOST_TOUCHES = 3;
/** Of a page that comes to be: no meter reader is here, and the line that says so moves it; `looks.ts` holds less. */
const MOST_SHIFT = 0.1;

let world: NeighboursWorld;
let page: Awaited<ReturnType<typeof startPage>>;
let browser: Browser;
/** When the first slot ended that was shared, unix seconds: in the one before it nobody had joined yet. */
let shared: number;

beforeAll(async () => {
  world = await makeNeighbours();
  // A morning and a noon: more needed than left over, then the other way round, and a night without sun.
  for (const [given, drawn] of [
    [300, 900],
    [700, 700],
    [1_500, 800],
    [2_000, 400],
    [0, 600],
    [1_200, 800],
  ] as const) {
    const end = await world.slot({ [SELLER.name]: given, [BUYER.name]: -drawn, [NEWCOMER.name]: -250 });
    if (given === 700) shared = end;
  }
  await world.index.startIndex();
  [page, browser] = await Promise.all([startPage(world.chain, world.index.url), launch()]);
  await world.index.caughtUp();
});
afterAll(async () => {
  await browser?.close();
  page?.stop();
  await world?.close();
});

async function visit(path: string, { account, language = "en", theme = "light", size = desktop }: Visitor) {
  const context = await browser.newContext({
    viewport: size,
    timezoneId: "Asia/Jakarta",
    serviceWorkers: "block",
  });
  await context.addInitScript(
    ([connector, preferences]) => {
      localStorage.setItem("enerlink.preferences", preferences!);
      localStorage.setItem("wagmi.recentConnectorId", connector!);
    },
    [JSON.stringify(`demo:${account}`), JSON.stringify({ state: { language, theme }, version: 0 })],
  );
  const opened = await context.newPage();
  beTried(opened);
  await opened.goto(new URL(path, page.appUrl).href);
  return opened;
}

/** What a home's slot came to, in words. */
const told = (page: Page, words: string | RegExp) => page.getByRole("main").getByText(words);
const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");

/** Goes back one slot with the keyboard. */
async function before(page: Page): Promise<void> {
  await page.getByRole("slider", { name: "What neighbours had left over" }).focus();
  await page.keyboard.press("ArrowLeft");
}

describe("a home that may join", () => {
  test(`joins and accepts the limits in ${MOST_TOUCHES} touches, and sees the slot in which it joined shared`, async () => {
    const phoned = await visit("/", { account: NEWCOMER.name, size: phone });
    let touches = 0;
    const touch = async (control: Locator) => {
      await control.click();
      touches++;
    };
    await touch(phoned.getByRole("navigation").getByRole("link", { name: "Neighbourhood" }).last());
    await touch(phoned.getByRole("button", { name: `Join with ${NEWCOMER.label}` }));
    const sheet = phoned.getByRole("dialog");
    // What the limits would have meant stands there before they are accepted.
    await sheet.getByText("better than PLN alone").waitFor();
    expect(await sheet.getByLabel("Sell from").inputValue()).toBe("900");
    expect(await sheet.getByLabel("Buy up to").inputValue()).toBe("1445");
    // What is to be sent is found out from the network: that it is away is said.
    const network = await cuttable(phoned.context(), world.chain.rpcUrl);
    network.die();
    await sheet.getByRole("button", { name: "Accept and join" }).click();
    await panel(phoned, "failed").getByText("The network does not answer, so nothing was sent").waitFor();
    network.comeBack();
    await touch(sheet.getByRole("button", { name: "Accept and join" }));
    await phoned.getByRole("heading", { name: "Your limits" }).waitFor();
    expect(touches).toBe(MOST_TOUCHES);

    // Its meter was read at the beginning of the slot in which it joined, so it shares that one.
    await world.slot({ [SELLER.name]: 1_000, [BUYER.name]: -400, [NEWCOMER.name]: -300 });
    await told(phoned, "You bought 300\u00a0Wh from neighbours").waitFor();
    await world.slot({ [SELLER.name]: 1_000, [BUYER.name]: -600, [NEWCOMER.name]: -400 });
    await told(phoned, "You bought 400\u00a0Wh from neighbours").waitFor();
    await screenshot(phoned, "neighbourhood-slot-phone-en-light");
  });

  test("moves one limit, and the next slot follows it", async () => {
    const home = await visit("/neighbourhood", { account: NEWCOMER.name });
    await home.getByRole("button", { name: "Change limits" }).click();
    const sheet = home.getByRole("dialog");
    await sheet.getByLabel("Buy up to").fill("1000");
    await sheet.getByText("What does not fit your limits").waitFor();
    const network = await cuttable(home.context(), world.chain.rpcUrl);
    network.loseAnswerTo("eth_sendRawTransaction");
    await sheet.getByRole("button", { name: "Save limits" }).click();
    await panel(home, "sending").getByText("We don't know yet whether this arrived").waitFor();
    await home.reload();
    await panel(home, "sending").getByText("We don't know yet whether this arrived").waitFor();
    network.comeBack();
    await mined(home);
    await told(home, "Rp\u00a01,000/kWh").first().waitFor();
    await world.slot({ [SELLER.name]: 500, [BUYER.name]: -300, [NEWCOMER.name]: -400 });
    await told(
      home,
      /All 400\sWh came from PLN at Rp\s1,445\/kWh, because neighbours asked .* you buy up to Rp\s1,000/,
    ).waitFor();
  });
});

describe.each([
  ["phone", phone],
  ["desktop", desktop],
])("limits that cannot be sent, on a %s", (name, size) => {
  test("stay as they were typed, with why in front of them, and nothing around them goes", async () => {
    const home = await visit("/neighbourhood", { account: BUYER.name, size });
    await home.getByRole("heading", { name: "What just happened" }).waitFor();
    await home.getByRole("button", { name: "Change limits" }).click();
    const sheet = home.getByRole("dialog");
    await sheet.getByLabel("Buy up to").fill("1100");
    // What sends transactions is fetched before it is needed.
    await home.waitForLoadState("networkidle");
    await home.context().setOffline(true);
    await sheet.getByRole("button", { name: "Save limits" }).click();
    const told = sheet.locator('section[data-stage="failed"]');
    await told.getByText("The network does not answer, so nothing was sent").waitFor();
    // By then all that the page shows was asked for in vain, and how old it is is said.
    await home.getByText(/What is shown is as of \d\d:\d\d/).waitFor();
    expect(await sheet.getByLabel("Buy up to").inputValue()).toBe("1100");
    await screenshot(home, `limits-offline-${name}-en-light`);
    await told.getByRole("button", { name: "Close" }).click();
    await told.waitFor({ state: "detached" });
    expect(await sheet.getByLabel("Buy up to").inputValue()).toBe("1100");
    await sheet.getByRole("button", { name: "Close" }).click();
    await home.getByRole("slider", { name: "What neighbours had left over" }).waitFor();
  });
});

test.each([
  ["phone", phone],
  ["tablet", tablet],
])("what is told of a transaction covers nothing of the page, on a %s", async (_, size) => {
  const home = await visit("/neighbourhood", { account: BUYER.name, size });
  await home.getByRole("button", { name: "Change limits" }).click();
  await home.getByRole("dialog").getByRole("button", { name: "Save limits" }).click();
  await home.getByRole("dialog").waitFor({ state: "detached" });
  expect(await coveredBy(home, "section[data-stage]")).toEqual([]);
  await mined(home);
  await panel(home).getByText("From the next period on you sell from").waitFor();
  expect(await coveredBy(home, "section[data-stage]")).toEqual([]);
});

describe("a home that owes what it drew before it joined", () => {
  test("repays it with one button, which buys what that takes", async () => {
    await world.chain.offer(TRADER, 3_000, 1_500);
    const owedWh = await world.owedWh(NEWCOMER);
    // Six slots of 250 Wh, for which it owned no energy.
    expect(owedWh).toBe(1_500n);
    const home = await visit("/", { account: NEWCOMER.name, size: phone });
    await home.getByText("You owe 1.5\u00a0kWh that your home drew").waitFor();
    await home.getByRole("link", { name: "Buy and repay" }).click();
    await home
      .getByText(/^1\.5\skWh that this meter drew were not paid for: before its home joined/)
      .waitFor();
    // 1,500 and a twentieth at most; and what that is beside PLN is said before.
    await home.getByText("Buys 1.5\u00a0kWh in the market, for Rp\u00a02,362.50 at most").waitFor();
    await home
      .getByText("about Rp\u00a01,500/kWh, which is Rp\u00a055/kWh above PLN's Rp\u00a01,445")
      .waitFor();
    await screenshot(home, "debt-phone-en-light");
    await home.getByRole("button", { name: "Buy 1.5\u00a0kWh and repay 1.5\u00a0kWh" }).click();
    await expect.poll(() => world.owedWh(NEWCOMER), { timeout: 60_000 }).toBe(0n);
    await home.getByRole("heading", { name: "Energy debt" }).waitFor({ state: "detached" });
  });
});

test("a home that shares with nobody hears at home of its last hour, also when that cannot be asked again", async () => {
  const home = await visit("/more", { account: TRADER.name, size: phone });
  await home.clock.install();
  await home.goto(new URL("/", page.appUrl).href);
  const hour = home.getByText("Nothing that your meter counted in the last hour is booked yet.");
  await hour.waitFor();
  await home.context().setOffline(true);
  // Another hour is asked about, in vain.
  await home.clock.fastForward(70_000);
  await home.getByText(/What is shown is as of \d\d:\d\d/).waitFor();
  expect(await hour.isVisible()).toBe(true);
});

describe("a neighbour", () => {
  test("looks up any slot of a day that is over, and who was in it", async () => {
    const day = dayText(shared - 1);
    const home = await visit(`/neighbourhood?day=${day}`, { account: SELLER.name, size: phone });
    await home.getByRole("heading", { name: /^What happened on / }).waitFor();
    await home.getByRole("slider", { name: "What neighbours had left over" }).focus();
    await home.keyboard.press("Home");
    const sold = told(home, "You sold 700\u00a0Wh to neighbours at Rp\u00a01,122.50/kWh.");
    await expect
      .poll(async () => {
        if (await sold.isVisible()) return true;
        await home.keyboard.press("ArrowRight");
        return sold.isVisible();
      })
      .toBe(true);
    await told(home, `Bought by ${BUYER.label} (700\u00a0Wh).`).waitFor();
    // What is said of it is longer than of others, and moves the picture nowhere.
    const picture = home.getByRole("slider", { name: "What neighbours had left over" });
    const top = async () => (await picture.boundingBox())!.y + (await home.evaluate(() => scrollY));
    const stood = await top();
    await home.keyboard.press("ArrowLeft");
    await sold.waitFor({ state: "hidden" });
    expect(await top()).toBe(stood);
    await home.keyboard.press("ArrowRight");
    await sold.waitFor();
    await screenshot(home, "neighbourhood-past-day-phone-en-light");
    await home.getByRole("button", { name: "The day before" }).click();
    await told(home, "There is nothing on record for this day.").waitFor();
    for (
      let days = 0;
      days < 4 && (await home.getByRole("button", { name: "The day after" }).isEnabled());
      days++
    )
      await home.getByRole("button", { name: "The day after" }).click();
    await home.getByText("The last 24 hours").waitFor();
  });

  test("reads why a slot went as it did, with the keyboard, in both languages", async () => {
    const home = await visit("/neighbourhood", { account: SELLER.name });
    await world.slot({ [SELLER.name]: 1_500, [BUYER.name]: -800 });
    // 900 + 445 x (4 x 800 - 2 x 1,500) / 4,600
    await told(home, "You sold 800\u00a0Wh to neighbours at Rp\u00a0919.34/kWh.").waitFor();
    await told(home, "More was left over than needed, so the price lies nearer to its lowest").waitFor();
    await told(home, "Your limits then: sell from Rp\u00a0900/kWh, buy up to Rp\u00a01,445/kWh").waitFor();
    await told(
      home,
      "The rest, 700\u00a0Wh, went to PLN at Rp\u00a0900/kWh, because there was more left over",
    ).waitFor();
    await world.slot({ [SELLER.name]: 200 });
    await told(home, "because no neighbour needed energy").waitFor();
    await before(home);
    await told(home, "You sold 800\u00a0Wh to neighbours").waitFor();
    await home.getByRole("radio", { name: "Indonesia" }).click();
    await told(home, "Anda menjual 800\u00a0Wh kepada tetangga seharga Rp\u00a0919,34/kWh.").waitFor();
    // All of it stands in the table behind the picture too.
    const row = home.getByRole("row").filter({ hasText: "919,34" });
    expect(plain(await row.first().textContent())).toContain("1,5 kWh");
  });

  test("leaves with a plain warning", async () => {
    const home = await visit("/neighbourhood", { account: NEWCOMER.name, size: phone });
    await home.getByRole("button", { name: "Leave the neighbourhood" }).click();
    await home.getByText("To come back you need the registrar's permission again.").waitFor();
    await home.getByRole("button", { name: "Leave", exact: true }).click();
    await home.getByRole("heading", { name: `${NEWCOMER.label} is not in the neighbourhood` }).waitFor();
    await home.getByText(`Ask the registrar to admit ${NEWCOMER.name}`).waitFor();
    // Whoever is outside sees what it would have been worth.
    await home.getByRole("heading", { name: "What it would have been worth" }).waitFor();
  });
});

describe("the month of a household", () => {
  test("is said in one sentence at home", async () => {
    const home = await visit("/", { account: BUYER.name, size: phone });
    const sentence = home.getByText(
      /^(Today .* better than PLN alone\.|Nothing was sold or bought today yet\.)$/,
    );
    await sentence.waitFor();
    // Whatever the day brought, the figures below tell of the same.
    const moved = !(await sentence.textContent())!.startsWith("Nothing");
    const figures = home.locator("dl").filter({ hasText: "Earned" });
    await expect.poll(async () => /Rp\s[1-9]/.test((await figures.textContent())!)).toBe(moved);
    // And the slot just past: from whom, at what price, and why.
    await world.slot({ [SELLER.name]: 300, [BUYER.name]: -500 });
    await home
      .getByText(
        /^\d\d:\d\d to \d\d:\d\d: You bought 300\sWh from neighbours at .*The rest, 200\sWh, came from PLN/,
      )
      .waitFor();
  });

  test("is printed on one page", async () => {
    const home = await visit("/money", { account: BUYER.name });
    await shownMonth(home);
    await home.emulateMedia({ media: "print" });
    const sheet = home.locator("[data-sheet]");
    await sheet.getByRole("heading", { name: /^Statement, \w+ \d{4}$/ }).waitFor();
    expect(await sheet.getByRole("row").count()).toBeGreaterThan(1);
    expect(await home.getByRole("navigation").first().isVisible()).toBe(false);
    expect(await home.getByRole("button", { name: "Print" }).isVisible()).toBe(false);
    expect(pagesOf(await home.pdf({ preferCSSPageSize: true }))).toBe(1);
  });

  test("is exported, and adds up to what the trading balance gained or lost", async () => {
    const home = await visit("/money", { account: BUYER.name });
    // Twelve weeks hold all that ever happened here, whatever day it is.
    await home.getByRole("radio", { name: "Week" }).click();
    const saving = home.waitForEvent("download");
    await home.getByRole("button", { name: /^Save as CSV: statement-/ }).click();
    const [head, ...rows] = (await readFile(await (await saving).path(), "utf8")).trim().split("\r\n");
    const column = head!.split(",").indexOf("Balance (Rp)");
    const micros = (decimal: string) => {
      const [whole, fraction = ""] = decimal.replace("-", "").split(".");
      const value = BigInt(whole! + fraction.padEnd(6, "0"));
      return decimal.startsWith("-") ? -value : value;
    };
    const net = rows.reduce((sum, row) => sum + micros(row.split(",")[column]!), 0n);
    expect(net).not.toBe(0n);
    expect(formatIdr(DEPOSIT_IDRS + net)).toBe(formatIdr(await world.tradingIdrs(BUYER)));
  });
});

describe.each([
  ["phone", phone, "en", "dark"],
  ["desktop", desktop, "id", "light"],
] as const)("on a %s", (name, size, language, theme) => {
  test("what a neighbour sees fits, is accessible, and stays where it is", async () => {
    for (const path of ["/neighbourhood", "/money"]) {
      const shown = await visit(path, { account: SELLER.name, size, language, theme });
      await shown.locator("main").getByText(/PLN/).first().waitFor();
      await shown.locator("main [aria-hidden].bg-sunken").first().waitFor({ state: "detached" });
      expect(await shifted(shown), path).toBeLessThan(MOST_SHIFT);
      expect(await overflowing(shown), path).toEqual([]);
      expect(await inaccessible(shown), path).toEqual([]);
      await screenshot(shown, `neighbour-${path.slice(1)}-${name}-${language}-${theme}`);
      await shown.context().close();
    }
  });
});

/** Shows the month in which the slots were: at the beginning of a month it is the one before. */
async function shownMonth(page: Page): Promise<void> {
  const any = page.getByRole("button", { name: "Print" });
  await any.or(page.getByText("Nothing happened in this time")).waitFor();
  if (await any.isVisible()) return;
  await page.getByRole("button", { name: "Earlier" }).click();
  await any.waitFor();
}

const pagesOf = (pdf: Buffer) => pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length;
