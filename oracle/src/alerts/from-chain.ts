/** What the chain's events alert people of: meters whose debt is beyond their credit. */
import type { Address } from "viem";
import { debtsIn } from "../chain/debts.ts";
import type { LogListener } from "../chain/follow.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Alerts } from "./alerts.ts";

export function makeChainAlerts({
  energyConverter,
  mirror,
  alerts,
}: {
  energyConverter: Address;
  mirror: Pick<Mirror, "meter">;
  alerts: Pick<Alerts, "raise" | "end">;
}): LogListener {
  return async (logs) => {
    for (const { serial, debtWh, beyondCredit } of debtsIn(logs, energyConverter, mirror)) {
      if (!mirror.meter(serial)) continue;
      if (beyondCredit)
        alerts.raise("credit-exceeded", serial, `the debt is ${debtWh} Wh; it ends when all is repaid`);
      else if (debtWh === 0n) alerts.end("credit-exceeded", serial);
    }
  };
}
