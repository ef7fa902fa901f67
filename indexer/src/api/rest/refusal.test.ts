import { energyMarketAbi, energyTokenAbi, meterId, rupiahTokenAbi, slotPoolAbi } from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import { type Pull, refusalOf } from "./refusal.ts";

const errors = [...energyMarketAbi, ...energyTokenAbi, ...rupiahTokenAbi, ...slotPoolAbi].filter(
  ({ type }) => type === "error",
) as readonly { name: string; inputs: readonly { name: string; type: string }[] }[];
const errorOf = (name: string, args: readonly unknown[], pull?: Pull) => {
  const abiItem = errors.find((error) => error.name === name)!;
  expect(abiItem.inputs).toHaveLength(args.length);
  return refusalOf({ errorName: name, args, abiItem }, pull);
};

describe("a contract's refusal", () => {
  test.each<[string, unknown[], string, string]>([
    ["OrderTooSmall", [50, 100], "energyAmount", "must be at least 0.1 kWh"],
    ["PriceMoved", [7n, 1_400_000, 1_450_500], "pricePerKwh", "must be the offer's, now 1450.5 IDR/kWh"],
    ["EndMoved", [7n, 1, 1_764_230_400], "availableTo", "must be the offer's, now 2025-11-27T08:00:00.000Z"],
    ["PostOnlyWouldCross", [1_400, 1_450], "pricePerKwh", "must not cross 1450 IDR/kWh"],
    ["NotTradeBuyer", [1n, "0x0000000000000000000000000000000000000001"], "from", "must be the buyer"],
    [
      "InsufficientBalance",
      ["0x0000000000000000000000000000000000000001", 1_500n, 2_500_000n],
      "from",
      "must have the amount free in its trading balance, and has 1.5 kWh and 2.5 IDR there",
    ],
    ["ZeroAccount", [], "account", "must not be the zero address"],
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
    ["WrongTradeStatus", [35n, 1], "trade 35 is still pending"],
    ["OfferNotActive", [3n, 3], "offer 3 is cancelled already"],
    [
      "NotClosableYet",
      [1n, 1_764_230_400],
      "Not closable yet (NotClosableYet): trade 1, closable at 2025-11-27T08:00:00.000Z",
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

  const market = "0x0000000000000000000000000000000000000002";
  const seller = "0x0000000000000000000000000000000000000003";
  test.each<[string, unknown[], Pull, string]>([
    [
      "ERC20InsufficientAllowance",
      [market, 0n, 1_500n],
      { seller, held: { token: "ETK", value: 1_500n } },
      `the seller, ${seller}, must first approve the market for 1.5 kWh: POST /api/v1/trading/approve`,
    ],
    [
      "ERC20InsufficientAllowance",
      [market, 0n, 1_500n],
      { seller, held: { token: "ETK", value: 1_499n } },
      `the seller, ${seller}, lacks energy: it must have 1.5 kWh in its wallet beside its trading balance and has 1.499 kWh there`,
    ],
    [
      "ERC20InsufficientBalance",
      [seller, 0n, 1_500n],
      { seller },
      `the seller, ${seller}, lacks energy: it must have 1.5 kWh in its wallet beside its trading balance`,
    ],
  ])("%s of a delivery blames the seller, not who sends it", (name, args, pull, words) => {
    const problem = errorOf(name, args, pull);
    expect([problem.errors, problem.message]).toEqual([[], words]);
  });

  test("who has not the amount is told so, not to approve it", () => {
    const lacking = errorOf("ERC20InsufficientAllowance", [market, 0n, 2_500_000n], {
      held: { token: "IDRS", value: 1_000_000n },
    });
    expect(lacking.errors).toEqual([
      {
        field: "from",
        message: "must have 2.5 IDR in its wallet beside its trading balance, and has 1 IDR there",
      },
    ]);
    const unapproved = errorOf("ERC20InsufficientAllowance", [market, 0n, 2_500_000n], {
      held: { token: "IDRS", value: 2_500_000n },
    });
    expect(unapproved.message).toMatch(/^from must first approve the market/);
    const permitted = errorOf("ERC20InsufficientAllowance", [market, 1n, 2_500n], { permitted: "ETK" });
    expect(permitted.errors[0]).toEqual({
      field: "permit.amount",
      message: "must be at least what is pulled, 2.5 kWh",
    });
  });

  test("keeps the contract's own name and values beside the words", () => {
    expect(errorOf("WrongTradeStatus", [1n, 6]).more).toEqual({
      contractError: { name: "WrongTradeStatus", arguments: { tradeId: "1", status: "6" } },
    });
  });
});
