import { meterId } from "@enerlink/protocol";
import { expect, test } from "vitest";
import { trade } from "../../../ponder.schema.ts";
import { keptOf } from "./filters.ts";

const trades = { tsName: "trade", columns: { buyer: trade.buyer, batteryId: trade.batteryId } };
const BUYER = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";

test("an address is refused whose mixed letters are not its checksum's, a hash is what it is", () => {
  const capitals = `0x${BUYER.slice(2).toUpperCase()}`;
  for (const text of [BUYER, BUYER.toLowerCase(), capitals])
    expect(keptOf("where.buyer", trades, "buyer", text)).toBe(text);
  const mistyped = BUYER.replace("dB657f", "Db657f");
  expect(() => keptOf("where.buyer", trades, "buyer", mistyped)).toThrow(
    "where.buyer must be an address: 0x and 40 hexadecimal digits; where small and capital letters are mixed, as its checksum has them (EIP-55)",
  );
  const meter = `0x${"aB".repeat(32)}`;
  expect(keptOf("where.batteryId", trades, "batteryId", meter)).toBe(meter);
});

test("a meter is named by its serial or its id, and the refusal of anything else says so", () => {
  expect(keptOf("where.batteryId", trades, "batteryId", "battery-01")).toBe(meterId("battery-01"));
  expect(() => keptOf("where.batteryId", trades, "batteryId", "é")).toThrow(
    "where.batteryId must be a meter's serial",
  );
  expect(() => keptOf("where.buyer", trades, "buyer", "é")).toThrow("where.buyer must be 0x and hexadecimal");
});
