import * as protocol from "@enerlink/protocol";
import { meterId } from "@enerlink/protocol";
import {
  BaseError,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  HttpRequestError,
  ResourceUnavailableRpcError,
  SwitchChainError,
  UnauthorizedProviderError,
  UserRejectedRequestError,
} from "viem";
import { describe, expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { toldEn } from "../i18n/told-en.ts";
import { toldId } from "../i18n/told-id.ts";
import { contractErrors, isRejection, problemOf } from "./decode.ts";
import { actionText, outcomeText, problemText } from "./problem.ts";
import type { Problem } from "./store.ts";

const english = makeI18n("en", en, toldEn);
const indonesian = makeI18n("id", id, toldId);
const plain = (text: string) => text.replaceAll("\u00a0", " ");

/** As viem wraps what a node answers to a call that reverts. */
function reverted(errorName: string, args: readonly unknown[]) {
  const data = encodeErrorResult({ abi: contractErrors, errorName, args } as never);
  return new BaseError("outer", {
    cause: new ContractFunctionRevertedError({ abi: [], data, functionName: "placeOrder" }),
  });
}

describe("a contract's error", () => {
  test("is known, whichever contract it is of", () => {
    const known = new Set(contractErrors.map((item) => "name" in item && item.name));
    const missing = Object.entries(protocol)
      .filter(([name]) => name.endsWith("Abi") && name !== "accessManagerAbi")
      .flatMap(([, abi]) => abi as readonly { type: string; name?: string }[])
      .filter(({ type, name }) => type === "error" && !known.has(name ?? ""));
    expect(missing).toEqual([]);
  });

  test("is told with its values in the reader's units and language", () => {
    const problem = problemOf(reverted("OrderTooSmall", [50, 100]));
    expect(problem).toEqual({
      name: "OrderTooSmall",
      values: { wattHours: "50", minimumWh: "100" },
      units: { wattHours: "wattHours", minimumWh: "wattHours" },
    });
    expect(plain(problemText(problem, english))).toBe("50 Wh is too little. The smallest order is 100 Wh.");
    expect(plain(problemText(problem, indonesian))).toBe("50 Wh terlalu sedikit. Order paling kecil 100 Wh.");
  });

  test("of a price names both prices", () => {
    const problem = problemOf(reverted("PriceMoved", [7n, 1_400_000, 1_450_500]));
    expect(plain(problemText(problem, english))).toContain("from Rp 1,400/kWh to Rp 1,450.50/kWh");
  });

  test("of a battery names its serial", () => {
    const problem = problemOf(reverted("PromiseExceedsStored", [meterId("battery-01"), 9_000n, 7_500n]));
    expect(plain(problemText(problem, english))).toContain(
      "The battery battery-01 covers 7.5 kWh; with this, 9 kWh",
    );
  });

  test("of a status says the status in words", () => {
    expect(problemText(problemOf(reverted("OfferNotActive", [7n, 3])), indonesian)).toContain(
      "sudah ditarik",
    );
    expect(problemText(problemOf(reverted("WrongTradeStatus", [7n, 6])), english)).toContain("completed");
  });

  test("of a token is in the token's unit", () => {
    const args = ["0x1111111111111111111111111111111111111111", 1_500_000n, 2_000_000n];
    const error = reverted("ERC20InsufficientBalance", args);
    expect(plain(problemText(problemOf(error, "rupiah"), english))).toContain(
      "holds Rp 1.50, Rp 2 is needed",
    );
    expect(plain(problemText(problemOf(error, "energy"), english))).toContain(
      "holds 1,500 kWh, 2,000 kWh is needed",
    );
  });

  test("of the rupiah desk is in rupiah and by the clock", () => {
    const token = "0x1111111111111111111111111111111111111111";
    const moved = reverted("LessThanMinimum", [token, 16_250_000_000n, 16_300_000_000n]);
    expect(plain(problemText(problemOf(moved), english))).toContain("you would get Rp 16,250, not Rp 16,300");
    const ended = problemText(
      problemOf(reverted("RateEnded", [token, 1_800_000_000, 1_800_000_060n])),
      english,
    );
    expect(ended).not.toContain("1800000000");
  });

  test("of two meters names both serials", () => {
    const problem = problemOf(reverted("DifferentMeters", [meterId("roof-01"), meterId("roof-02")]));
    expect(problemText(problem, english)).toContain("roof-01 and roof-02");
  });

  test("of a community's fee and limits is in rupiah per kWh, its slots by the clock", () => {
    const fee = problemOf(reverted("FeeTooHigh", [501, 500]));
    expect(plain(problemText(fee, english))).toBe("The network fee is Rp 501/kWh; the most is Rp 500/kWh.");
    const end = problemText(problemOf(reverted("NotSlotEnd", [1_800_000_000, 60])), english);
    expect(end).not.toContain("1800000000");
  });

  test("of a payout says its status in words", () => {
    const text = problemText(problemOf(reverted("WithdrawalNotCancelling", [3n, 2])), english);
    expect(text).toContain("paid");
  });

  test("without words of its own is named with its values", () => {
    const problem: Problem = {
      name: "SomethingNew",
      values: { given: "500" },
      units: { given: "wattHours" },
    };
    expect(plain(problemText(problem, english))).toBe("The contract refused: SomethingNew(500 Wh).");
  });
});

test("an error that shares its name with another one is not told in the other's words", () => {
  const problem = { name: "InsufficientBalance", values: { balance: "1", needed: "2" } };
  expect(problemText(problem, english)).toBe("The contract refused: InsufficientBalance(1, 2).");
});

describe("other trouble", () => {
  test("a refusal in the wallet is no problem at all", () => {
    const refused = new BaseError("outer", { cause: new UserRejectedRequestError(new Error("no")) });
    expect(isRejection(refused)).toBe(true);
    expect(isRejection(reverted("BookPaused", []))).toBe(false);
  });

  test("a node that does not answer is named as such", () => {
    const away = new BaseError("outer", { cause: new HttpRequestError({ url: "http://localhost" }) });
    expect(problemOf(away).name).toBe("Unreachable");
  });

  test("a part that viem could not fetch is no failure of the contract", () => {
    const cause = new TypeError("Failed to fetch dynamically imported module: http://localhost/ccip.js");
    const failed = new ContractFunctionExecutionError(new BaseError("outer", { cause }), {
      abi: [],
      functionName: "placeOrder",
    });
    expect(problemOf(failed)).toEqual({ name: "NotLoaded", values: {} });
  });

  test.each([
    [new UnauthorizedProviderError(new Error("locked")), "WalletLocked"],
    [new ResourceUnavailableRpcError(new Error("already pending")), "WalletBusy"],
    [new SwitchChainError(new Error("unknown chain")), "WrongNetwork"],
  ])("what keeps a wallet from signing is explained with the next step: %s", (cause, name) => {
    const problem = problemOf(new BaseError("outer", { cause }));
    expect(problem).toEqual({ name, values: {} });
    expect(problemText(problem, english)).toContain("then try again");
    expect(problemText(problem, indonesian)).toContain("lalu coba lagi");
  });

  test("anything else keeps its message", () => {
    expect(problemText(problemOf(new Error("odd")), english)).toBe("The transaction failed: odd");
  });
});

test("an action is told in both languages from the same values", () => {
  const action = { kind: "placeAsk", values: { wattHours: "3200", tick: "1310" } } as const;
  expect(plain(actionText(action, english))).toBe("Sell 3.2 kWh at Rp 1,310/kWh");
  expect(plain(actionText(action, indonesian))).toBe("Jual 3,2 kWh pada Rp 1.310/kWh");
});

test("nothing is said until the words are there, and names where they cannot be fetched", () => {
  const problem = { name: "InsufficientBalance", values: { available: "1" } };
  const action = { kind: "cancelOrder", values: {} } as const;
  const words = [makeI18n("en", en), makeI18n("en", en, {})].map((i18n) => [
    problemText(problem, i18n),
    actionText(action, i18n),
    outcomeText({ action }, i18n),
  ]);
  expect(words[0]).toEqual(["", "", ""]);
  expect(words[1]).toEqual([
    expect.stringContaining("InsufficientBalance(1)"),
    ...["cancelOrder", "cancelOrder"],
  ]);
});
