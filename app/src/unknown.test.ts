import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/**
 * What is not known must not be shown or reckoned as zero or as none. Each place where something missing becomes zero or
 * an empty list stands here with the reason why that is what it is.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // A text that does not match has no parts.
  "format/parse.ts": ["exec(before + number) ?? []"],
  // Sides of a known book: a side without levels holds nothing.
  "market/depth.tsx": ["bids.at(-1)?.wattHours ?? 0n", "asks.at(-1)?.wattHours ?? 0n"],
  "market/quote.ts": ["asks[0]?.tick ?? 0", "bids[0]?.tick ?? 0"],
  // Marks on levels and a button that appear once they are known; nothing is said before.
  "market/market-page.tsx": ["useOpenOrders(account?.address).data ?? []"],
  "nearby/nearby-page.tsx": ['kind === "BATTERY") ?? []'],
  "nearby/offers-around.tsx": ["offers={offers ?? []"],
  // A count that is shown only where there is one.
  "notifications/use-notifications.ts": ["at > since).length ?? 0"],
  // Times of what was seen: nothing was.
  "notifications/live.ts": ["list[0]?.at ?? 0"],
  "notifications/store.ts": ["seen[account] ?? 0"],
  // Devices without telemetry are counted apart; a home without a battery has no charge.
  "oracle/device.ts": ["telemetry ?? []", "chargePercent ?? 0"],
};

test("nothing unknown becomes zero or none unseen", () => {
  const root = new URL("./", import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file),
  );
  const found = files.flatMap((file) => {
    const source = readFileSync(new URL(file, root), "utf8");
    return [...source.matchAll(/[^\n]*(?:\?\?|\|\|)\s*(?:0n?\b|\[\])/g)]
      .map(([line]) => line)
      .filter((line) => !allowed[file]?.some((known) => line.endsWith(known)))
      .map((line) => `${file}: ${line.trim()}`);
  });
  expect(found).toEqual([]);
  // A reason whose place is gone goes as well.
  for (const [file, places] of Object.entries(allowed)) {
    const source = readFileSync(new URL(file, root), "utf8");
    expect(
      places.filter((place) => !source.includes(place)),
      file,
    ).toEqual([]);
  }
});
