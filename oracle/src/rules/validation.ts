/**
 * Every rule that a reading is validated by: what it checks, where it draws the line, what follows. The numbers are
 * those of the field's catalogue of validation rules, V1 to V18; V18, agreement between nodes, is the committee's.
 * Nothing is ever estimated: registers are cumulative, so what is refused or missed now is settled later.
 */
import { constants } from "@enerlink/protocol";
import { LARGEST_MESSAGE_BYTES } from "@enerlink/protocol/wire/message";
import { FLOOD } from "./floods.ts";

/** A clock may be this much ahead, seconds; the converter allows the same. Off by more either way, it is flagged. */
export const CLOCK_SECONDS = Number(constants.Settlement.CLOCK_TOLERANCE);
/**
 * A clock that is behind by so much with every message is wrong, seconds; one that is moved for summer is an hour off.
 */
export const SLOW_SECONDS = 5_400;
/** Between watt-hours and kilowatt-hours. */
export const UNIT_FACTOR = 1_000n;
/** Power and energy may disagree by this part of the energy, and at least by so many Wh. */
export const POWER_TOLERANCE = { part: 0.05, leastWh: 5 };
/** Telemetry further apart says nothing about the time between, seconds. */
export const TELEMETRY_GAP = 60;
/** A feeder's meters and its head meter may disagree by this part of what flows. */
export const FEEDER_TOLERANCE = 0.05;
/** Registers must have counted this much before a jump between units can be told, Wh. */
export const UNIT_EVIDENCE_WH = 1_000n;
/** An earlier time is that of a clock that was not set, unix seconds: the beginning of 2020. */
export const EARLIEST = 1_577_836_800;
/**
 * Clocks that are put right and messages that are held up make registers seem to grow too fast for a moment: by what
 * the connection carries in this time, seconds. More is a jump, and no time that goes by explains it.
 */
export const JUMP_SECONDS = 240;
/** What a device leaves out while nothing has changed it sends again within this time, seconds, when it counts. */
export const UNSENT_SECONDS = 3_600;
/** Steps that registers count in, Wh: a coarse one stands still and then takes a whole step at once. */
export const STEPS = [1_000n, 500n, 100n, 50n, 10n];

/**
 * - `refuse`: this message does not count.
 * - `hold`: nor does any later one, until a reading fits what was accepted last, or a new epoch begins. Registers that
 *   have jumped fit when they have come back, never because time has gone by.
 * - `freeze`: nor does any later one until a new epoch begins.
 * - `flag`: it counts, and is counted.
 */
export type Action = "refuse" | "hold" | "freeze" | "flag";

type Validation = { id?: string; checks: string; threshold?: string; action: Action };

export const validations = {
  oversized: {
    checks: "length of the message",
    threshold: `${LARGEST_MESSAGE_BYTES} bytes`,
    action: "refuse",
  },
  malformed: { checks: "UTF-8, strict JSON, every field and its range", action: "refuse" },
  flood: {
    checks: "of messages refused for what they are, a topic's first few; the others are counted and not kept",
    threshold: `${FLOOD.atOnce}, then ${FLOOD.eachSecond} a second`,
    action: "refuse",
  },
  unexpected: { checks: "nothing in the message makes this program fail", action: "refuse" },
  "unknown-meter": { checks: "the meter is in the registry", action: "refuse" },
  "wrong-serial": { checks: "the message names no other meter than its topic", action: "refuse" },
  "wrong-epoch": { checks: "the register epoch is the registry's", action: "refuse" },
  "wrong-signature": {
    id: "V1",
    checks: "the registered key signed these values for this registry; a charging station's key, its record",
    action: "refuse",
  },
  equivocation: { id: "V2", checks: "no sequence is signed twice with other values", action: "freeze" },
  frozen: { id: "V2", checks: "the meter has not contradicted itself in this epoch", action: "refuse" },
  gap: { id: "V3", checks: "no window passes without a reading", threshold: "one window", action: "flag" },
  decreasing: { id: "V4", checks: "no register falls", threshold: "1 Wh", action: "hold" },
  rollover: {
    id: "V5",
    checks: "a register that begins anew at its declared end grew no faster than it can",
    threshold: "the binding's `rollover`; else V4",
    action: "flag",
  },
  impossible: {
    id: "V6",
    checks: "no register grows faster than its connection can carry",
    threshold:
      "rated W x time x 1.1 + 2 Wh, and one step of the register (1,000, 500, 100, 50 or 10 Wh), of each of its parts",
    action: "hold",
  },
  "zero-baseline": {
    checks: "registers that both begin at 0 are borne out by a second message",
    action: "refuse",
  },
  "unset-clock": {
    id: "V8",
    checks: "the device's clock was set",
    threshold: "2020, and the beginning of the register epoch where nobody signs",
    action: "refuse",
  },
  future: {
    id: "V8",
    checks: "the reading's time has come",
    threshold: `${CLOCK_SECONDS} s`,
    action: "refuse",
  },
  "slow-clock": {
    id: "V8",
    checks: "the device's clock does not stay behind the receipt, message after message, where nobody signs",
    threshold: `${SLOW_SECONDS} s, for ${JUMP_SECONDS} s`,
    action: "hold",
  },
  clock: {
    id: "V8",
    checks: "the reading's time is that of its receipt",
    threshold: `${CLOCK_SECONDS} s`,
    action: "flag",
  },
  power: {
    id: "V7",
    checks: "registers grew by the energy that telemetry shows, where it is sent",
    threshold: `${POWER_TOLERANCE.part * 100} %, ${POWER_TOLERANCE.leastWh} Wh`,
    action: "flag",
  },
  "wrong-unit": {
    id: "V7",
    checks:
      "registers do not grow a thousand times as much, or as little, as the device's own power gives, nor 60 or 3,600 times",
    action: "hold",
  },
  late: { id: "V9", checks: "a reading comes before later ones; else it is history only", action: "flag" },
  silent: {
    id: "V10",
    checks: "a meter is heard of; what it missed settles later",
    threshold: "24 h",
    action: "flag",
  },
  restart: { id: "V11", checks: "boot id stays, uptime grows", action: "flag" },
  "both-ways": {
    id: "V12",
    checks: "export and import together fit into the time, each at its rated power",
    threshold: "time x 1.1 + 2 Wh",
    action: "flag",
  },
  twin: {
    id: "V13",
    checks: "no boot id comes back after another one: one device, one identity",
    action: "flag",
  },
  tamper: { id: "V14", checks: "the device reports no tampering", action: "hold" },
  imbalance: {
    id: "V15",
    checks: "a feeder's meters add up to its head meter, where there is one",
    threshold: `${FEEDER_TOLERANCE * 100} %`,
    action: "flag",
  },
  "unit-jump": {
    id: "V16",
    checks: "registers do not jump between Wh and kWh",
    threshold: `fits a thousandth or a thousandfold, from ${UNIT_EVIDENCE_WH} Wh on`,
    action: "hold",
  },
  retained: { id: "V17", checks: "the broker did not keep the message from earlier", action: "refuse" },
} as const satisfies Record<string, Validation>;

type Name = keyof typeof validations;
type Named<Wanted extends Action> = {
  [Key in Name]: (typeof validations)[Key]["action"] extends Wanted ? Key : never;
}[Name];

/** What a message is refused for; refusals are counted under these names. */
export type RejectReason = Named<"refuse" | "hold" | "freeze">;
/** What a meter is held for. */
export type HoldReason = Named<"hold" | "freeze">;
/** What is only noted. */
export type Flag = Named<"flag">;

const names = Object.keys(validations) as Name[];
const isFlag = (name: Name): name is Flag => validations[name].action === "flag";
export const isHold = (name: Name): name is HoldReason =>
  ["hold", "freeze"].includes(validations[name].action);

export const rejectReasons = names.filter((name): name is RejectReason => !isFlag(name));
export const holdReasons = names.filter(isHold);
export const flags = names.filter(isFlag);

/** What lets a held meter count again. */
export function releaseOf(reason: HoldReason): string {
  if (reason === "tamper") return "a status without tampering, or a new register epoch";
  if (validations[reason].action === "freeze") return "a new register epoch";
  if (reason === "slow-clock") return "a message with the time of its receipt, or a new register epoch";
  return reason === "wrong-unit"
    ? "registers that grow by what the device's power gives, or a new register epoch"
    : "registers that fit the last accepted ones without a jump, or a new register epoch";
}

/** Why a meter's readings do not count for now. */
export type Hold = {
  epoch: number;
  reason: HoldReason;
  detail: string;
  /** Milliseconds. */
  since: number;
};
