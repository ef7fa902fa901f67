/// <reference lib="dom" />
/** Every page in every size, language and theme. */
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whole } from "../whole.ts";
import { screenshot } from "./screenshot.ts";
import { desktop, phone, type Site, tablet, type Visitor } from "./site.ts";

export const pages = [
  "/",
  "/neighbourhood",
  "/nearby",
  "/money",
  "/market",
  "/meters",
  "/statistics",
  "/notifications",
  "/account",
  "/more",
];
const sizes = { phone, tablet, desktop };

/** Goes to another page of the dApp as it runs, and waits for its data. */
export async function open(page: Page, appUrl: string, path: string) {
  await page.goto(new URL(path, appUrl).href);
  await loaded(page);
}

/** Waits until nothing of a page is drawn as coming. */
export async function loaded(page: Page) {
  // Before the scripts are there, the HTML shows the place's frame without anything to press.
  await page.locator("header button").first().waitFor();
  await page.locator("main").filter({ hasText: /\S/ }).waitFor();
  await page.locator("main [aria-hidden].bg-sunken").first().waitFor({ state: "detached" });
}

/** What sticks out of the window to the right, or is cut off inside its own box. */
export const overflowing = (page: Page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = document.documentElement.scrollWidth > width ? ["the page itself"] : [];
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      if (element.closest(".sr-only, canvas")) continue;
      const box = element.getBoundingClientRect();
      const scrolls = element.closest(".overflow-x-auto, .overflow-auto, .overflow-hidden");
      if (box.width > 0 && box.right > width + 1 && !scrolls)
        out.push(`${element.tagName} "${element.textContent?.slice(0, 40)}"`);
      const parent = element.closest("section")?.getBoundingClientRect();
      if (parent && element.classList.contains("number") && box.right > parent.right + 1 && !scrolls)
        out.push(`cut: "${element.textContent?.slice(0, 40)}"`);
    }
    // What is wider than its place is printed over its neighbour.
    for (const figure of document.querySelectorAll<HTMLElement>("dd .number"))
      if (figure.getBoundingClientRect().right > figure.closest("dd")!.getBoundingClientRect().right + 1)
        out.push(`over the next: "${figure.textContent}"`);
    for (const tab of document.querySelectorAll<HTMLElement>("label:has(> [type=radio])"))
      if (tab.scrollWidth > tab.clientWidth + 1) out.push(`over the next: "${tab.textContent}"`);
    for (const name of document.querySelectorAll<HTMLElement>("header button span"))
      if (name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > name.clientHeight + 1)
        out.push(`cut name: "${name.textContent}"`);
    for (const list of document.querySelectorAll<HTMLElement>(".overflow-auto"))
      if (list.scrollWidth > list.clientWidth + 1) out.push(`sideways: "${list.textContent?.slice(0, 40)}"`);
    return out;
  });

/** By how much a page may move by itself, as browsers count it. */
export const MOST_SHIFT = 0.02;

/** How much the page has moved by itself so far, as browsers count it: up to 0.1 nobody is disturbed. */
export const shifted = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & {
            value: number;
            hadRecentInput: boolean;
          })[])
            if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        // What was noted before comes at once.
        setTimeout(() => resolve(sum), 200);
      }),
  );

/** What of the page lies under `cover`, with the page at its beginning. */
export const coveredBy = (page: Page, cover: string) =>
  page.evaluate((selector) => {
    scrollTo(0, 0);
    const over = document.querySelector(selector)!.getBoundingClientRect();
    return [...document.querySelectorAll<HTMLElement>("main :is(h2, h3, p, dt, dd, button, a, input, svg)")]
      .filter((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return (
          one.checkVisibility() &&
          top < over.bottom &&
          bottom > over.top &&
          left < over.right &&
          right > over.left
        );
      })
      .map((one) => one.textContent);
  }, cover);

/** What axe finds: every rule that it has, the page as it stands. */
export async function inaccessible(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

export function screens(site: () => Site) {
  const looks = (["phone", "tablet", "desktop"] as const).flatMap((name) => [
    [name, "id", "light"] as const,
    [name, "en", "dark"] as const,
  ]);
  describe("every page fits and is accessible", () => {
    test.each(whole ? looks : [looks[0]!, looks[3]!, looks[5]!])(
      "on a %s, in %s and %s",
      async (name, language, theme) => {
        const visitor: Visitor = { account: "home-02", language, theme, size: sizes[name] };
        const page = await site().visit("/", visitor);
        for (const path of pages) {
          await open(page, site().appUrl, path);
          expect(await overflowing(page), path).toEqual([]);
          if (name === "tablet") continue;
          expect(await inaccessible(page), path).toEqual([]);
          await screenshot(page, `${path === "/" ? "home" : path.slice(1)}-${name}-${language}-${theme}`);
        }
      },
    );
  });

  test("nothing on any page asked for what the policy refuses", () => {
    expect(site().violations).toEqual([]);
  });

  describe("the keyboard", () => {
    test("turns a desktop's pages before anything on them was touched, and after another was opened", async () => {
      // Lower than most: every page is longer than it.
      const size = { ...desktop, height: 600 };
      const page = await site().visit("/money", { account: "home-02", size });
      await loaded(page);
      const scrolled = () => page.locator("main").evaluate(({ scrollTop }) => scrollTop);
      await page.keyboard.press("PageDown");
      await expect.poll(scrolled).toBeGreaterThan(300);
      await page.keyboard.press("Home");
      await expect.poll(scrolled).toBe(0);
      await page.getByRole("link", { name: "Statistics" }).first().click();
      await loaded(page);
      // The page may still grow below what was its end.
      await expect
        .poll(async () => {
          await page.keyboard.press("End");
          return scrolled();
        })
        .toBeGreaterThan(100);
      await page.keyboard.press("PageUp");
      await expect.poll(scrolled).toBe(0);
    });
  });

  describe("language and theme", () => {
    test("change at once and stay after a reload", async () => {
      const page = await site().visit("/", { account: "home-02" });
      await page.getByRole("heading", { name: "What to do next" }).waitFor();
      await page.getByRole("radio", { name: "Indonesia" }).click();
      await page.getByRole("heading", { name: "Langkah berikutnya" }).waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe("id");
      await page.getByRole("radio", { name: "Gelap" }).click();
      const background = () =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await background();
      await page.reload();
      await page.getByRole("heading", { name: "Langkah berikutnya" }).waitFor();
      expect(await background()).toBe(dark);
      await page.getByRole("radio", { name: "Terang" }).click();
      expect(await background()).not.toBe(dark);
    });
  });
}
