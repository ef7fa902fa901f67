/// <reference lib="dom" />
/** Nothing that was sent is lost, doubled or misreported: with answers lost, the network gone, reloads and second tabs. */
import { energyMarketAbi } from "@enerlink/protocol";
import type { Page } from "playwright-core";
import { encodeFunctionData } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { homes } from "../../local/accounts.ts";
import { whole } from "../whole.ts";
import { openQuietSite, type QuietSite } from "./quiet.ts";
import { amountFor, desktop, mined, panel, phone } from "./site.ts";
import { asked, installWallet, setMood } from "./test-wallet.ts";

let site: QuietSite;
beforeAll(async () => {
  site = await openQuietSite();
});
// A test that fails may have held the blocks back.
afterEach(() => site?.chain.go());
afterAll(() => site?.close());

/** On a phone the ticket is one of three tabs. */
const TICKET = "/market?side=buy";
const sizes = { phone, desktop };
const home = (number: number) => homes[number - 1]!;

/** What each language calls the few things that are pressed and read here. */
const words = {
  en: {
    energy: "Energy",
    limit: "Limit price",
    inForce: "Time in force",
    buy: /^Buy [\d.,]+\sk?Wh$/,
    unsure: "We don't know yet whether this arrived",
    networkAway: "The network does not answer. Try again once you are connected.",
    away: "The network does not answer, so nothing was sent",
    banner:
      /^The network does not answer\. What you sent already is followed up; anything new .* as of \d\d:\d\d\sWIB\.$/,
    onItsWay: "This was sent. The network does not answer",
    waits: /waits in the book/,
    unsent: /nothing was sent/i,
  },
  id: {
    energy: "Energi",
    limit: "Harga batas",
    inForce: "Masa berlaku",
    buy: /^Beli [\d.,]+\sk?Wh$/,
    unsure: "Belum pasti apakah ini sudah sampai",
    networkAway: "Jaringan tidak menjawab. Coba lagi setelah tersambung.",
    away: "Jaringan tidak menjawab, jadi tidak ada yang dikirim",
    banner:
      /^Jaringan tidak menjawab\. Yang sudah dikirim tetap diikuti; yang baru .* keadaan pada \d\d\.\d\d\sWIB\.$/,
    onItsWay: "Ini sudah terkirim. Jaringan sedang tidak menjawab",
    waits: /menunggu di buku order/,
    unsent: /tidak ada yang dikirim/i,
  },
} as const;

/** Fills the ticket, without sending it. @returns the button that does */
async function fill(page: Page, wattHours: number, tick: number, language: keyof typeof words = "en") {
  const { energy, limit, buy } = words[language];
  await page
    .getByLabel(energy, { exact: true })
    .fill(String(wattHours / 1_000).replace(".", language === "id" ? "," : "."));
  await page.getByRole("textbox", { name: limit }).fill(String(tick));
  return page.getByRole("button", { name: buy });
}
async function buy(page: Page, wattHours: number, tick: number, language: keyof typeof words = "en") {
  await (await fill(page, wattHours, tick, language)).click();
}

/** How many of an account's transactions come into blocks while `act` runs, and two blocks after it. */
async function countSent(account: (typeof homes)[number], act: () => Promise<unknown>): Promise<number> {
  const before = await site.chain.sentBy(account);
  await act();
  const { client } = site.chain;
  const block = await client.getBlockNumber({ cacheTime: 0 });
  await expect
    .poll(() => client.getBlockNumber({ cacheTime: 0 }), { timeout: 10_000 })
    .toBeGreaterThan(block + 1n);
  return (await site.chain.sentBy(account)) - before;
}

const visitors = [
  ["phone", "id"],
  ["desktop", "en"],
] as const;

// What else is tried here is tried on a desktop in English.
describe.each(whole ? visitors : visitors.slice(0, 1))("on a %s, in %s", (size, language) => {
  const say = words[language];
  const visitor = (account: (typeof homes)[number]) => ({
    account: account.name,
    language,
    size: sizes[size],
  });

  test("an answer that is lost is not called a failure, a second tap doubles nothing, and the truth is told", async () => {
    const account = home(size === "phone" ? 1 : 2);
    const { page, network } = await site.visit(TICKET, visitor(account));
    const sent = await countSent(account, async () => {
      network.loseAnswerTo("eth_sendRawTransaction");
      await buy(page, 300, 901, language);
      await panel(page, "sending").getByText(say.unsure).waitFor();
      await buy(page, 300, 901, language);
      await panel(page, "sending").getByText(say.unsure).waitFor();
      expect(await page.getByText(say.unsent).count()).toBe(0);
      network.comeBack();
      await mined(page);
    });
    await panel(page).getByText(say.waits).waitFor();
    expect(sent).toBe(1);
  });

  test("with the network away, Buy says so, and works again when it is back", async () => {
    const account = home(size === "phone" ? 3 : 4);
    const { page, network } = await site.visit(TICKET, visitor(account));
    const sent = await countSent(account, async () => {
      const button = await fill(page, 400, 902, language);
      await expect.poll(() => button.isEnabled()).toBe(true);
      network.die();
      await button.click();
      await panel(page, "failed").getByRole("alert").getByText(say.away).waitFor();
      // Nor does the line at the page's foot say that it waits.
      await page.getByRole("status").getByText(say.banner).waitFor();
      network.comeBack();
      await page.getByRole("button", { name: say.buy }).click();
      await panel(page, "failed").waitFor({ state: "detached" });
      await mined(page);
    });
    expect(sent).toBe(1);
  });

  test("on a page that was opened without a network, Buy says so, and works as soon as there is one", async () => {
    const account = home(size === "phone" ? 3 : 4);
    const { page, network } = await site.visit("/more", visitor(account));
    network.die();
    await page.goto(new URL(TICKET, site.appUrl).href);
    await buy(page, 400, 913, language);
    await page.getByText(say.networkAway).waitFor();
    expect(await panel(page).count()).toBe(0);
    network.comeBack();
    await page.getByText(say.networkAway).waitFor({ state: "detached" });
    await page.getByRole("button", { name: say.buy }).click();
    await mined(page);
  });

  test.each(["eth_getTransactionCount", "eth_sendRawTransaction", "eth_getTransactionReceipt"])(
    "a network that dies at %s leaves one order, told as it stands",
    async (method) => {
      const account = home(size === "phone" ? 5 : 6);
      const { page, network } = await site.visit(TICKET, visitor(account));
      const sent = await countSent(account, async () => {
        await site.chain.hold();
        network.dieAt(method);
        await buy(page, 500, 903, language);
        const failed = method === "eth_getTransactionCount";
        const told = { eth_getTransactionCount: say.away, eth_sendRawTransaction: say.unsure }[method];
        await panel(page)
          .getByText(told ?? say.onItsWay)
          .waitFor();
        await site.chain.go();
        network.comeBack();
        if (failed) {
          await page.getByRole("button", { name: say.buy }).click();
          await panel(page, "failed").waitFor({ state: "detached" });
        }
        await mined(page);
      });
      expect(sent).toBe(1);
    },
  );
});

describe("a reload", () => {
  test("in the middle forgets nothing, whatever was known then", async () => {
    const account = home(7);
    const { page, network } = await site.visit(TICKET, { account: account.name });
    const sent = await countSent(account, async () => {
      network.dieAt("eth_sendRawTransaction");
      await buy(page, 600, 904);
      await panel(page, "sending").getByText(words.en.unsure).waitFor();
      await page.reload();
      await panel(page, "sending").getByText(words.en.unsure).waitFor();
      await page.getByRole("heading", { name: "Buy 600" }).waitFor();
      network.comeBack();
      await mined(page);
    });
    expect(sent).toBe(1);
  });

  test("before anything was sent says that it was not done", async () => {
    const account = home(7);
    const { page, network } = await site.visit(TICKET, { account: account.name });
    const sent = await countSent(account, async () => {
      let arrived = () => {};
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      // The page is gone while the network is still being asked what the order would do.
      network.before("eth_estimateGas", async () => {
        arrived();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      });
      await buy(page, 600, 905);
      await asked;
      await page.reload();
      await panel(page, "failed").getByText("The page was closed before this was sent").waitFor();
    });
    expect(sent).toBe(0);
  });
});

describe("two tabs", () => {
  test("know of each other's: the same wish in the second shows the first, which outlives its own tab", async () => {
    const account = home(8);
    const { page, open, network } = await site.visit(TICKET, { account: account.name });
    const other = await open();
    // Without a network it shows and signs with what came before.
    await other.waitForLoadState("networkidle");
    const sent = await countSent(account, async () => {
      network.loseAnswerTo("eth_sendRawTransaction");
      await buy(page, 700, 906);
      await panel(page, "sending").getByText(words.en.unsure).waitFor();
      await other.getByRole("button", { name: "Under way: 1" }).waitFor();
      await buy(other, 700, 906);
      await panel(other, "sending").getByText(words.en.unsure).waitFor();
      await page.close();
      network.comeBack();
      await mined(other);
    });
    expect(sent).toBe(1);
  });

  test.each(["permitted each time", "allowed for good"])(
    "that send at the same moment, from money that is %s, do not get into each other's way",
    async (money) => {
      const account = home(money === "allowed for good" ? 9 : 8);
      const { page, open } = await site.visit(TICKET, { account: account.name });
      const other = await open();
      const tabs = [page, other];
      if (money === "allowed for good") await site.chain.allow(account);
      const sent = await countSent(account, async () => {
        await site.chain.hold();
        const buttons = [await fill(page, 800, 907), await fill(other, 900, 907)];
        await Promise.all(buttons.map((button) => button.click()));
        // A permit is numbered: the second can be signed once the first is in a block.
        if (money === "allowed for good") for (const tab of tabs) await panel(tab, "sent").waitFor();
        else
          await Promise.any(tabs.map((tab) => tab.getByText("Waiting until what you sent before").waitFor()));
        await site.chain.go();
        for (const tab of tabs) await mined(tab);
      });
      expect(sent).toBe(2);
    },
  );
});

/** Asks for something else than an order, on the page where its money is. */
const moneyKinds: Record<string, (page: Page) => Promise<void>> = {
  "a payout": async (page) => {
    await page.getByRole("radio", { name: "Pay out" }).click();
    await page.getByLabel("Bank account").fill("1234567890");
    await page.getByLabel("Which bank").fill("BCA");
    await page.getByLabel("Name on the account").fill("Budi Santoso");
    await amountFor(page, "Check payout").fill("1000");
    await page.getByRole("button", { name: "Check payout" }).click();
    await page.getByRole("button", { name: "Pay out to bank" }).click();
  },
  "a deposit": async (page) => {
    await amountFor(page, "Deposit to trading").fill("1000");
    await page.getByRole("button", { name: "Deposit to trading" }).click();
  },
  "a withdrawal": async (page) => {
    await page.getByRole("radio", { name: "Withdraw" }).click();
    await amountFor(page, "Withdraw to wallet").fill("500");
    await page.getByRole("button", { name: "Withdraw to wallet" }).click();
  },
};

// Offers, limits and what a fingerprint signs are cut where they are tried: `neighbours.ts`, `neighbourhood.test.ts`,
// `fingerprint.ts`.
test.each(Object.entries(moneyKinds).slice(0, whole ? 3 : 1))(
  "%s whose answer is lost is done once, though it is asked for again after a reload and in another tab",
  async (_, ask) => {
    const { page, open, network } = await site.visit("/money", { account: home(2).name });
    const other = await open();
    await other.getByRole("table", { name: "Balances" }).waitFor();
    const sent = await countSent(home(2), async () => {
      network.loseAnswerTo("eth_sendRawTransaction");
      await ask(page);
      await panel(page, "sending").getByText(words.en.unsure).waitFor();
      await page.reload();
      await panel(page, "sending").getByText(words.en.unsure).waitFor();
      await other.getByRole("button", { name: "Under way: 1" }).waitFor();
      await ask(other);
      await panel(other, "sending").getByText(words.en.unsure).waitFor();
      expect(await other.getByText(words.en.unsent).count()).toBe(0);
      network.comeBack();
      for (const tab of [page, other]) await mined(tab);
    });
    expect(sent).toBe(1);
  },
);

test("a double tap buys once", async () => {
  const account = home(9);
  const { page } = await site.visit(TICKET, { account: account.name, size: phone });
  const sent = await countSent(account, async () => {
    const button = await fill(page, 300, 908);
    await expect.poll(() => button.isEnabled()).toBe(true);
    // Faster than the page can draw the button as busy.
    await button.evaluate((element) => {
      (element as HTMLButtonElement).click();
      (element as HTMLButtonElement).click();
    });
    await mined(page);
  });
  expect(sent).toBe(1);
});

describe("a nonce that another program of the same account takes first", () => {
  const { account } = home(10);
  const steal = () => {
    const { client, deployment } = site.chain;
    const { energyMarket } = deployment.contracts;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "deposit", args: [0n, 0n] });
    return client.sendTransaction({ account, to: energyMarket, data, gas: 100_000n });
  };

  test.each(["in a block", "waiting with a higher fee"])("%s costs the reader nothing", async (where) => {
    const { page, network } = await site.visit(TICKET, { account: "home-10" });
    if (where !== "in a block") await site.chain.hold();
    network.before("eth_sendRawTransaction", async () => {
      const hash = await steal();
      if (where === "in a block") await site.chain.client.waitForTransactionReceipt({ hash });
    });
    const sent = await countSent(home(10), async () => {
      await buy(page, 300, 909);
      if (where !== "in a block") await panel(page, "sent").waitFor();
      await site.chain.go();
      await mined(page);
    });
    expect(sent).toBe(2);
  });
});

describe("a browser's wallet", () => {
  const account = home(3);
  async function connected() {
    const visit = await site.visit("/more", {});
    await installWallet(visit.context, site.chain.rpcUrl, account.account.address);
    await visit.page.goto(new URL("/market", site.appUrl).href);
    await visit.page.getByRole("button", { name: "Choose account" }).first().click();
    await visit.page.getByRole("button", { name: "Test Wallet" }).click();
    return visit;
  }

  test("that sends and fails to say so is found out", async () => {
    const { page } = await connected();
    await setMood(page, "loses");
    const sent = await countSent(account, async () => {
      await buy(page, 300, 910);
      await mined(page);
    });
    expect(sent).toBe(1);
  });

  test.each(["answers", "loses"] as const)(
    "that takes several calls as one, and %s, is asked how they fared, after a reload too",
    async (mood) => {
      const { page } = await connected();
      await setMood(page, mood, true);
      // An approval, and the order.
      const sent = await countSent(account, async () => {
        await site.chain.hold();
        await buy(page, 300, mood === "answers" ? 915 : 916);
        await panel(page, "sent").waitFor();
        await page.reload();
        await panel(page, "sent").waitFor();
        await site.chain.go();
        await mined(page);
      });
      expect(sent).toBe(2);
    },
  );

  test("that never sent it holds nothing up: its reader says so, and does it again", async () => {
    const { page } = await connected();
    await setMood(page, "asks");
    const sent = await countSent(account, async () => {
      await buy(page, 300, 911);
      await panel(page, "signing").getByText("Agree in your wallet.").waitFor();
      // Before that the page would know that nothing was sent.
      await asked(page);
      await page.reload();
      await panel(page, "sending").getByText("We don't know whether your wallet sent this").waitFor();
      // The same wish shows the first one.
      await buy(page, 300, 911);
      await panel(page, "sending").getByText("We don't know whether your wallet sent this").waitFor();
      await page.getByRole("button", { name: "It was not sent" }).click();
      await panel(page, "failed").getByText("You said that your wallet did not send this").waitFor();
      await buy(page, 300, 911);
      await panel(page, "failed").waitFor({ state: "detached" });
      await mined(page);
    });
    expect(sent).toBe(1);
  });
});

describe("what was done", () => {
  test.each([
    ["en", "Bought 500\u00a0Wh for Rp\u00a0722.50. Nobody sold the other 400\u00a0Wh at your price."],
    [
      "id",
      "500\u00a0Wh terbeli seharga Rp\u00a0722,50. Sisanya, 400\u00a0Wh, tidak ada yang menjual pada harga Anda.",
    ],
  ] as const)("is told as a receipt, which covers none of the places, in %s", async (language, receipt) => {
    await site.chain.offer(home(1), 500, 1_445);
    const { page } = await site.visit(TICKET, { account: "home-04", language });
    const button = await fill(page, 900, 1_450, language);
    await page.getByLabel(words[language].inForce).selectOption("IOC");
    await button.click();
    await mined(page);
    expect(await panel(page).textContent()).toContain(receipt);
    const [told, last] = await Promise.all([
      panel(page).boundingBox(),
      page.getByRole("navigation").first().getByRole("link").last().boundingBox(),
    ]);
    expect(told!.y).toBeGreaterThanOrEqual(last!.y + last!.height);
    expect(told!.y + told!.height).toBeLessThanOrEqual(desktop.height);
  });
});

/** For so long a page believes that its host is still there, milliseconds. */
const STILL_THERE = 3_500;

describe("a part of the dApp that is not fetched yet", () => {
  test("says so when it is wanted without a network, and opens by itself once there is one", async () => {
    const { page, host } = await site.visit("/more", {});
    const choose = page.getByRole("button", { name: "Choose account" }).first();
    await choose.waitFor();
    await page.waitForTimeout(STILL_THERE);
    host.die();
    await choose.click();
    await page.getByRole("alert").getByText("This part is not loaded yet").waitFor();
    host.comeBack();
    await page.getByRole("dialog", { name: "Who are you?" }).waitFor();
    await page.keyboard.press("Escape");

    await page.waitForTimeout(STILL_THERE);
    host.die();
    await page.getByRole("link", { name: "Money" }).first().click();
    await page.getByText("This page is being fetched").waitFor();
    host.comeBack();
    await page.getByText("Choose an account to see your money.").waitFor();
  });

  test("keeps an order from being sent, and says what to do", async () => {
    const { page, host } = await site.visit("/more", { account: "home-05" });
    await page.getByRole("button", { name: "Rumah Kemang" }).waitFor();
    // All is there but what signs and sends.
    host.refuse(/\/assets\/code-/);
    await page.goto(new URL(TICKET, site.appUrl).href);
    await buy(page, 300, 914);
    await panel(page, "failed").getByText("Reload it, then try again").waitFor();
    host.comeBack();
    await page.reload();
    await buy(page, 300, 914);
    await panel(page, "failed").waitFor({ state: "detached" });
    await mined(page);
  });
});

test("a browser that keeps nothing sends nothing, and says why", async () => {
  const { page, context } = await site.visit("/more", { account: "home-05" });
  await context.addInitScript(() => {
    Object.defineProperty(IDBFactory.prototype, "open", {
      value: () => {
        throw new DOMException("storage is disabled", "SecurityError");
      },
    });
  });
  await page.goto(new URL("/market", site.appUrl).href);
  const sent = await countSent(home(5), async () => {
    await buy(page, 300, 912);
    await panel(page, "failed").getByText("This browser keeps nothing for this page").waitFor();
  });
  expect(sent).toBe(0);
});
