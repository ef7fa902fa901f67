/** What the chain's events tell people: orders that met, and meters whose debt is beyond their credit. */
import { energyConverterAbi, energyMarketAbi, serialOf } from "@enerlink/contracts";
import type { Deployment } from "@enerlink/contracts/deployment";
import { isAddressEqual, parseEventLogs } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Events } from "../events.ts";
import type { Alerts } from "./alerts.ts";

export function makeChainNews({
  deployment,
  alerts,
  events,
}: {
  deployment: Deployment;
  alerts: Pick<Alerts, "raise" | "end">;
  events: Pick<Events, "emit">;
}): LogListener {
  const { energyConverter, energyMarket } = deployment.contracts;
  return async (logs) => {
    for (const entry of parseEventLogs({ abi: [...energyConverterAbi, ...energyMarketAbi], logs })) {
      if (entry.eventName === "OrderFilled" && isAddressEqual(entry.address, energyMarket)) {
        const { makerOrderId, taker, wattHours } = entry.args;
        events.emit("order_matched", {
          makerOrderId: makerOrderId.toString(),
          taker,
          wattHours,
          transactionHash: entry.transactionHash,
        });
      }
      if (!isAddressEqual(entry.address, energyConverter)) continue;
      if (entry.eventName === "CreditExceeded") {
        const { meterId, debtWh } = entry.args;
        alerts.raise(
          "credit-exceeded",
          serialOf(meterId),
          `the debt is ${debtWh} Wh; it ends when all is repaid`,
        );
      } else if (entry.eventName === "MeterSettled" || entry.eventName === "DebtRepaid") {
        const { meterId, debtWh } = entry.args;
        if (debtWh === 0n) alerts.end("credit-exceeded", serialOf(meterId));
      }
    }
  };
}
