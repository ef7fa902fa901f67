import { expect, test } from "vitest";
import type { StatementPeriod } from "../energy-index/index.ts";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import type { Fill } from "../market/index.ts";
import type { Delivery } from "./data.ts";
import { outsideHourWords, outsideWords } from "./outside-hour.ts";

const nothing = {
  exportWh: null,
  importWh: null,
  offersSoldWh: 0n,
  offersSoldIdrs: 0n,
  offersBoughtWh: 0n,
  offersBoughtIdrs: 0n,
  bookSoldWh: 0n,
  bookSoldIdrs: 0n,
  bookBoughtWh: 0n,
  bookBoughtIdrs: 0n,
} as StatementPeriod;
const [me, tebet, senen] = ["0xme", "0xtebet", "0xsenen"];
const names: Record<string, string> = { [tebet]: "Rumah Tebet", [senen]: "Rumah Senen" };
const fill = (buyer: string, seller: string, takerSide: Fill["takerSide"], wattHours: bigint): Fill => ({
  ...{ id: `${wattHours}`, buyer, seller, takerSide, wattHours, tick: 1_300 },
  ...{ cost: wattHours * 1_300_000n, timestamp: 0 },
});
const say = (
  hour: Partial<StatementPeriod>,
  language: "en" | "id" = "en",
  fills: readonly Fill[] = [],
  deliveries: readonly Delivery[] = [],
) =>
  outsideHourWords(
    { ...nothing, ...hour },
    { fills, deliveries, account: me, nameOf: (address) => names[address] ?? address },
    withWords(makeI18n(language, language === "en" ? en : id), outsideWords),
  ).replaceAll("\u00a0", " ");

test("a home outside the neighbourhood hears what its last hour came to, in one sentence", () => {
  const counted = { exportWh: 1_200n, importWh: 300n };
  expect(say(counted)).toBe("In the last hour your home sent 1.2 kWh to the grid and drew 300 Wh from it.");
  const traded = { ...counted, bookSoldWh: 800n, bookSoldIdrs: 1_040_000_000n };
  expect(say(traded)).toBe(
    "In the last hour your home sent 1.2 kWh to the grid and drew 300 Wh from it; you sold 800 Wh in the market for Rp 1,040, Rp 1,300/kWh on average.",
  );
  expect(say({ ...traded, offersSoldWh: 500n, offersSoldIdrs: 700_000_000n }, "id")).toBe(
    "Sejam terakhir rumah Anda mengirim 1,2 kWh ke jaringan dan mengambil 300 Wh dari jaringan; 800 Wh terjual di pasar seharga Rp 1.040, rata-rata Rp 1.300/kWh dan 500 Wh dari baterai Anda terjual seharga Rp 700, rata-rata Rp 1.400/kWh.",
  );
});

test("what was not booked is not told as nothing", () => {
  expect(say({})).toBe("Nothing that your meter counted in the last hour is booked yet.");
  expect(say({ bookBoughtWh: 500n, bookBoughtIdrs: 650_000_000n })).toBe(
    "In the last hour you bought 500 Wh in the market for Rp 650, Rp 1,300/kWh on average. What your meter counted in it is not booked yet.",
  );
});

test("what was traded in the market names with whom, most first, and why with them", () => {
  const bought = { exportWh: 0n, importWh: 900n, bookBoughtWh: 315n, bookBoughtIdrs: 409_500_000n };
  const took = [fill(me, senen, "BID", 100n), fill(me, tebet, "BID", 215n), fill(tebet, senen, "BID", 999n)];
  expect(say(bought, "en", took)).toContain(
    "you bought 315 Wh in the market for Rp 409.50, Rp 1,300/kWh on average, from Rumah Tebet and Rumah Senen: the cheapest on offer then.",
  );
  const waited = [fill(me, tebet, "ASK", 315n)];
  expect(say(bought, "id", waited)).toContain(
    "315 Wh terbeli di pasar seharga Rp 409,50, rata-rata Rp 1.300/kWh, dari Rumah Tebet, yang menjual dengan harga order Anda.",
  );
  expect(say(bought, "en", [...took, ...waited])).toContain("then, or at the price of your order.");
  const sold = { exportWh: 900n, importWh: 0n, bookSoldWh: 400n, bookSoldIdrs: 520_000_000n };
  const to = [tebet, senen, "0xa", "0xb"].map((buyer, index) => fill(buyer, me, "ASK", 103n - BigInt(index)));
  expect(say(sold, "en", to)).toContain(
    ", to Rumah Tebet, Rumah Senen, 0xa and 1 other: who paid most then.",
  );
});

test("what a battery delivered names with whom and at which price, and why", () => {
  const counted = { exportWh: 900n, importWh: 0n };
  const sold = { ...counted, offersSoldWh: 230n, offersSoldIdrs: 322_000_000n };
  const to = [{ buyer: senen, seller: me, wattHours: 230n }];
  expect(say(sold, "en", [], to)).toContain(
    "you sold 230 Wh of your battery for Rp 322, Rp 1,400/kWh on average, to Rumah Senen, who took your offer.",
  );
  const bought = { ...counted, offersBoughtWh: 100n, offersBoughtIdrs: 140_000_000n };
  const from = [{ buyer: me, seller: tebet, wattHours: 100n }, ...to];
  expect(say(bought, "id", [], from)).toContain(
    "100 Wh terbeli dari baterai tetangga seharga Rp 140, rata-rata Rp 1.400/kWh, dari Rumah Tebet, dengan harga penawaran yang Anda pilih.",
  );
});
