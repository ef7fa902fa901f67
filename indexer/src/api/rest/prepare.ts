/** Turns a wish into a transaction that the sender's own wallet signs, if the contract would accept it now. */
import { type FieldProblem, Problem } from "@enerlink/edge";
import { formatKwh, formatPrice } from "@enerlink/protocol";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  getAddress,
  type Hex,
} from "viem";
import { chainId, client } from "../chain.ts";
import { isoOf } from "./format.ts";

type Wish = {
  from: Address;
  to: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
  /** What it will do, in words, given what the contract would return. */
  effect: (result: unknown) => string;
  /** What it would return, by name. */
  result?: (result: unknown) => Record<string, string>;
};

/** @throws Problem 422 with the contract's own error when it would refuse, 502 when the node does not answer */
export async function prepare({ from, to, abi, functionName, args, effect, result: named }: Wish) {
  const data: Hex = encodeFunctionData({ abi, functionName, args });
  const call = { address: to, abi, functionName, args, account: from };
  try {
    const [{ result }, gas] = await Promise.all([
      client.simulateContract(call),
      client.estimateContractGas(call),
    ]);
    return {
      transaction: {
        from: getAddress(from),
        to: getAddress(to),
        data,
        value: "0",
        chainId,
        gas: String(gas),
      },
      effect: effect(result),
      result: named?.(result) ?? {},
    };
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): Problem {
  if (!(error instanceof BaseError)) throw error;
  const reverted = error.walk((inner) => inner instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) {
    return new Problem(502, "The chain does not answer", error.shortMessage);
  }
  if (!reverted.data)
    return new Problem(422, "The contract refuses", reverted.reason ?? "It reverts without a reason");
  const { errorName: name, args = [], abiItem } = reverted.data;
  const values = Object.fromEntries(
    (abiItem && "inputs" in abiItem ? abiItem.inputs : []).map((input, i) => [
      input.name ?? String(i),
      args[i],
    ]),
  );
  const written = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
  const field = fieldOf(name, values as never);
  const listed = Object.entries(written).map(([key, value]) => `${key} ${value}`);
  const detail = field ? `${field.field} ${field.message}` : [name, ...listed].join(", ");
  return new Problem(422, "The contract refuses", detail, field ? [field] : [], {
    contractError: { name, arguments: written },
  });
}

type Values = Record<string, bigint | number | string>;

/** Which field a contract's error is about, and what it may be. */
function fieldOf(name: string, values: Values): FieldProblem | undefined {
  const kwh = (value: unknown) => `${formatKwh(BigInt(value as bigint))} kWh`;
  const perKwh = (value: unknown) => `${formatPrice(BigInt(value as bigint))} IDR/kWh`;
  const at = (value: unknown) => isoOf(BigInt(value as bigint));
  switch (name) {
    case "AmountTooSmall":
    case "OrderTooSmall":
      return { field: "energyAmount", message: `must be at least ${kwh(values.minimumWh)}` };
    case "AmountExceedsOffer":
      return { field: "energyAmount", message: `must be at most what remains, ${kwh(values.remainingWh)}` };
    case "PromiseExceedsStored":
      return {
        field: "energyAmount",
        message: `must, with what the battery has promised already, be at most ${kwh(values.coveredWh)}`,
      };
    case "DeliveryNotMetered":
      return { field: "energyAmount", message: `must be at most what was metered, ${kwh(values.meteredWh)}` };
    case "DeliveryExceedsTrade":
      return { field: "energyAmount", message: `must be at most what is owed, ${kwh(values.remainingWh)}` };
    case "PriceTooLow":
      return { field: "pricePerKwh", message: `must be at least ${perKwh(values.minimumPrice)}` };
    case "PriceTooHigh":
      return { field: "pricePerKwh", message: `must be at most ${perKwh(values.maximumPrice)}` };
    case "PriceMoved":
      return { field: "pricePerKwh", message: `must be the offer's, now ${perKwh(values.price)}` };
    case "EndMoved":
      return { field: "availableTo", message: `must be the offer's, now ${at(values.availableTo)}` };
    case "InvalidPeriod":
      return { field: "availableTo", message: `must be ${at(values.earliest)} to ${at(values.latest)}` };
    case "CellMismatch":
      return { field: "location", message: "must lie in the battery's cell" };
    case "NotBatteryOwner":
      return { field: "batteryId", message: "must be a battery of the sender" };
    case "NotABattery":
      return { field: "batteryId", message: "must be a battery" };
    case "NotOfferSeller":
    case "NotTradeSeller":
      return { field: "from", message: "must be the seller" };
    case "NotTradeBuyer":
      return { field: "from", message: "must be the buyer" };
    case "NotOrderOwner":
      return { field: "from", message: "must be who placed the order" };
    case "OwnOffer":
      return { field: "from", message: "must not be the offer's seller" };
    case "FillOrKillUnfilled":
      return {
        field: "energyAmount",
        message: `must be at most what can be filled, ${kwh(values.fillableWh)}`,
      };
    case "PostOnlyWouldCross":
      return { field: "pricePerKwh", message: `must not cross ${values.bestOpposite} IDR/kWh` };
    case "ERC20InsufficientBalance":
      return { field: "from", message: "must have the amount in its trading balance or wallet" };
    case "ERC20InsufficientAllowance":
      return { field: "from", message: "must first approve the market: POST /api/v1/trading/approve" };
    default:
      return undefined;
  }
}
