/** The documents' pictures: taken on the way where `SCREENSHOTS=true` asks for them. */
import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";

const folder = new URL("../../docs/screenshots/", import.meta.url);

export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== "true") return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, folder).pathname });
}
