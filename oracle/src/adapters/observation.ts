/** What an adapter makes of a device's message. */
import type { MessageFault } from "../meters/message.ts";

/**
 * Cumulative registers, whole Wh; the message has no time where `timestamp` (unix seconds) is undefined. A register is
 * undefined only where the format reports by exception: it has not changed.
 */
export type ObservedRegisters = {
  kind: "registers";
  exportWh: bigint | undefined;
  importWh: bigint | undefined;
  timestamp: number | undefined;
};

/** The device, or its last will, says whether it is there; `uptime` in the device's own unit. */
export type Liveness = { kind: "liveness"; state: "online" | "offline"; uptime?: number };

export type Observation = ObservedRegisters | Liveness;

/** None where the message is the device's but carries neither; a refusal names the field. */
export type Adapted =
  | { observations: Observation[] }
  | { fault: MessageFault | "wrong-serial"; detail: string };
