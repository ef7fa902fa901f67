import { energyMarketAbi, energyTokenAbi, meterId, rupiahTokenAbi, slotPoolAbi } from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import { refusalOf } from "./refusal.ts";

const errors = [...energyMarketAbi, ...energyTokenAbi, ...rupiahTokenAbi, ...slotPoolAbi].filter(
  ({ type }) => type === "error",
) as readonly { name: string; inputs: readonly { name: string; type: string }[] }[];
const errorOf = (name: string, args: readonly unknown[]) => {
  const abiItem = errors.find((error) => error.name === name)!;
  expect(abiItem.inputs).toHaveLength(args.length);
  return refusalOf({ errorName: name, args, abiItem });
};

describe("a contract's refusal", () => {
  test.each<[string, unknown[], string, string]>([
    ["OrderTooSmall", [50, 100], "energyAmount", "must be at least 0.1 kWh"],
    ["PriceMoved", [7n, 1_400_000, 1_450_500], "pricePerKwh", "must be the offer's, now 1450.5 IDR/kWh"],
    ["EndMoved", [7n, 1, 1_764_230_400], "availableTo", "must be the offer's, now 2025-11-27T08:00:00.000Z"],
    ["PostOnlyWouldCross", [1_400, 1_450], "pricePerKwh", "must not cross 1450 IDR/kWh"],
    ["NotTradeBuyer", [1n, "0x0000000000000000000000000000000000000001"], "from", "must be the buyer"],
  ])("%s names the field and what it may be", (name, args, field, message) => {
    const problem = errorOf(name, args);
    expect(problem).toMatchObject({
      status: 422,
      errors: [{ field, message }],
      message: `${field} ${message}`,
    });
    expect(problem.more).toMatchObject({ contractError: { name } });
  });

  test.each<[string, unknown[], string]>([
    ["WrongTradeStatus", [1n, 6], "trade 1 is completed already"],
    ["OfferNotActive", [3n, 3], "offer 3 is cancelled already"],
    [
      "NotClosableYet",
      [1n, 1_764_230_400],
      "Not closable yet (NotClosableYet): trade 1, closable at 2025-11-27T08:00:00.000Z",
    ],
    [
      "InsufficientBalance",
      ["0x0000000000000000000000000000000000000001", 1_500n, 2_500_000n],
      "Insufficient balance (InsufficientBalance): account 0x0000000000000000000000000000000000000001, energy 1.5 kWh, idrs 2.5 IDR",
    ],
    [
      "BatteryReportTooOld",
      [meterId("battery-03"), 1_764_230_400],
      "Battery report too old (BatteryReportTooOld): battery battery-03, timestamp 2025-11-27T08:00:00.000Z",
    ],
    ["LevelFull", [1, 1_400], "Level full (LevelFull): side ask, tick 1400 IDR/kWh"],
    ["BookPaused", [], "Book paused (BookPaused)"],
    [
      "InvalidLimits",
      [0, 1_445],
      "Invalid limits (InvalidLimits): sell from 0 IDR/kWh, buy up to 1445 IDR/kWh",
    ],
    [
      "NotSlotEnd",
      [1_764_230_401, 900],
      "Not slot end (NotSlotEnd): slot end 2025-11-27T08:00:01.000Z, slot 900 s",
    ],
  ])("%s about no field is told in words, its values with their units", (name, args, words) => {
    const problem = errorOf(name, args);
    expect([problem.status, problem.errors, problem.message]).toEqual([422, [], words]);
  });

  test("keeps the contract's own name and values beside the words", () => {
    expect(errorOf("WrongTradeStatus", [1n, 6]).more).toEqual({
      contractError: { name: "WrongTradeStatus", arguments: { tradeId: "1", status: "6" } },
    });
  });
});
