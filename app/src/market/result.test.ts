import { TimeInForce } from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { type Book, isNothing, type Order, quote } from "./quote.ts";
import { pennilessWords, resultWords } from "./result.ts";

const book: Book = { bids: [{ tick: 1_300, wattHours: 400n }], asks: [{ tick: 1_400, wattHours: 500n }] };
const rich = { trading: 10n ** 15n, wallet: 0n };
const say = (order: Partial<Order>, language: "en" | "id" = "en", funds = rich) => {
  const whole = {
    side: "buy",
    tick: 1_400,
    wattHours: 500n,
    timeInForce: TimeInForce.GTC,
    ...order,
  } as const;
  const words = resultWords(
    whole.side,
    quote(whole, book, funds),
    makeI18n(language, language === "en" ? en : id),
  );
  return words?.replaceAll("\u00a0", " ");
};

describe("an order's one sentence", () => {
  test("says what is paid or received, and for how much", () => {
    expect(say({})).toBe("You pay Rp 700 for 500 Wh.");
    expect(say({}, "id")).toBe("Anda membayar Rp 700 untuk 500 Wh.");
    expect(say({ side: "sell", tick: 1_300, wattHours: 400n })).toBe("You receive Rp 520 for 400 Wh.");
  });

  test("says what waits and what is not taken beside that", () => {
    expect(say({ wattHours: 1_700n })).toBe(
      "You pay Rp 700 for 500 Wh and 1.2 kWh waits in the book, with Rp 1,680 set aside.",
    );
    expect(say({ tick: 1_350 })).toBe("500 Wh waits in the book, with Rp 675 set aside.");
    expect(say({ side: "sell", tick: 1_350 })).toBe("500 Wh waits in the book.");
    expect(say({ wattHours: 800n, timeInForce: TimeInForce.IOC })).toBe(
      "You pay Rp 700 for 500 Wh and 300 Wh is not taken.",
    );
  });

  test("says nothing of an order that would be refused", () => {
    expect(say({}, "en", { trading: 1n, wallet: 0n })).toBeUndefined();
    expect(say({ timeInForce: TimeInForce.PostOnly })).toBeUndefined();
    expect(resultWords("buy", undefined, makeI18n("en", en))).toBeUndefined();
  });
});

test("who has nothing to pay or to sell with is told so, and no order is asked for", () => {
  expect([isNothing({ trading: 0n, wallet: 0n }), isNothing({ trading: 0n, wallet: 1n })]).toEqual([
    true,
    false,
  ]);
  expect(pennilessWords("sell", makeI18n("en", en))).toBe("You own no energy to sell.");
  expect(pennilessWords("buy", makeI18n("id", id))).toBe(id["home.topUp"]);
});
