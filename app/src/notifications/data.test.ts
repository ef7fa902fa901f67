import { meterId } from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import type { SettledSpan } from "../energy-index/index.ts";
import { type Happened, knownSince, LATEST_HAPPENED, notificationsOf } from "./data.ts";

const me = "0xme";
const none = { items: [] };
const nothing: Happened = { fills: none, trades: none, own: none, named: none, guarded: none };
const trade = (buyer: string, status: "PENDING" | "ACCEPTED" | "COMPLETED", updatedAt: number) => ({
  id: "7",
  buyer,
  wattHours: 500n,
  price: 1_300_000n,
  status,
  updatedAt,
});

test("what was asked for is known to be all since its oldest, or since ever where there is less of it", () => {
  const trades = Array.from({ length: LATEST_HAPPENED }, (_, index) => trade(me, "PENDING", 100 - index));
  expect(knownSince(nothing)).toBe(Number.NEGATIVE_INFINITY);
  expect(knownSince({ ...nothing, trades: { items: trades.slice(1) } })).toBe(Number.NEGATIVE_INFINITY);
  expect(knownSince({ ...nothing, trades: { items: trades } })).toBe(101 - LATEST_HAPPENED);
});

describe("notifications", () => {
  test("tell only whom a trade's change concerns", () => {
    const of = (...items: ReturnType<typeof trade>[]) =>
      notificationsOf(me, { ...nothing, trades: { items } }, [], [], []);
    expect(of(trade(me, "PENDING", 1))).toEqual([]);
    expect(of(trade("0xyou", "PENDING", 1))).toMatchObject([{ kind: "trade", as: "seller", urgent: true }]);
    expect(of(trade(me, "ACCEPTED", 1))).toMatchObject([{ as: "buyer", status: "ACCEPTED" }]);
    expect(of(trade("0xyou", "ACCEPTED", 1))).toEqual([]);
    expect(of(trade("0xyou", "COMPLETED", 1), trade(me, "COMPLETED", 2))).toHaveLength(2);
  });

  test("say of a meter's day what all of its settlements brought, and of its newest what it owes now", () => {
    const day = (serial: string, start: number, mintedWh: bigint, burnedWh: bigint): SettledSpan => ({
      meterId: meterId(serial),
      kind: "PROSUMER",
      start,
      exportedWh: 0n,
      importedWh: 0n,
      mintedWh,
      burnedWh,
      settlements: 1_440,
      firstReadAt: start + 1,
      lastReadAt: start + 50,
    });
    const days = [day("home-01", 100, 3n, 5n), day("home-01", 200, 10n, 4n), day("battery-01", 200, 1n, 0n)];
    const settled = { kind: "settled", urgent: false, times: 1_440 };
    const list = notificationsOf(me, nothing, days, [{ id: meterId("home-01"), debtWh: 9n }], []);
    expect(list).toMatchObject([
      { ...settled, serial: "home-01", at: 250, tokensWh: 6n, debtWh: 9n },
      { ...settled, serial: "battery-01", at: 250, tokensWh: 1n, debtWh: undefined },
      { ...settled, serial: "home-01", at: 150, tokensWh: -2n, debtWh: undefined },
    ]);
    expect(new Set(list.map(({ id }) => id)).size).toBe(3);
    // What is owed is not known: nothing is said of it.
    expect(notificationsOf(me, nothing, days, undefined, [])[0]).toMatchObject({ debtWh: undefined });
  });

  test("come newest first, whatever they are about", () => {
    const fills = {
      items: [{ id: "f", maker: me, buyer: me, tick: 1_300, wattHours: 5n, cost: 6_500_000n, timestamp: 20 }],
    };
    const list = notificationsOf(
      me,
      { ...nothing, fills, trades: { items: [trade(me, "ACCEPTED", 30)] } },
      [],
      [],
      [{ serial: "home-01", state: "offline", at: 25 }],
    );
    expect(list.map(({ kind }) => kind)).toEqual(["trade", "device", "matched"]);
    expect(list[2]).toMatchObject({ side: "buy", cost: 6_500_000n });
  });
});
