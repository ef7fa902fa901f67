/**
 * An account by fingerprint, from nothing: begun, given a meter, traded with, opened by a second device, lost and
 * brought back.
 */
import { readAccountCode } from "@enerlink/protocol/account";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { addressOf, openChain } from "./chain.ts";
import { inaccessible, overflowing } from "./screens.ts";
import { screenshot } from "./screenshot.ts";
import { amountFor, desktop, mined, panel, phone, SETTLED, type Site, type Visitor } from "./site.ts";
import { installWallet } from "./test-wallet.ts";

/** A neighbour with a wallet of the usual kind. */
const GUARDIAN = "home-03";
/** A wallet with ether beside the account, which nobody else here uses. */
const SPARE = "grid-operator";
/** What its holder calls the account. */
const NAME = "Rumah Ibu & Bapak";
const DAYS = 3;
const DAY = 86_400;
/** From the first look to the first slot that was traded with the neighbours, with a roof of one's own. */
const MOST_TOUCHES = 6;
/**
 * Up to half a minute until the new meter is read where a slot's end is nearer than its beginning, the slot from there on,
 * and what touches, blocks and the screen take beside other tests: some 20 s.
 */
const MOST_SECONDS = 120;
/** The journey's own: it waits for a slot. */
const PATIENCE_MS = 480_000;
const sizes = { phone, desktop };

/** Somebody on a device of their own, with a sensor that is touched whenever it is asked for. */
async function onDevice(site: Site, path: string, visitor: Visitor): Promise<Page> {
  const page = await site.visit("/more", { size: phone, ...visitor });
  const device = await page.context().newCDPSession(page);
  await device.send("WebAuthn.enable");
  await device.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  });
  await page.goto(new URL(path, site.appUrl).href);
  return page;
}

/** What stands below a code, to be read. */
const codeText = async (page: Page | Locator) => (await page.locator(".font-mono").first().textContent())!;
const connected = (page: Page) => page.locator("header").first().getByText(/^0x/);
/** Puts away what was told, so that the next is not taken for it. */
const close = (page: Page) =>
  panel(page)
    .getByRole("button", { name: /Close|Tutup/ })
    .click();

async function fits(page: Page, name: string): Promise<void> {
  await page.locator("main [aria-hidden].bg-sunken").first().waitFor({ state: "detached" });
  expect(await overflowing(page), name).toEqual([]);
  expect(await inaccessible(page), name).toEqual([]);
  await screenshot(page, name);
}

type Way = ReturnType<typeof beginWay>;

/** Counts the touches of a way, and the time of each of its steps, from now on. */
function beginWay() {
  const began = Date.now();
  let [touches, touchedAt, doneAt] = [0, began, began];
  const steps: string[] = [];
  const untilMined: number[] = [];
  return {
    touch: async (control: Locator): Promise<void> => {
      await control.click();
      touchedAt = Date.now();
      touches++;
    },
    /** What the last touch sent is in a block, and the page says so. */
    mined: async (page: Page): Promise<void> => {
      await mined(page);
      untilMined.push(Date.now() - touchedAt);
    },
    done: (step: string): void => {
      steps.push(`${step} ${((Date.now() - doneAt) / 1_000).toFixed(1)} s`);
      doneAt = Date.now();
    },
    told: () => ({ touches, seconds: (doneAt - began) / 1_000, steps, untilMined }),
  };
}

/**
 * Begins with a fingerprint, is given a meter by the installer who is at hand, and takes it over with a guardian named.
 * @param look at what stands there on the way, if anything is to be looked at
 * @returns the account
 */
async function opensHome(page: Page, way: Way, look: (page: Page, what: string) => Promise<void>) {
  await way.touch(page.getByRole("main").getByRole("button", { name: "Start with your fingerprint" }));
  way.done("page");
  await page.getByRole("img", { name: "Code of your account" }).waitFor();
  const account = readAccountCode(await codeText(page))!.account;
  way.done("account");
  await look(page, "code");
  way.done("look");
  await way.touch(page.getByRole("button", { name: "Show it to the installer here" }));
  await page.getByRole("heading", { name: /^Your meter roof-\d+ is ready$/ }).waitFor();
  way.done("meter");
  await page.getByText("Who helps if the phone is lost?").click();
  await page.getByLabel("The guardian's account").fill(addressOf(GUARDIAN));
  await look(page, "meter");
  way.done("guardian");
  await way.touch(page.getByRole("button", { name: "Take it over with your fingerprint" }));
  await way.mined(page);
  await close(page);
  way.done("taken over");
  return account;
}

export function fingerprint(site: () => Site, size: keyof typeof sizes) {
  let account: string;
  const other = size === "phone" ? "desktop" : "phone";
  const looks = (page: Page, what: string) => fits(page, `fingerprint-${what}-${size}-en-light`);

  describe(`an account by fingerprint, on a ${size}`, () => {
    test(
      `goes from nothing to a traded slot in ${MOST_TOUCHES} touches and ${MOST_SECONDS} s, trades with and without the relay, gets a second device, and is found again`,
      async () => {
        // A browser lives as long as its test.
        const way = beginWay();
        const first = await onDevice(site(), "/", { size: sizes[size] });
        await begins(first, way);
        await tradesASlot(first, way);
        await trades(first);
        await signsIn(first);
        await sendsWithAnotherWallet(first);
        await isNamed(first);
        await getsSecondDevice(first);
        await asksBeforeItHasNoGuardian(first);
        await refusesAProposal(first);
        await isFoundAgain(first);
      },
      PATIENCE_MS,
    );

    async function begins(first: Page, way: Way): Promise<void> {
      account = await opensHome(first, way, looks);
      await way.touch(first.getByRole("navigation").getByRole("link", { name: "Neighbourhood" }).last());
      await way.touch(first.getByRole("button", { name: "Join with your home" }));
      way.done("read first");
      await way.touch(first.getByRole("dialog").getByRole("button", { name: "Accept and join" }));
      await way.mined(first);
      await first.getByRole("heading", { name: "Your limits" }).waitFor();
      way.done("joined");
      expect(way.told().touches).toBe(MOST_TOUCHES);
    }

    /**
     * Without another touch: the slot that its roof's meter was read at first tells whom the home bought from or sold
     * to.
     */
    async function tradesASlot(first: Page, way: Way): Promise<void> {
      const slot = first
        .getByRole("main")
        .getByText(/^(You (sold|bought)|All .* (went to|came from) PLN)/)
        .first();
      await slot.waitFor(SETTLED);
      way.done("slot");
      const { seconds, steps, untilMined } = way.told();
      console.info(`an account by fingerprint, on a ${size}: the first slot was traded after ${seconds} s`);
      console.info(
        `  ${steps.join(", ")}; from a touch to its block on the screen ${untilMined.join(", ")} ms`,
      );
      console.info(`  ${await slot.textContent()}`);
      expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
      await looks(first, "slot");
    }

    /** At the meter reader, by the account's own word. */
    async function signsIn(first: Page): Promise<void> {
      await first.goto(new URL("/notifications", site().appUrl).href);
      const past = first.getByText("What your devices did earlier is shown once you sign in");
      await past.waitFor();
      await first.getByRole("button", { name: "Sign in" }).click();
      await past.waitFor({ state: "detached" });
    }

    /** What it has signed, while the relay is away. */
    async function sendsWithAnotherWallet(first: Page): Promise<void> {
      const { rpcUrl } = site().system;
      await installWallet(first.context(), rpcUrl, addressOf(SPARE));
      await first.context().route("**/api/v1/relay{,/**}", (route) => route.abort());
      await first.goto(new URL("/money", site().appUrl).href);
      await first.getByRole("radio", { name: "Withdraw" }).click();
      await amountFor(first, "Withdraw to wallet").fill("1000");
      await first.getByRole("button", { name: "Withdraw to wallet" }).click();
      const send = panel(first).getByRole("button", { name: "Send with another wallet" });
      await send.waitFor();
      // What was touched for is forgotten neither by a reload nor by another tab.
      await first.reload();
      await send.waitFor();
      const other = await first.context().newPage();
      await other.goto(new URL("/money", site().appUrl).href);
      await other.getByRole("button", { name: "Under way: 1" }).waitFor();
      await other.close();
      await send.click();
      await first.getByRole("dialog").getByRole("button", { name: "Test Wallet" }).click();
      await mined(first);
      await close(first);
      await first.context().unroute("**/api/v1/relay{,/**}");
    }

    /** On the pages as they are, without ether. */
    async function trades(first: Page): Promise<void> {
      await first.goto(new URL("/money", site().appUrl).href);
      await first.getByRole("table", { name: "Balances" }).getByText("Trading balance").waitFor();
      expect(await first.getByText("This account has no ether").count()).toBe(0);
      await first.goto(new URL("/market", site().appUrl).href);
      await first.locator('button[data-side="ask"]').last().waitFor();
      await first.locator('button[data-side="ask"]').last().click();
      await first.getByLabel("Energy", { exact: true }).fill("0.1");
      await first.getByRole("button", { name: "Buy 100\u00a0Wh" }).click();
      await mined(first);
      await panel(first).getByText("Bought 100\u00a0Wh").waitFor();
      await close(first);
    }

    /** So that it is told apart from others; where it is mentioned, that stands in the place of its address. */
    async function isNamed(first: Page): Promise<void> {
      await first.goto(new URL("/account", site().appUrl).href);
      await first.getByRole("button", { name: "Give it a name" }).click();
      await first.getByLabel("Name", { exact: true }).fill(NAME);
      await first.getByRole("button", { name: "Call it that" }).click();
      await first.locator("header").first().getByText(NAME).waitFor();
    }

    /** Which opens the account once the first has let it in. */
    async function getsSecondDevice(first: Page): Promise<void> {
      await first.goto(new URL("/account", site().appUrl).href);
      await first.getByRole("button", { name: "Add a device" }).click();
      const link = await codeText(first.getByRole("dialog"));
      const second = await onDevice(site(), link, { language: "id", theme: "dark", size: sizes[other] });
      await second.getByRole("button", { name: "Pakai perangkat ini" }).click();
      await second.getByRole("img", { name: "Kode perangkat baru" }).waitFor();
      await fits(second, `fingerprint-waiting-${other}-id-dark`);
      await first.goto(await codeText(second));
      await first.getByRole("heading", { name: "Add this device to your account?" }).waitFor();
      await first.getByRole("button", { name: "Add the device" }).click();
      await mined(first);
      await close(first);
      await second.getByRole("heading", { name: "Wali" }).waitFor();
      expect(await second.getByRole("main").textContent()).toContain(account);
      // The code that it read said what the account is called.
      await second.locator("header").first().getByText(NAME).waitFor();
      await fits(second, `fingerprint-account-${other}-id-dark`);
      await second.getByRole("button", { name: "Keluarkan" }).first().click();
      const asked = second.getByRole("dialog", { name: "Keluarkan perangkat itu?" });
      await asked
        .getByText(/^Perangkat bisa dikeluarkan mulai .+ setiap perangkat bisa menolaknya\.$/)
        .waitFor();
      await fits(second, `fingerprint-remove-${other}-id-dark`);
      await asked.getByRole("button", { name: "Keluarkan" }).click();
      await mined(second);
      await asked.waitFor({ state: "detached" });
      await asksBeforeNoneIsLeft(second);
      await first.getByRole("button", { name: "Keep it" }).click();
      await first.getByText("To be removed from").waitFor({ state: "detached" });
      await second.context().close();
    }

    /** Whose other device is to be removed already. */
    async function asksBeforeNoneIsLeft(second: Page): Promise<void> {
      await close(second);
      await second.getByRole("button", { name: "Jangan keluarkan" }).waitFor();
      await second.getByRole("main").getByRole("button", { name: "Keluarkan", exact: true }).click();
      const asked = second.getByRole("dialog", { name: "Keluarkan perangkat ini?" });
      await asked.getByText(/tidak ada yang tersisa untuk Anda.+hanya wali Anda yang bisa/).waitFor();
      await asked.getByRole("button", { name: "Batal" }).click();
      await asked.waitFor({ state: "detached" });
    }

    async function asksBeforeItHasNoGuardian(first: Page): Promise<void> {
      await first.getByRole("button", { name: "No guardian" }).click();
      const asked = first.getByRole("dialog", { name: "Do without a guardian?" });
      await asked.getByText(/^The guardian goes on .+ any of your devices can refuse\.$/).waitFor();
      await asked.getByText(/lost for good\.$/).waitFor();
      await fits(first, `fingerprint-no-guardian-${size}-en-light`);
      await asked.getByRole("button", { name: "Cancel" }).click();
      await asked.waitFor({ state: "detached" });
    }

    /**
     * Wherever its holder is, that the guardian proposed a device is told, and refused there; a wallet as a spare lets that
     * device in at once.
     */
    async function refusesAProposal(first: Page): Promise<void> {
      const third = await onDevice(site(), "/account", { size: sizes[other] });
      await third.goto(new URL(`/account?join=${account}`, site().appUrl).href);
      await third.getByRole("button", { name: "Use this device" }).click();
      await third.getByRole("img", { name: "Code of the new device" }).waitFor();
      const link = await codeText(third);
      await first.goto(new URL("/market", site().appUrl).href);
      await proposes(site(), link);
      await third
        .getByText(/^Your guardian has proposed this device\. From .+ on it opens the account\.$/)
        .waitFor();
      const warning = first
        .getByRole("alert")
        .filter({ hasText: "Your guardian wants to give this account" });
      await warning.waitFor();
      await fits(first, `fingerprint-proposed-${size}-en-light`);
      await warning.getByRole("button", { name: "Refuse" }).click();
      await mined(first);
      await close(first);
      await warning.waitFor({ state: "detached" });
      await third.getByText(/^A device of the account refused this one on /).waitFor();
      await first.goto(new URL("/notifications", site().appUrl).href);
      const told = first.getByRole("list", { name: "Notifications" });
      for (const title of [
        ...["The new device was refused", "Your guardian wants to give your account to a new device"],
        ...["A device of your account stays", "A device of your account is to be removed"],
        ...["A device was added to your account", "Your account has a new guardian"],
      ])
        await told.getByText(title, { exact: true }).waitFor();
      await fits(first, `fingerprint-told-${size}-en-light`);
      await isLetInByTheSpare(first, third, link);
    }

    async function isLetInByTheSpare(first: Page, third: Page, link: string): Promise<void> {
      await first.goto(new URL("/account", site().appUrl).href);
      await first.getByRole("button", { name: "Add a device" }).click();
      const adding = first.getByRole("dialog");
      await adding.getByText("Or a wallet as a spare").click();
      await adding.getByLabel("The wallet's address").fill(addressOf(SPARE));
      await adding.getByRole("button", { name: "Add the wallet" }).click();
      await mined(first);
      await close(first);
      const spare = await site().visit("/account", { account: SPARE });
      await spare.getByRole("heading", { name: "Accounts that this wallet opens" }).waitFor();
      const home = spare.getByRole("listitem").filter({ hasText: account.slice(0, 6) });
      await home.getByLabel("Code of the new device").fill(link);
      await fits(spare, `fingerprint-spare-desktop-en-light`);
      await home.getByRole("button", { name: "Add the device" }).click();
      await mined(spare);
      await third.getByText("This device", { exact: true }).waitFor();
      expect(await codeText(third)).toBe(account);
      await spare.context().close();
      await third.context().close();
    }

    /** On a browser that knows nothing. */
    async function isFoundAgain(first: Page): Promise<void> {
      await first.evaluate(() => localStorage.clear());
      await first.goto(new URL("/", site().appUrl).href);
      await first.getByRole("button", { name: "Choose account" }).first().click();
      await first.getByRole("button", { name: "I have an account" }).click();
      await connected(first).waitFor();
      await first.goto(new URL("/account", site().appUrl).href);
      expect(await codeText(first)).toBe(account);
    }
  });
}

/** The guardian follows the link that the new device sent it. */
async function proposes(site: Site, link: string): Promise<Page> {
  const guardian = await site.visit("/more", { account: GUARDIAN });
  await guardian.goto(link);
  const propose = guardian.getByRole("button", { name: "Propose the new device" });
  await propose.waitFor();
  // It is what was followed: in sight and in the focus, without a touch. A click of the test's would scroll to it.
  await guardian.locator("form:focus").getByRole("button", { name: "Propose the new device" }).waitFor();
  const { top, bottom } = await propose.evaluate((button) => button.getBoundingClientRect());
  expect(top).toBeGreaterThan(0);
  expect(bottom).toBeLessThanOrEqual(guardian.viewportSize()!.height);
  await propose.click();
  await mined(guardian);
  await guardian
    .getByText(
      /^Proposed\. From .+ on the new device opens the account by itself, unless a device refuses\.$/,
    )
    .waitFor();
  return guardian;
}

export function fingerprintLost(site: () => Site) {
  describe("an account whose devices are all lost", () => {
    test(`opens by itself on a new one, ${DAYS} days after its guardian proposed it`, async () => {
      const lost = await onDevice(site(), "/", {});
      const account = await opensHome(lost, beginWay(), async () => {});
      await lost.context().close();
      const fresh = await onDevice(site(), `/account?join=${account}`, {});
      await fresh.getByRole("button", { name: "Use this device" }).click();
      await fresh.getByText("All devices lost? Send this code to your guardian.").waitFor();
      await fresh.getByRole("button", { name: "Give it a name" }).click();
      await fresh.getByLabel("Name", { exact: true }).fill(NAME);
      await fresh.getByRole("button", { name: "Call it that" }).click();
      const link = await codeText(fresh);
      const guardian = await proposes(site(), link);
      await guardian.getByText(`The code calls the account “${NAME}”.`).waitFor();
      // Whoever comes back meanwhile finds it where everybody begins.
      await fresh.goto(new URL("/", site().appUrl).href);
      await fresh
        .getByText(/^Your guardian has proposed this device\. From .+ on it opens the account\.$/)
        .waitFor();
      await fits(fresh, "fingerprint-proposed-waiting-phone-en-light");
      await openChain(site().system).advance(DAYS * DAY);
      await fresh.locator("header").first().getByText(NAME).waitFor();
      await fresh.goto(new URL("/account", site().appUrl).href);
      await fresh.getByText("This device", { exact: true }).waitFor();
      expect(await codeText(fresh)).toBe(account);
      await guardian.context().close();
      await fresh.context().close();
    });

    test(`comes back on a new one through its guardian, where the relay is away`, async () => {
      const lost = await onDevice(site(), "/", {});
      const account = await opensHome(lost, beginWay(), async () => {});
      await lost.context().close();
      const fresh = await onDevice(site(), "/", {});
      await fresh.getByRole("button", { name: "Choose account" }).first().click();
      const sheet = fresh.getByRole("dialog");
      // It has no key yet, and the sensor answers so at once.
      await sheet.getByRole("button", { name: "I have an account" }).click();
      await sheet.getByText("Is your old phone lost, or is this your second one?").waitFor();
      await sheet.getByRole("button", { name: "Add this device" }).click();
      await sheet.getByLabel("Your account").fill(addressOf(GUARDIAN));
      await sheet.getByRole("button", { name: "Use this device" }).click();
      await sheet.getByText("This is a plain wallet").waitFor();
      await sheet.getByLabel("Your account").fill(account);
      await sheet.getByRole("button", { name: "Use this device" }).click();
      await sheet.getByRole("img", { name: "Code of the new device" }).waitFor();
      const link = await codeText(sheet);

      let guardian = await site().visit("/more", { account: GUARDIAN });
      await guardian.goto(new URL("/account", site().appUrl).href);
      const cared = guardian.getByRole("listitem").filter({ hasText: account });
      await cared.getByRole("button", { name: "Bring back" }).click();
      await cared.getByLabel("Code of the new device").fill(link.slice(0, -1));
      await cared.getByText("This code is not complete").waitFor();
      await cared.getByRole("button", { name: "Cancel" }).click();
      await cared.getByRole("button", { name: "Bring back" }).waitFor();
      await guardian.context().close();
      guardian = await proposes(site(), link);
      await fits(guardian, "fingerprint-guardian-desktop-en-light");
      expect(await guardian.getByRole("button", { name: "Complete it" }).isDisabled()).toBe(true);
      await fresh.context().route("**/api/v1/relay/recovery", (route) => route.abort());
      await openChain(site().system).advance(DAYS * DAY);
      await sheet.getByText("Your guardian can complete it too, under Account.").waitFor();
      await guardian.getByRole("button", { name: "Complete it" }).click();
      await guardian.getByRole("heading", { name: "Bring the account back" }).waitFor();
      await connected(fresh).waitFor();
      await fresh.goto(new URL("/account", site().appUrl).href);
      await fresh.getByText("This device", { exact: true }).waitFor();
      expect(await codeText(fresh)).toBe(account);
      expect(await fresh.getByText("Another device").count()).toBe(0);
      await guardian.context().close();
      await fresh.context().close();
    });
  });
}
