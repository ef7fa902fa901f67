/** An order from what is typed: what it would do, why it cannot be, and how it is placed. */
import { Side as BookSide, TimeInForce } from "@enerlink/protocol";
import type { I18n } from "../i18n/index.ts";
import type { System } from "../system/index.ts";
import {
  type Book,
  type Funds,
  MAX_STEPS,
  marketTick,
  type Order,
  type QuoteProblem,
  quote,
} from "./quote.ts";

/** A market order is one that takes at once what it can up to a limit: the market's is computed, not typed. */
export type OrderType = "limit" | "market";

/** What is typed, read. `tick` is undefined in a market order. */
export type Typed = { energy: bigint; tick: bigint | undefined; timeInForce: keyof typeof TimeInForce };

/** The order that was meant, on the book as it is now; none where a market order meets nobody. */
export function orderOf(
  { energy, tick, timeInForce }: Typed,
  side: Order["side"],
  type: OrderType,
  book: Book | undefined,
): Order | undefined {
  const limit = tick === undefined ? book && marketTick(side, energy, book) : Number(tick);
  if (limit === undefined) return undefined;
  return {
    side,
    wattHours: energy,
    tick: limit,
    timeInForce: TimeInForce[type === "market" ? "IOC" : timeInForce],
  };
}

/** Why the contract would refuse it, at the field that has to change. */
export function problemWords(
  problem: QuoteProblem | undefined,
  side: Order["side"],
  { t, format }: Pick<I18n, "t" | "format">,
): { energy?: string; tick?: string } {
  switch (problem?.kind) {
    case "funds":
      return {
        energy:
          side === "buy"
            ? t("ticket.missingMoney", { amount: format.moneyUp(problem.missing) })
            : t("ticket.missingEnergy", { amount: format.exactEnergy(problem.missing) }),
      };
    case "unfillable":
      return { energy: t("ticket.unfillable", { energy: format.exactEnergy(problem.fillableWh) }) };
    case "crosses":
      return { tick: t("ticket.crosses", { price: format.tickPrice(problem.tick) }) };
    default:
      return {};
  }
}

/** The transaction that places it; what the trading balance lacks comes from the wallet. */
export function placement(order: Order, book: Book, funds: Funds, market: System["market"]) {
  const { side, tick, wattHours, timeInForce } = order;
  const buys = side === "buy";
  const { fromWallet } = quote(order, book, funds);
  const values = { wattHours: String(wattHours), tick: String(tick), timeInForce: String(timeInForce) };
  return {
    action: { kind: buys ? ("placeBid" as const) : ("placeAsk" as const), values },
    call: {
      address: market.address,
      abi: market.abi,
      functionName: "placeOrder" as const,
      args: [buys ? BookSide.Bid : BookSide.Ask, tick, Number(wattHours), timeInForce, MAX_STEPS] as const,
    },
    pulls:
      fromWallet > 0n
        ? [{ token: buys ? ("rupiah" as const) : ("energy" as const), amount: fromWallet }]
        : [],
  };
}
