import { describe, expect, test } from "vitest";
import type { Trade } from "./data.ts";
import { movesOf } from "./next-move.ts";

const trade = (change: Partial<Trade>): Trade => ({
  id: "1",
  offerId: "1",
  buyer: "0xb",
  seller: "0x5",
  wattHours: 1_000n,
  deliveredWh: 0n,
  price: 1_400_000n,
  availableFrom: 1_000,
  availableTo: 5_000,
  answerBy: 1_900,
  deliverBy: 12_200,
  status: "PENDING",
  requestedAt: 1_000,
  ratings: { items: [] },
  ...change,
});

describe("a request", () => {
  test("is answered by the seller and taken back by the buyer", () => {
    expect(movesOf(trade({}), "0x5", 1_900, 0n)).toEqual(["accept", "reject"]);
    expect(movesOf(trade({}), "0xb", 1_900, 0n)).toEqual(["cancel"]);
  });

  test("without an answer is closed by anyone", () => {
    expect(movesOf(trade({}), "0x5", 1_901, 0n)).toEqual(["close"]);
    expect(movesOf(trade({}), "0xb", 1_901, 0n)).toEqual(["close"]);
  });
});

describe("an accepted trade", () => {
  const accepted = trade({ status: "ACCEPTED" });
  test("is delivered as far as it was metered, and only the seller may end it early", () => {
    expect(movesOf(accepted, "0x5", 2_000, 500n)).toEqual(["deliver", "closeEarly"]);
    expect(movesOf(accepted, "0xb", 2_000, 0n)).toEqual([]);
  });

  test("is closed after its deadline", () => {
    expect(movesOf(accepted, "0xb", 12_201, 0n)).toEqual(["close"]);
  });
});

describe("an ended trade", () => {
  test("is rated once by each side", () => {
    expect(movesOf(trade({ status: "COMPLETED" }), "0x5", 2_000, 0n)).toEqual(["rate"]);
    const rated = trade({ status: "COMPLETED", ratings: { items: [{ rater: "0x5", stars: 4 }] } });
    expect(movesOf(rated, "0x5", 2_000, 0n)).toEqual([]);
    expect(movesOf(rated, "0xb", 2_000, 0n)).toEqual(["rate"]);
  });

  test("is rated by the buyer alone when it expired", () => {
    expect(movesOf(trade({ status: "EXPIRED" }), "0xb", 2_000, 0n)).toEqual(["rate"]);
    expect(movesOf(trade({ status: "EXPIRED" }), "0x5", 2_000, 0n)).toEqual([]);
  });

  test.each(["REJECTED", "CANCELLED", "LAPSED"] as const)("%s asks for nothing", (status) => {
    expect(movesOf(trade({ status }), "0xb", 2_000, 0n)).toEqual([]);
  });
});
