/** What a register epoch ends with, as the chain takes it, in words: of what it refuses, which option is wrong and what it may be. */
import { formatKwh, SkipReason } from "@enerlink/protocol";
import { time } from "./answer.ts";

/** The old epoch's last registers; `timestamp` 0 where they are unknown. */
export type Closing = { exportWh: bigint; importWh: bigint; timestamp: number; epoch: number };

/** What the chain has settled last, unix seconds and Wh, and the registry's epoch. */
export type Standing = { timestamp: number; exportWh: bigint; importWh: bigint; epoch: number };

/** The converter settles a meter at most once in so many seconds. */
const APART = 60;

const registers = ({ exportWh, importWh }: Pick<Closing, "exportWh" | "importWh">) =>
  `${formatKwh(exportWh)} kWh export, ${formatKwh(importWh)} kWh import`;

export const closingWords = (closing: Closing): string =>
  closing.timestamp === 0
    ? "its last registers unknown: what was counted since the last settlement is dropped"
    : `closing at ${registers(closing)}, ${time(closing.timestamp)}`;

/** Why the chain does not take `closing`, if its reason is one that other options would change. */
export function closingProblem(reason: number, closing: Closing, standing: Standing): string | undefined {
  const settled = `${registers(standing)} at ${time(standing.timestamp)}`;
  const at = `--at ${time(closing.timestamp)}`;
  switch (reason) {
    case SkipReason.Stale:
      return `${at}: is not ${APART} s after the last settlement (${settled}); the earliest that is taken is ${time(standing.timestamp + APART)}, with the registers of then. Without --at nothing counts between that settlement and the new epoch's first reading`;
    case SkipReason.Future:
      return `${at}: is later than the chain's time, more than clocks may differ by`;
    case SkipReason.Decreasing:
      return `--export-kwh, --import-kwh: ${registers(closing)} are below the last settlement's, ${settled}`;
    case SkipReason.Impossible:
      return `--export-kwh, --import-kwh: ${registers(closing)} are more than the connection carries since the last settlement, ${settled}: give the registers of when they were last right, or leave --at out`;
    case SkipReason.WrongEpoch:
      return `--epoch ${closing.epoch}: the old epoch is ${standing.epoch}`;
    case SkipReason.BeforeEpoch:
    case SkipReason.NotActiveYet:
      return `${at}: is before epoch ${standing.epoch} began`;
    default:
      return undefined;
  }
}
