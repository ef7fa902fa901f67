/** What the chain's events alert people of: meters whose debt is beyond their credit. */
import { energyConverterAbi, serialOf } from "@enerlink/protocol";
import { type Address, isAddressEqual, parseEventLogs } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Alerts } from "./alerts.ts";

export function makeChainAlerts({
  energyConverter,
  alerts,
}: {
  energyConverter: Address;
  alerts: Pick<Alerts, "raise" | "end">;
}): LogListener {
  return async (logs) => {
    for (const entry of parseEventLogs({ abi: energyConverterAbi, logs })) {
      if (!isAddressEqual(entry.address, energyConverter)) continue;
      if (entry.eventName === "CreditExceeded") {
        const { meterId, debtWh } = entry.args;
        alerts.raise(
          "credit-exceeded",
          serialOf(meterId),
          `the debt is ${debtWh} Wh; it ends when all is repaid`,
        );
      } else if (
        entry.eventName === "MeterSettled" ||
        entry.eventName === "DebtRepaid" ||
        entry.eventName === "MeterCorrected"
      ) {
        const { meterId, debtWh } = entry.args;
        if (debtWh === 0n) alerts.end("credit-exceeded", serialOf(meterId));
      }
    }
  };
}
