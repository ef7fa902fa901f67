/**
 * Why a transaction did not work out, as data that survives a reload and a change of language. Its words come after the
 * page; a moment long nothing is said.
 */
import { membersOf, serialOf, type Unit } from "@enerlink/protocol";
import { isAddress, isHex } from "viem";
import { fill, type I18n } from "../i18n/index.ts";
import type { Action, Problem, TokenName, Transaction } from "./store.ts";

/** What the values of our own actions and of their outcomes count. */
const actionUnits: Record<string, Unit> = {
  wattHours: "wattHours",
  filledWh: "wattHours",
  restingWh: "wattHours",
  returnedWh: "wattHours",
  idrs: "idrs",
  price: "price",
  tick: "tick",
  sellFrom: "tick",
  buyUpTo: "tick",
  meterId: "meter",
};

/** A value in words, in the reader's language. */
export function valueText(
  unit: Unit | undefined,
  value: string,
  { format, lookup }: Pick<I18n, "format" | "lookup">,
  token?: TokenName,
): string {
  if (unit === undefined) return isAddress(value, { strict: false }) ? format.address(value) : value;
  if (unit === "meter") return isHex(value) ? serialOf(value) : value;
  const members = membersOf(unit);
  if (members) {
    const member = members[Number(value)] ?? value;
    return lookup(`enum.${unit}.${member}`) ?? member;
  }
  const amount = BigInt(value);
  const energy = () => format.exactEnergy(amount);
  const money = () => format.exactMoney(amount);
  const writers: Partial<Record<Unit, () => string>> = {
    wattHours: energy,
    idrs: money,
    ofToken: token === undefined ? () => value : token === "energy" ? energy : money,
    watts: () => format.watts(Number(amount)),
    price: () => format.exactPrice(amount),
    tick: () => format.tickPrice(Number(amount)),
    time: () => format.clock(Number(amount), Date.now() / 1_000),
    cell: () => amount.toString(16),
  };
  return writers[unit]?.() ?? value;
}

const valueTexts = (
  values: Record<string, string>,
  i18n: I18n,
  units: Record<string, Unit> = {},
  token?: TokenName,
) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueText(units[name], value, i18n, token)]),
  );

/**
 * What went wrong in words. A contract's error without a message of its own, or of the same name as another contract's
 * with other values, is named with its values.
 */
export function problemText(problem: Problem, i18n: I18n): string {
  if (!i18n.tells) return "";
  const values = valueTexts(problem.values, i18n, problem.units, problem.token);
  const text = i18n.lookup(`error.${problem.name}`, values);
  return text === undefined || /\{\w+\}/.test(text)
    ? i18n.t("error.Other", { name: `${problem.name}(${Object.values(values).join(", ")})` })
    : text;
}

/** What a transaction does, in words. */
export function actionText(action: Action, i18n: I18n): string {
  if (!i18n.tells) return "";
  return fill(
    i18n.lookup(`action.${action.kind}`) ?? action.kind,
    valueTexts(action.values, i18n, actionUnits),
  );
}

/** What came of a transaction, in words: a receipt. */
export function outcomeText(
  { action, outcome }: Pick<Transaction, "action" | "outcome">,
  i18n: I18n,
): string {
  if (!i18n.tells) return "";
  const { name, values } = outcome ?? { name: action.kind, values: action.values };
  return fill(i18n.lookup(`done.${name}`) ?? name, valueTexts(values, i18n, actionUnits));
}
