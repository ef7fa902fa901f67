/** What the converter's events say that meters owe. */
import { energyConverterAbi, serialOf } from "@enerlink/protocol";
import { type Address, type Hex, isAddressEqual } from "viem";
import { type Logs, parseEventLogs } from "./logs.ts";
import type { Mirror } from "./mirror.ts";

/** All that a meter owes from then on, Wh; `beyondCredit` where that is why it is told. */
export type Debt = { serial: string; debtWh: bigint; beyondCredit: boolean; transactionHash: Hex };

/** Events that tell all that a meter owes, whether it is slotted or not. */
const telling: readonly string[] = [
  "CreditExceeded",
  "DebtRepaid",
  "MeterCorrected",
  "SlotsJoined",
  "SlotsLeft",
  "FellBehind",
];

/**
 * The debts that `logs` tell, in their order. A slotted meter's settlement tells none: its debt, its arrears, changes with
 * its slots. The mirror has taken `logs` in.
 */
export function debtsIn(logs: Logs, energyConverter: Address, mirror: Pick<Mirror, "meter">): Debt[] {
  const slotted = new Map<string, boolean>();
  const debts: Debt[] = [];
  const entries = parseEventLogs({ abi: energyConverterAbi, logs: [...logs] }).filter(({ address }) =>
    isAddressEqual(address, energyConverter),
  );
  // From the end, where it stands as the mirror says.
  for (const { eventName, args, transactionHash } of entries.reverse()) {
    if (!("meterId" in args)) continue;
    const serial = serialOf(args.meterId);
    if (eventName === "SlotsLeft" || eventName === "SlotsJoined")
      slotted.set(serial, eventName === "SlotsLeft");
    const isSlotted = slotted.get(serial) ?? mirror.meter(serial)?.slots !== undefined;
    if (!("debtWh" in args)) continue;
    if (telling.includes(eventName) || (eventName === "MeterSettled" && !isSlotted))
      debts.push({
        serial,
        debtWh: args.debtWh,
        beyondCredit: eventName === "CreditExceeded",
        transactionHash,
      });
  }
  return debts.reverse();
}
