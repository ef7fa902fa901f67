import { describe, expect, test } from "vitest";
import { type Happened, notificationsOf } from "./data.ts";

const me = "0xme";
const dayOf = (unix: number) => Math.floor(unix / 100) * 100;
const nothing: Happened = { fills: { items: [] }, trades: { items: [] }, settlements: { items: [] } };
const trade = (buyer: string, status: "PENDING" | "ACCEPTED" | "COMPLETED", updatedAt: number) => ({
  id: "7",
  buyer,
  wattHours: 500n,
  price: 1_300_000n,
  status,
  updatedAt,
});

describe("notifications", () => {
  test("tell only whom a trade's change concerns", () => {
    const of = (...items: ReturnType<typeof trade>[]) =>
      notificationsOf(me, { ...nothing, trades: { items } }, [], dayOf);
    expect(of(trade(me, "PENDING", 1))).toEqual([]);
    expect(of(trade("0xyou", "PENDING", 1))).toMatchObject([{ kind: "trade", as: "seller", urgent: true }]);
    expect(of(trade(me, "ACCEPTED", 1))).toMatchObject([{ as: "buyer", status: "ACCEPTED" }]);
    expect(of(trade("0xyou", "ACCEPTED", 1))).toEqual([]);
    expect(of(trade("0xyou", "COMPLETED", 1), trade(me, "COMPLETED", 2))).toHaveLength(2);
  });

  test("add a day's settlements of a meter up, and keep the debt that stands now", () => {
    const row = (id: string, serial: string, tokensWh: bigint, debtWh: bigint, readAt: number) => ({
      id,
      serial,
      tokensWh,
      debtWh,
      readAt,
    });
    const items = [
      row("d", "home-01", -4n, 9n, 250),
      row("c", "home-01", 10n, 0n, 210),
      row("b", "battery-01", 1n, 0n, 205),
      row("a", "home-01", 3n, 2n, 150),
    ];
    expect(notificationsOf(me, { ...nothing, settlements: { items } }, [], dayOf)).toEqual([
      {
        id: "home-01 200",
        at: 250,
        urgent: false,
        kind: "settled",
        serial: "home-01",
        times: 2,
        tokensWh: 6n,
        debtWh: 9n,
      },
      {
        id: "battery-01 200",
        at: 205,
        urgent: false,
        kind: "settled",
        serial: "battery-01",
        times: 1,
        tokensWh: 1n,
        debtWh: 0n,
      },
      {
        id: "home-01 100",
        at: 150,
        urgent: false,
        kind: "settled",
        serial: "home-01",
        times: 1,
        tokensWh: 3n,
        debtWh: 2n,
      },
    ]);
  });

  test("come newest first, whatever they are about", () => {
    const fills = {
      items: [{ id: "f", maker: me, buyer: me, tick: 1_300, wattHours: 5n, cost: 6_500_000n, timestamp: 20 }],
    };
    const list = notificationsOf(
      me,
      { ...nothing, fills, trades: { items: [trade(me, "ACCEPTED", 30)] } },
      [{ serial: "home-01", state: "offline", at: 25 }],
      dayOf,
    );
    expect(list.map(({ kind }) => kind)).toEqual(["trade", "device", "matched"]);
    expect(list[2]).toMatchObject({ side: "buy", cost: 6_500_000n });
  });
});
