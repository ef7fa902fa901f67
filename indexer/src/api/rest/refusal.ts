/** A contract's refusal in words: which field it is about where there is one, else what the error is called and says. */
import { type FieldProblem, Problem } from "@enerlink/edge";
import * as protocol from "@enerlink/protocol";
import { formatIdr, formatKwh, formatPrice, isSerial, namesOf, serialOf, smalls } from "@enerlink/protocol";
import type { Hex } from "viem";
import { isoOf } from "./times.ts";

/** As an ABI has it. */
type Parameter = { name?: string | undefined; type: string; internalType?: string | undefined };
/** As viem decodes it. */
type ContractError = { errorName: string; args?: readonly unknown[] | undefined; abiItem: object };
const inputsOf = ({ abiItem }: ContractError) => (abiItem as { inputs?: readonly Parameter[] }).inputs ?? [];

const time = (value: unknown) => isoOf(BigInt(value as bigint));
const tick = (value: unknown) => `${value} IDR/kWh`;
const serial = (id: unknown) => (isSerial(serialOf(id as Hex)) ? serialOf(id as Hex) : String(id));

/** How a value is written with its unit, by the argument's name; the contracts name them alike everywhere. */
const units: [name: RegExp, write: (value: unknown) => string][] = [
  [/^wattHours$|Wh$/, (value) => `${formatKwh(BigInt(value as bigint))} kWh`],
  [/^(price|seen|\w+Price)$/, (value) => `${formatPrice(BigInt(value as bigint))} IDR/kWh`],
  [/^(tick|bestOpposite)$/, tick],
  [/^idrs$|Idrs$/, (value) => `${formatIdr(BigInt(value as bigint))} IDR`],
  [/^(timestamp|deadline|earliest|latest|until|blockTime)$|(At|By|From|To)$/, time],
  [/^(meter|battery)Id$/, serial],
  [/^h3Cell$|Cell$/, (value) => BigInt(value as bigint).toString(16)],
  [/^delay$/, (value) => `${value} s`],
];

/** An enum's member, as REST writes it. */
function memberOf(type: string, value: unknown): string | undefined {
  const name = /^enum (?:\w+\.)?(\w+)$/.exec(type)?.[1];
  const members = (protocol as Record<string, unknown>)[name ?? ""] as Record<string, number> | undefined;
  return members && smalls(namesOf(members))[Number(value)];
}

/** A value with its unit. */
export function written({ name = "", internalType = "" }: Parameter, value: unknown): string {
  const unit = units.find(([pattern]) => pattern.test(name));
  return memberOf(internalType, value) ?? (unit ? unit[1](value) : String(value));
}

/** "closableAt" as "closable at", "tradeId" as "trade". */
const wordsOf = (name: string) =>
  name
    .replace(/(?<=.)Id$/, "")
    .replace(/(?<=[a-z])Wh$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();

/** What is wrong, where it is about no field. */
const sentences: Record<string, (values: Record<string, string>) => string> = {
  WrongTradeStatus: ({ tradeId, status }) => `trade ${tradeId} is ${status} already`,
  OfferNotActive: ({ offerId, status }) => `offer ${offerId} is ${status} already`,
  OrderNotOpen: ({ orderId }) => `order ${orderId} is not open any more`,
};

/** Any error: "Not closable yet (NotClosableYet): trade 1, closable at 2026-11-21T08:00:00.000Z". */
function described(error: ContractError): string {
  const { errorName, args = [] } = error;
  const words = wordsOf(errorName);
  const values = inputsOf(error).map((input, i) => `${wordsOf(input.name ?? "")} ${written(input, args[i])}`);
  const what = `${words[0]!.toUpperCase()}${words.slice(1)} (${errorName})`;
  return values.length === 0 ? what : `${what}: ${values.join(", ")}`;
}

/** The answer to a wish that the contract would refuse with `error`. */
export function refusalOf(error: ContractError): Problem {
  const { errorName: name, args = [] } = error;
  const inputs = inputsOf(error).map((input, i) => [input.name ?? String(i), input, args[i]] as const);
  const values = Object.fromEntries(inputs.map(([key, input, value]) => [key, written(input, value)]));
  const field = fields[name]?.(values);
  const detail = field ? `${field.field} ${field.message}` : (sentences[name]?.(values) ?? described(error));
  const plain = Object.fromEntries(inputs.map(([key, , value]) => [key, String(value)]));
  return new Problem(422, "The contract refuses", detail, field ? [field] : [], {
    contractError: { name, arguments: plain },
  });
}

const field = (field: string, message: string): FieldProblem => ({ field, message });

/** Which field an error is about, and what it may be. */
const fields: Record<string, (values: Record<string, string>) => FieldProblem> = {
  AmountTooSmall: ({ minimumWh }) => field("energyAmount", `must be at least ${minimumWh}`),
  OrderTooSmall: ({ minimumWh }) => field("energyAmount", `must be at least ${minimumWh}`),
  AmountExceedsOffer: ({ remainingWh }) =>
    field("energyAmount", `must be at most what remains, ${remainingWh}`),
  PromiseExceedsStored: ({ coveredWh }) =>
    field("energyAmount", `must, with what the battery has promised already, be at most ${coveredWh}`),
  DeliveryNotMetered: ({ meteredWh }) =>
    field("energyAmount", `must be at most what was metered, ${meteredWh}`),
  DeliveryExceedsTrade: ({ remainingWh }) =>
    field("energyAmount", `must be at most what is owed, ${remainingWh}`),
  FillOrKillUnfilled: ({ fillableWh }) =>
    field("energyAmount", `must be at most what can be filled, ${fillableWh}`),
  PriceTooLow: ({ minimumPrice }) => field("pricePerKwh", `must be at least ${minimumPrice}`),
  PriceTooHigh: ({ maximumPrice }) => field("pricePerKwh", `must be at most ${maximumPrice}`),
  PriceMoved: ({ price }) => field("pricePerKwh", `must be the offer's, now ${price}`),
  PostOnlyWouldCross: ({ bestOpposite }) => field("pricePerKwh", `must not cross ${bestOpposite}`),
  EndMoved: ({ availableTo }) => field("availableTo", `must be the offer's, now ${availableTo}`),
  InvalidPeriod: ({ earliest, latest }) => field("availableTo", `must be ${earliest} to ${latest}`),
  CellMismatch: () => field("location", "must lie in the battery's cell"),
  NotBatteryOwner: () => field("batteryId", "must be a battery of the sender"),
  NotABattery: () => field("batteryId", "must be a battery"),
  NotOfferSeller: () => field("from", "must be the seller"),
  NotTradeSeller: () => field("from", "must be the seller"),
  NotTradeBuyer: () => field("from", "must be the buyer"),
  NotOrderOwner: () => field("from", "must be who placed the order"),
  OwnOffer: () => field("from", "must not be the offer's seller"),
  ERC20InsufficientBalance: () => field("from", "must have the amount in its trading balance or wallet"),
  ERC20InsufficientAllowance: () =>
    field("from", "must first approve the market: POST /api/v1/trading/approve"),
};
