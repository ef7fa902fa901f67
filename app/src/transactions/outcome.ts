/** What the block says came of an order, where that is more than what was asked for. */
import { costOf, decodeOrderId, energyMarketAbi } from "@enerlink/protocol";
import { isAddressEqual, parseEventLogs, type TransactionReceipt } from "viem";
import type { System } from "../system/index.ts";
import type { Transaction } from "./store.ts";

/** @returns the name and the values of a `done.` message; undefined where the action's own say it all */
export function outcomeOf(
  { market }: Pick<System, "market">,
  { action, account }: Pick<Transaction, "action" | "account">,
  { logs }: Pick<TransactionReceipt, "logs">,
): Transaction["outcome"] {
  if (action.kind !== "placeBid" && action.kind !== "placeAsk") return undefined;
  const own = logs.filter(({ address }) => isAddressEqual(address, market.address));
  let filledWh = 0n;
  let idrs = 0n;
  for (const { args } of parseEventLogs({ abi: energyMarketAbi, logs: own, eventName: "OrderFilled" })) {
    if (!isAddressEqual(args.taker, account)) continue;
    const wattHours = BigInt(args.wattHours);
    filledWh += wattHours;
    idrs += costOf(wattHours, decodeOrderId(args.makerOrderId).tick);
  }
  const restingWh = parseEventLogs({ abi: energyMarketAbi, logs: own, eventName: "OrderPlaced" })
    .filter(({ args }) => isAddressEqual(args.owner, account))
    .reduce((sum, { args }) => sum + BigInt(args.wattHours), 0n);
  const returnedWh = BigInt(action.values.wattHours!) - filledWh - restingWh;
  const how =
    filledWh === 0n
      ? restingWh > 0n
        ? "Rests"
        : "None"
      : restingWh > 0n
        ? "Part"
        : returnedWh > 0n
          ? "Some"
          : "All";
  const amounts = { filledWh, idrs, restingWh, returnedWh };
  const values = Object.entries(amounts).map(([name, amount]) => [name, String(amount)]);
  return { name: `${action.kind}${how}`, values: { ...action.values, ...Object.fromEntries(values) } };
}
