/** A contract's refusal in words: which field it is about where there is one, else what the error is called and says. */
import { type FieldProblem, Problem } from "@enerlink/edge";
import { argumentsOf, type ContractError, formatIdr, formatKwh, revertOf } from "@enerlink/protocol";
import { BaseError } from "viem";

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
  AlreadyRated: ({ tradeId, rater }) => `${rater} has rated trade ${tradeId} already`,
  NotRatable: ({ tradeId }) =>
    `trade ${tradeId} can be rated once it is completed; one that expired, by its buyer`,
  OrderNotOpen: ({ orderId }) => `order ${orderId} is not open any more`,
};

/** Any error: "Not closable yet (NotClosableYet): trade 1, closable at 2026-11-21T08:00:00.000Z". */
function described(error: ContractError): string {
  const { errorName } = error;
  const words = wordsOf(errorName);
  const values = argumentsOf(error).map(({ name, text }) => `${wordsOf(name)} ${text}`);
  const what = `${words[0]!.toUpperCase()}${words.slice(1)} (${errorName})`;
  return values.length === 0 ? what : `${what}: ${values.join(", ")}`;
}

/**
 * The answer to a wish that the contract would refuse with `error`.
 * @param permitted of which token it brought a permit, where it pulls no other
 */
export function refusalOf(error: ContractError, permitted?: "ETK" | "IDRS"): Problem {
  const { errorName: name } = error;
  const given = argumentsOf(error);
  const texts = Object.fromEntries(given.map(({ name, text }) => [name, text]));
  const plain = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  const lacks = permitted && name === "ERC20InsufficientAllowance" ? plain.needed : undefined;
  const field = lacks === undefined ? fields[name]?.(texts) : tooLittle(permitted!, BigInt(lacks));
  const detail = field ? `${field.field} ${field.message}` : (sentences[name]?.(texts) ?? described(error));
  return new Problem(422, "The contract refuses", detail, field ? [field] : [], {
    contractError: { name, arguments: plain },
  });
}

const field = (field: string, message: string): FieldProblem => ({ field, message });

const tooLittle = (token: "ETK" | "IDRS", needed: bigint) =>
  field(
    "permit.amount",
    `must be at least what is pulled, ${token === "ETK" ? `${formatKwh(needed)} kWh` : `${formatIdr(needed)} IDR`}`,
  );

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
  NotTradeParty: () => field("from", "must be the trade's buyer or seller"),
  ERC2612ExpiredSignature: ({ deadline }) => field("permit.deadline", `must lie ahead, not ${deadline}`),
  ERC2612InvalidSigner: () =>
    field("permit.signature", "must be from's, of exactly this amount and deadline, made for the next nonce"),
  OwnOffer: () => field("from", "must not be the offer's seller"),
  ERC20InsufficientBalance: () => field("from", "must have the amount in its trading balance or wallet"),
  ERC20InsufficientAllowance: () =>
    field("from", "must first approve the market: POST /api/v1/trading/approve"),
};

/** What a call that failed says to who asked. @throws what is no failure of a call */
export function asRefusal(error: unknown, permitted?: "ETK" | "IDRS"): Problem {
  if (!(error instanceof BaseError)) throw error;
  const reverted = revertOf(error);
  if (!reverted) return new Problem(502, "The chain does not answer", error.shortMessage);
  return reverted.data
    ? refusalOf(reverted.data, permitted)
    : new Problem(422, "The contract refuses", reverted.reason ?? "It reverts without a reason");
}
