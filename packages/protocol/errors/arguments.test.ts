import { toHex } from "viem";
import { describe, expect, test } from "vitest";
import * as abis from "../generated/abis.ts";
import { meterId } from "../ids.ts";
import { argumentsOf, unitOf, written } from "./arguments.ts";

const errors = Object.values(abis)
  .flat()
  .filter((item) => item.type === "error");

const texts = (errorName: string, args: readonly unknown[]) => {
  const abiItem = errors.find(({ name, inputs }) => name === errorName && inputs.length === args.length)!;
  return argumentsOf({ errorName, args, abiItem }).map(({ name, text }) => `${name} ${text}`);
};

describe("an error's argument", () => {
  test.each<[string, unknown[], string[]]>([
    ["OrderTooSmall", [50, 100], ["wattHours 0.05 kWh", "minimumWh 0.1 kWh"]],
    ["PriceTooLow", [900_500, 1_000_000], ["price 900.5 IDR/kWh", "minimumPrice 1000 IDR/kWh"]],
    ["DrawOutOfRange", [2_500_000n, 1_000_000n], ["amount 2.5 IDR", "most 1 IDR"]],
    ["WrongTradeStatus", [7n, 6], ["tradeId 7", "status completed"]],
    ["RatingOutOfRange", [2, 9_000, 7_000], ["kind battery", "watts 9000 W", "cap 7000 W"]],
    // Both end in From, and one is a price.
    ["InvalidLimits", [0, 1_445], ["sellFrom 0 IDR/kWh", "buyUpTo 1445 IDR/kWh"]],
    ["TariffPending", [3, 1_764_230_400], ["communityId 3", "from 2025-11-27T08:00:00.000Z"]],
    // Of two tokens, one of which is not ours.
    ["BuysNothing", ["0x01", 1_500_000n], ["token 0x01", "amount 1500000"]],
    // A contract that does not know the enum passes its number on.
    ["ReadingRejected", [meterId("home-1"), 9], ["meterId home-1", "reason decreasing"]],
    ["CellMismatch", [0x878d8e8a1ffffffn, 1n], ["h3Cell 878d8e8a1ffffff", "batteryCell 1"]],
  ])("of %s is written with its unit", (name, args, expected) => {
    expect(texts(name, args)).toEqual(expected);
  });

  test("of no date is written as it is, and so is a member that there is not, and an id that is no serial", () => {
    expect(written("time", 2n ** 256n - 1n)).toBe(String(2n ** 256n - 1n));
    expect(written("TradeStatus", 250)).toBe("250");
    const odd = toHex("no serial!", { size: 32 });
    expect(written("meter", odd)).toBe(odd);
  });

  test("has a unit where its name says one", () => {
    const named: [RegExp, string][] = [
      [/Wh$|^wattHours$/, "wattHours"],
      [/^idrs$|Idrs$/, "idrs"],
      [/^(meter|battery)Id$/, "meter"],
      [/(At|By)$|^(timestamp|deadline|until|slotEnd|windowEnd)$/, "time"],
    ];
    const other = errors.flatMap(({ name: error, inputs }) =>
      inputs
        .flatMap(({ name }) => named.map(([pattern, unit]) => ({ name, pattern, unit })))
        .filter(({ name, pattern, unit }) => pattern.test(name) && unitOf(error, name) !== unit)
        .map(({ name }) => `${error}.${name}`),
    );
    expect(other).toEqual([]);
  });
});
