/** Turns whatever viem throws into a `Problem`. Loaded when something has gone wrong. */
import {
  argumentsOf,
  deviceReporterAbi,
  energyCertificatesAbi,
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  equivocationProofAbi,
  faucetAbi,
  functionsReporterAbi,
  homeAccountAbi,
  homeAccountFactoryAbi,
  meterRegistryAbi,
  oracleCommitteeAbi,
  rupiahDeskAbi,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import {
  type Abi,
  BaseError,
  decodeErrorResult,
  type Hex,
  InsufficientFundsError,
  isHex,
  UserRejectedRequestError,
} from "viem";
import type { RelayProblem } from "../passkeys/relay.ts";
import { isUnreachable } from "../system/unreachable.ts";
import { isNotLoaded } from "../ui/loading.ts";
import type { Problem, TokenName } from "./store.ts";

/** The market passes on what its tokens, the registry and the converter revert with, so all errors are looked up in all. */
export const contractErrors: Abi = [
  energyMarketAbi,
  energyTokenAbi,
  rupiahTokenAbi,
  rupiahDeskAbi,
  faucetAbi,
  energyConverterAbi,
  meterRegistryAbi,
  oracleCommitteeAbi,
  deviceReporterAbi,
  functionsReporterAbi,
  equivocationProofAbi,
  energyCertificatesAbi,
  slotPoolAbi,
  homeAccountAbi,
  homeAccountFactoryAbi,
]
  .flat()
  .filter((item) => item.type === "error");

/** Not every wallet has the standard's code for a no. */
const NO = /user (rejected|denied|declined|cancell?ed)/i;

export const isRejection = (error: unknown): boolean =>
  error instanceof BaseError &&
  (error.walk((cause) => cause instanceof UserRejectedRequestError) !== null || NO.test(error.message));

/** The permission was asked for, and no answer came: it may stand or not, but nothing else was asked for. */
export class ApprovalUnknown extends Error {}

/** Whether a wallet that failed with `error` may all the same have sent what it was asked for. */
export const leavesOpen = (error: unknown): boolean =>
  !isRejection(error) && ["Unknown", "Unreachable"].includes(problemOf(error).name);

/** What keeps a wallet from signing, by the name of viem's or wagmi's error. */
const walletProblems: Readonly<Record<string, string>> = {
  ConnectorAccountNotFoundError: "WalletLocked",
  ConnectorNotConnectedError: "WalletLocked",
  UnauthorizedProviderError: "WalletLocked",
  ResourceUnavailableRpcError: "WalletBusy",
  ConnectorChainMismatchError: "WrongNetwork",
  ChainMismatchError: "WrongNetwork",
  SwitchChainError: "WrongNetwork",
  SwitchChainNotSupportedError: "WrongNetwork",
  ChainDisconnectedError: "WrongNetwork",
};

/** Of what a fingerprint signed: why nobody has paid for it. */
const RELAY = "relay.";
function relayProblem(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause.name === "RelayProblem") return RELAY + (cause as RelayProblem).reason;
  return undefined;
}
/** It may still be paid for. */
export const isRelayAway = ({ name }: Problem): boolean => name === `${RELAY}away` || name === `${RELAY}busy`;

function walletProblem(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (Object.hasOwn(walletProblems, cause.name)) return walletProblems[cause.name];
  return undefined;
}

export function problemOf(error: unknown, token?: TokenName): Problem {
  const about = token ? { token } : {};
  if (error instanceof ApprovalUnknown) return { name: "ApprovalUnknown", values: {} };
  if (isNotLoaded(error) || (error instanceof BaseError && error.walk(isNotLoaded) !== null))
    return { name: "NotLoaded", values: {} };
  const relay = relayProblem(error);
  if (relay) return { name: relay, values: {} };
  const data = revertData(error);
  if (data !== undefined) {
    const decoded = decodeRevert(data);
    return { ...(decoded ?? { name: "Unknown", values: { message: data } }), ...about };
  }
  const wallet = walletProblem(error);
  if (wallet) return { name: wallet, values: {} };
  if (error instanceof BaseError) {
    if (error.walk((cause) => cause instanceof InsufficientFundsError)) return { name: "NoGas", values: {} };
    if (isUnreachable(error)) return { name: "Unreachable", values: {} };
    return { name: "Unknown", values: { message: error.shortMessage } };
  }
  return { name: "Unknown", values: { message: error instanceof Error ? error.message : String(error) } };
}

function decodeRevert(data: Hex): Pick<Problem, "name" | "values" | "units"> | undefined {
  try {
    const error = decodeErrorResult({ abi: contractErrors, data });
    const given = argumentsOf(error);
    const units = given.flatMap(({ name, unit }) => (unit ? [[name, unit] as const] : []));
    return {
      name: error.errorName,
      values: Object.fromEntries(given.map(({ name, value }) => [name, value])),
      ...(units.length > 0 && { units: Object.fromEntries(units) }),
    };
  } catch {
    return undefined;
  }
}

/** Nodes put the revert's bytes at different depths of their answer. */
function revertData(error: unknown): Hex | undefined {
  for (let cause = error, depth = 0; cause && depth < 12; depth++) {
    const { data, raw, cause: next } = cause as { data?: unknown; raw?: unknown; cause?: unknown };
    const nested = (data as { data?: unknown } | undefined)?.data;
    for (const candidate of [raw, data, nested]) {
      if (isHex(candidate) && candidate.length >= 10) return candidate;
    }
    cause = next;
  }
  return undefined;
}
