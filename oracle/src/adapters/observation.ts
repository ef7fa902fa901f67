/** What a device's message says, by its adapter; and what follows from it once the parts of a register are added up. */
import type { MessageFault } from "@enerlink/protocol/wire/message";
import type { About } from "../rules/about.ts";

/**
 * One part of a register, in 10^-9 Wh: null where the device says that it has none yet, undefined where it was not sent
 * since it has not changed.
 */
export type Part = bigint | null | undefined;

/**
 * What a message says of cumulative registers, a register being the sum of its parts; one that the device does not have
 * has none. The message has no time where `timestamp` (unix seconds) is undefined, and shows no power where `watts`
 * (of all phases, whatever their direction) is.
 */
export type Readout = {
  kind: "readout";
  export: Part[];
  import: Part[];
  timestamp: number | undefined;
  watts?: number | undefined;
  /** Of how many counters each register is the sum, where that is more than its parts. */
  counters?: { export: number; import: number } | undefined;
  /** How many of those show 0 within one part. */
  zeros?: { export: number; import: number } | undefined;
};

/** A readout as whole Wh; null and undefined as in `Part`. */
export type ObservedRegisters = {
  kind: "registers";
  exportWh: bigint | null | undefined;
  importWh: bigint | null | undefined;
  /** Of how many counters each register is the sum; of one where it is not said. */
  counters?: { exportWh: number; importWh: number } | undefined;
  /** Of which registers a counter shows 0 that has counted before, as one does that has just started. */
  blank?: { exportWh: boolean; importWh: boolean } | undefined;
  timestamp: number | undefined;
  watts?: number | undefined;
  /**
   * Of registers that are put together: when what this message brings of each was heard last before, unix seconds; null
   * where it brings nothing of it, undefined where nobody knows.
   */
  heardBefore?: { exportWh: number | null | undefined; importWh: number | null | undefined };
  /** Since when at the earliest what was not sent may have grown, unix seconds, by when the device was heard. */
  unsentSince?: number;
  /** Whether each register comes in a message of its own, so that one which was never sent is only waited for. */
  gathers?: boolean;
};

/** The device, or its last will, says whether it is there; `uptime` in the device's own unit. */
export type Liveness = { kind: "liveness"; state: "online" | "offline"; uptime?: number };

/** What the device is to be asked for, since its message cannot be understood without. */
export type Request = { kind: "request"; topic: string; payload: Uint8Array };

export type Observation = ObservedRegisters | Liveness | Request;

/** None where the message is the device's but carries neither; a refusal names the field. */
export type Adapted =
  | { observations: Observation[] }
  | { fault: MessageFault | "wrong-serial" | "wrong-signature"; detail: string; about?: About };

/** What an adapter is told of a message beside its bytes. */
export type Receipt = {
  /** Unix seconds. */
  at: number;
  /** Whether the broker kept it from earlier. */
  retained: boolean;
};
