/** Why a transaction did not work out, as data that survives a reload and a change of language. */
import { namesOf, Side, SkipReason, serialOf } from "@enerlink/protocol";
import { isAddress, isHex } from "viem";
import { fill, type I18n } from "../i18n/index.ts";
import {
  meterKinds,
  meterStatuses,
  offerStatuses,
  tradeStatuses,
  trustClasses,
  withdrawalStatuses,
} from "../system/index.ts";
import type { Action, Transaction } from "./store.ts";

export type TokenName = "energy" | "rupiah";

/** `name` is the contract's error, or one of ours: Unreachable, Dropped, Replaced, Unknown and the like. */
export type Problem = { name: string; values: Record<string, string>; token?: TokenName };

const times = new Set([
  "timestamp",
  "deadline",
  "blockTime",
  "answerBy",
  "deliverBy",
  "availableFrom",
  "availableTo",
  "seenTo",
  "earliest",
  "latest",
  "closableAt",
  "allowedAt",
  "cancellableAt",
  "reclaimableAt",
  "declarableAt",
  "acceptableFrom",
  "until",
  "from",
  "seenAt",
  "settledAt",
  "windowEnd",
  "committed",
]);
const prices = new Set(["price", "minimumPrice", "maximumPrice", "seen"]);
const ticks = new Set(["tick", "bestOpposite", "sellFrom", "buyUpTo"]);
const meters = new Set(["meterId", "batteryId", "earlierId", "laterId"]);
const money = new Set(["idrs", "minimumIdrs", "remainingIdrs", "amount"]);
const power = new Set(["watts", "cap"]);
const ofToken = new Set(["balance", "needed", "allowance"]);

/** The enum that a value named so belongs to; `status` depends on the error. */
function enumOf(name: string, error: string): readonly string[] | undefined {
  if (name === "reason") return namesOf(SkipReason);
  if (name === "kind") return meterKinds;
  if (name === "trust") return trustClasses;
  if (name === "side") return namesOf(Side);
  if (name !== "status") return undefined;
  const statuses: Record<string, readonly string[]> = {
    OfferNotActive: offerStatuses,
    WrongTradeStatus: tradeStatuses,
    WithdrawalClosed: withdrawalStatuses,
    WithdrawalNotCancelling: withdrawalStatuses,
    WrongStatus: meterStatuses,
  };
  return statuses[error];
}

/** A contract's value in words: the contracts' names say the unit (`…Wh`, `price`, `availableTo`). */
export function valueText(
  name: string,
  value: string,
  { format, lookup }: Pick<I18n, "format" | "lookup">,
  { name: error, token }: Partial<Problem> = {},
): string {
  const members = enumOf(name, error ?? "");
  if (members) {
    const member = members[Number(value)] ?? value;
    return lookup(`enum.${name === "status" ? error : name}.${member}`) ?? member;
  }
  if (meters.has(name) && isHex(value)) return serialOf(value);
  if (isAddress(value, { strict: false })) return format.address(value);
  if (!/^\d+$/.test(value)) return value;
  const amount = BigInt(value);
  if (name === "most" && error === "DrawOutOfRange") return format.exactMoney(amount);
  if (power.has(name)) return format.watts(Number(amount));
  if (name === "wattHours" || name.endsWith("Wh") || (name === "most" && error === "CapacityTooLarge"))
    return format.exactEnergy(amount);
  if (prices.has(name)) return format.exactPrice(amount);
  if (ticks.has(name)) return format.tickPrice(Number(amount));
  if (money.has(name)) return format.exactMoney(amount);
  if (ofToken.has(name) && token)
    return token === "energy" ? format.exactEnergy(amount) : format.exactMoney(amount);
  if (times.has(name)) return format.clock(Number(amount), Date.now() / 1_000);
  return value;
}

const valueTexts = (values: Record<string, string>, i18n: I18n, problem?: Problem) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueText(name, value, i18n, problem)]),
  );

/**
 * What went wrong in words. A contract's error without a message of its own, or of the same name as another contract's
 * with other values, is named with its values.
 */
export function problemText(problem: Problem, i18n: I18n): string {
  const values = valueTexts(problem.values, i18n, problem);
  const text = i18n.lookup(`error.${problem.name}`, values);
  return text === undefined || /\{\w+\}/.test(text)
    ? i18n.t("error.Other", { name: `${problem.name}(${Object.values(values).join(", ")})` })
    : text;
}

/** What a transaction does, in words. */
export function actionText(action: Action, i18n: I18n): string {
  return fill(i18n.lookup(`action.${action.kind}`) ?? action.kind, valueTexts(action.values, i18n));
}

/** What came of a transaction, in words: a receipt. */
export function outcomeText(
  { action, outcome }: Pick<Transaction, "action" | "outcome">,
  i18n: I18n,
): string {
  const { name, values } = outcome ?? { name: action.kind, values: action.values };
  return fill(i18n.lookup(`done.${name}`) ?? name, valueTexts(values, i18n));
}
