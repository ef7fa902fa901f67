/** The documents' pictures: those that one of them shows, taken on the way where `SCREENSHOTS=true` asks for them. */
import { readdirSync } from "node:fs";
import type { Page } from "playwright-core";

const folder = new URL("../../docs/screenshots/", import.meta.url);

/** Another one is taken once an empty file of its name stands there. */
const shown = readdirSync(folder);

export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== "true" || !shown.includes(`${name}.png`)) return;
  await page.screenshot({ path: new URL(`${name}.png`, folder).pathname });
}
