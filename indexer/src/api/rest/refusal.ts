/** A contract's refusal in words: which field it is about where there is one, else what the error is called and says. */
import { type FieldProblem, Problem } from "@enerlink/edge";
import { argumentsOf, type ContractError, formatIdr, formatKwh, revertOf } from "@enerlink/protocol";
import { type Address, BaseError } from "viem";

/** "closableAt" as "closable at", "tradeId" as "trade". */
const wordsOf = (name: string) =>
  name
    .replace(/(?<=.)Id$/, "")
    .replace(/(?<=[a-z])Wh$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();

/** Where something begins, it has not come far enough; elsewhere it is past what was wished. */
const standing = (status: string) => (status === "pending" ? `still ${status}` : `${status} already`);

/** What is wrong, where it is about no field. */
const sentences: Record<string, (values: Record<string, string>) => string> = {
  WrongTradeStatus: ({ tradeId, status }) => `trade ${tradeId} is ${standing(status!)}`,
  OfferNotActive: ({ offerId, status }) => `offer ${offerId} is ${standing(status!)}`,
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

/** What the contract's error does not say of a wish that pulls tokens. */
export type Pull = {
  /** Of which token it brought a permit, where it pulls no other. */
  permitted?: Token | undefined;
  /** The seller, where the tokens are pulled from its wallet and somebody else sends. */
  seller?: Address | undefined;
  /** What the wallet holds that they are pulled from, where it is one token. */
  held?: { token: Token; value: bigint } | undefined;
};
type Token = "ETK" | "IDRS";

/** The answer to a wish that the contract would refuse with `error`. */
export function refusalOf(error: ContractError, pull: Pull = {}): Problem {
  const { errorName: name } = error;
  const given = argumentsOf(error);
  const texts = Object.fromEntries(given.map(({ name, text }) => [name, text]));
  const plain = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  const pulled = PULLING.includes(name) ? ofPull(name, BigInt(plain.needed!), pull) : undefined;
  const field = typeof pulled === "string" ? undefined : (pulled ?? fields[name]?.(texts));
  const words = typeof pulled === "string" ? pulled : (sentences[name]?.(texts) ?? described(error));
  const detail = field ? `${field.field} ${field.message}` : words;
  return new Problem(422, "The contract refuses", detail, field ? [field] : [], {
    contractError: { name, arguments: plain },
  });
}

const field = (field: string, message: string): FieldProblem => ({ field, message });

const PULLING = ["ERC20InsufficientAllowance", "ERC20InsufficientBalance"];
const inUnits = (token: Token, value: bigint) =>
  token === "ETK" ? `${formatKwh(value)} kWh` : `${formatIdr(value)} IDR`;

/**
 * What is wrong where the market pulls `needed` from a wallet: a field of the sender's, or a sentence about the seller,
 * of whom the sender has no field. A token asks for the approval first, which is of no use to who has not the amount.
 */
function ofPull(name: string, needed: bigint, { permitted, seller, held }: Pull) {
  const lacks = held !== undefined && held.value < needed;
  if (seller) {
    const has = held ? ` and has ${formatKwh(held.value)} kWh there` : "";
    return lacks || name === "ERC20InsufficientBalance"
      ? `the seller, ${seller}, lacks energy: it must have ${formatKwh(needed)} kWh in its wallet beside its trading balance${has}`
      : `the seller, ${seller}, must first approve the market for ${formatKwh(needed)} kWh: POST /api/v1/trading/approve`;
  }
  if (lacks)
    return field(
      "from",
      `must have ${inUnits(held.token, needed)} in its wallet beside its trading balance, and has ${inUnits(held.token, held.value)} there`,
    );
  return permitted && name === "ERC20InsufficientAllowance"
    ? field("permit.amount", `must be at least what is pulled, ${inUnits(permitted, needed)}`)
    : undefined;
}

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
  ZeroAccount: () => field("account", "must not be the zero address"),
  InsufficientBalance: ({ energyWh, idrs }) =>
    field("from", `must have the amount free in its trading balance, and has ${energyWh} and ${idrs} there`),
  OwnOffer: () => field("from", "must not be the offer's seller"),
  ERC20InsufficientBalance: () => field("from", "must have the amount in its trading balance or wallet"),
  ERC20InsufficientAllowance: () =>
    field("from", "must first approve the market: POST /api/v1/trading/approve"),
};

/** What a call that failed says to who asked. @throws what is no failure of a call */
export function asRefusal(error: unknown, pull: Pull = {}): Problem {
  if (!(error instanceof BaseError)) throw error;
  const reverted = revertOf(error);
  if (!reverted) return new Problem(502, "The chain does not answer", error.shortMessage);
  return reverted.data
    ? refusalOf(reverted.data, pull)
    : new Problem(422, "The contract refuses", reverted.reason ?? "It reverts without a reason");
}

/** Whether a call failed for what the market could not pull. */
export const failsToPull = (error: unknown): boolean =>
  error instanceof BaseError && PULLING.includes(revertOf(error)?.data?.errorName ?? "");
