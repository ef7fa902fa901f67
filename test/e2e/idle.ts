/// <reference lib="dom" />
/** What a tab asks for that nobody touches, and that nobody sees. */
import type { CDPSession, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { open } from "./screens.ts";
import { desktop, type Site } from "./site.ts";

const MOST_BYTES_AN_HOUR = 5_000_000;
const MINUTE = 60_000;
/** Longer than what was asked often is asked again by itself. */
const SLOWED_MILLISECONDS = 32_000;

type Asked = { requests: number; bytes: number };

/** Counts what comes over the network from now on: answers with their heads, streams, and sockets. */
async function counting(page: Page): Promise<() => Asked> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const asked: Asked = { requests: 0, bytes: 0 };
  session.on("Network.requestWillBeSent", () => {
    asked.requests++;
  });
  session.on("Network.responseReceived", ({ response }) => {
    asked.bytes += response.encodedDataLength;
  });
  session.on("Network.dataReceived", ({ encodedDataLength, dataLength }) => {
    asked.bytes += encodedDataLength || dataLength;
  });
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    asked.bytes += response.payloadData.length;
  });
  return () => ({ ...asked });
}

/** Nobody has touched the page for more than a minute. */
const leaveAlone = (page: Page) =>
  page.evaluate((milliseconds) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + milliseconds;
  }, MINUTE + 1_000);

const hide = (page: Page) =>
  page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });

export function idle(site: () => Site) {
  describe("a tab that nobody touches", () => {
    test(`takes less than ${MOST_BYTES_AN_HOUR / 1e6} MB an hour, whatever page it shows, and nothing once it is hidden`, async () => {
      const paths = ["/", "/neighbourhood", "/nearby", "/money", "/market", "/meters"];
      const taken = await Promise.all(
        paths.map(async (path) => {
          const page = await site().visit("/more", { account: "home-03", size: desktop });
          await open(page, site().appUrl, path);
          await leaveAlone(page);
          await page.waitForTimeout(SLOWED_MILLISECONDS);
          const asked = await counting(page);
          await page.waitForTimeout(MINUTE);
          const idle = asked();
          await hide(page);
          await page.waitForTimeout(2_000);
          const before = asked();
          await page.waitForTimeout(SLOWED_MILLISECONDS);
          return { path, anHour: idle.bytes * 60, hidden: asked().requests - before.requests };
        }),
      );
      console.info(
        taken.map(({ path, anHour }) => `${path}: ${(anHour / 1e6).toFixed(2)} MB an hour idle`).join("\n"),
      );
      expect(taken.filter(({ anHour }) => anHour === 0)).toEqual([]);
      expect(taken.filter(({ anHour }) => anHour >= MOST_BYTES_AN_HOUR)).toEqual([]);
      expect(taken.filter(({ hidden }) => hidden > 0)).toEqual([]);
    });
  });
}
