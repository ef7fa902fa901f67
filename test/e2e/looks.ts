/// <reference lib="dom" />
/** Pages as some people need them: with a thumb, with text twice as large, and in the system's own few colours. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { whole } from "../whole.ts";
import { loaded, MOST_SHIFT, open, overflowing, pages, shifted } from "./screens.ts";
import { desktop, phone, type Site, tablet } from "./site.ts";
import { BATTERY_HOME } from "./world.ts";

/** What a thumb can hit, CSS pixels each way. */
const LEAST_TOUCH = 40;

/**
 * What is pressed, and where a thumb would miss it: whether the point half of `least` away from its middle, in each of
 * four directions, still belongs to it. What is painted around a control (its label, its `::after`) counts as part of it.
 */
const missed = (page: Page, least: number) =>
  page.evaluate((across) => {
    const controls = "button, a[href], input, select, textarea, summary, [role=slider], [role=button]";
    const out: string[] = [];
    for (const control of document.querySelectorAll<HTMLElement>(controls)) {
      if (control.closest(".sr-only, [hidden], [inert]") || !control.checkVisibility()) continue;
      control.scrollIntoView({ block: "center", inline: "center" });
      const { left, right, top, bottom } = control.getBoundingClientRect();
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      const belongs = (element: Element | null) =>
        element !== null &&
        (control.contains(element) ||
          (element.closest("label") as HTMLLabelElement | null)?.control === control);
      // What lies below something else, such as the bar at the foot, is hit once it is scrolled away from there.
      if (!belongs(document.elementFromPoint(x, y))) continue;
      const half = across / 2 - 1;
      const outside = [
        [half, 0],
        [-half, 0],
        [0, half],
        [0, -half],
      ].some(([dx, dy]) => !belongs(document.elementFromPoint(x + dx!, y + dy!)));
      const name =
        control.getAttribute("aria-label") ||
        control.textContent ||
        control.closest("label")?.textContent ||
        "";
      if (outside)
        out.push(
          `${control.tagName} "${name.slice(0, 40)}" ${Math.round(right - left)} x ${Math.round(bottom - top)}`,
        );
    }
    return out;
  }, least);

export function looks(site: () => Site) {
  describe("every page", () => {
    test(`can be pressed with a thumb: ${LEAST_TOUCH} px each way`, async () => {
      const page = await site().visit("/", { account: BATTERY_HOME, size: phone, touch: true });
      expect(await page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(true);
      const faults: Record<string, string[]> = {};
      for (const path of pages) {
        await open(page, site().appUrl, path);
        faults[path] = await missed(page, LEAST_TOUCH);
      }
      expect(faults).toEqual(Object.fromEntries(pages.map((path) => [path, []])));
    });

    // Every size is for `pnpm test:deep`.
    test.each(
      (
        [
          ["phone", phone, "id"],
          ["tablet", tablet, "id"],
          ["desktop", desktop, "en"],
        ] as const
      ).slice(0, whole ? 3 : 1),
    )("stays where it is while it comes to be, on a %s", async (_, size, language) => {
      const moved: Record<string, number> = {};
      for (const path of pages) {
        const page = await site().visit(path, { account: BATTERY_HOME, size, language });
        await loaded(page);
        moved[path] = await shifted(page);
        await page.context().close();
      }
      expect(Object.entries(moved).filter(([, by]) => by >= MOST_SHIFT)).toEqual([]);
    });

    test.each(
      (
        [
          ["phone", phone, "id"],
          ["desktop", desktop, "en"],
        ] as const
      ).slice(0, whole ? 2 : 1),
    )("holds text twice as large, on a %s", async (_, size, language) => {
      const page = await site().visit("/", { account: BATTERY_HOME, size, language });
      // The browser's own setting, by which its media queries count as well.
      const session = await page.context().newCDPSession(page);
      await session.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
      const faults: Record<string, string[]> = {};
      for (const path of pages) {
        await open(page, site().appUrl, path);
        expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("32px");
        faults[path] = await overflowing(page);
      }
      expect(faults).toEqual(Object.fromEntries(pages.map((path) => [path, []])));
    });

    // As some browsers on phones do it: the page's text grows, and what its media queries count does not.
    test("holds text that alone is twice as large, on a phone", async () => {
      const page = await site().visit("/", { account: BATTERY_HOME, size: phone, touch: true });
      const faults: Record<string, string[]> = {};
      for (const path of pages) {
        await open(page, site().appUrl, path);
        await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
        faults[path] = await overflowing(page);
      }
      expect(faults).toEqual(Object.fromEntries(pages.map((path) => [path, []])));
    });

    test("shows what is chosen in the system's own colours", async () => {
      const page = await site().visit("/", { account: BATTERY_HOME, size: phone });
      await page.emulateMedia({ forcedColors: "active" });
      for (const path of pages) {
        await open(page, site().appUrl, path);
        const alike = await page.evaluate(() => {
          const ground = (element: Element) => getComputedStyle(element).backgroundColor;
          const out: string[] = [];
          for (const chosen of document.querySelectorAll(
            'label:has(> :checked), nav [aria-current="page"]',
          )) {
            if (!chosen.checkVisibility()) continue;
            const other = chosen.parentElement!.parentElement!.querySelector(
              'label:has(> [type=radio]:not(:checked)), a:not([aria-current="page"])',
            );
            if (other && ground(other) === ground(chosen)) out.push(chosen.textContent ?? "");
          }
          return out;
        });
        expect(alike, path).toEqual([]);
      }
    });
  });
}
