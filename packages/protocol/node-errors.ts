/** What a node's refusal of a transaction means, whatever its wording, and whether and why a call would revert. */
import { BaseError, ContractFunctionRevertedError } from "viem";

/**
 * `known`: it has the transaction, or had; `nonce-used`: that nonce is mined; `underpriced`: pays too little, now or to
 * replace another; `funds`: the sender cannot pay; `gap`: an earlier nonce is missing; `refused`: this node will never
 * take it; `transport`: no answer, or none that says anything about the transaction.
 */
export type SendFault = "known" | "nonce-used" | "underpriced" | "funds" | "gap" | "refused" | "transport";

// In this order: "replacement transaction underpriced" must not be read as something else.
const wordings: readonly [SendFault, RegExp][] = [
  [
    "known",
    /already known|known transaction|already imported|already exists|alreadyknown|already in (the )?mempool/i,
  ],
  [
    "underpriced",
    /underpriced|replacement.*(fee|price)|fee.*too low|max fee per gas less than|lower than the (minimum|current)|gas price.*(below|too low)|maxFeePerGas.*too low/i,
  ],
  ["nonce-used", /nonce(.is)?.too.low|oldnonce|nonce.*lower than/i],
  ["gap", /nonce(.is)?.too.high|nonce.*(gap|too distant)/i],
  [
    "funds",
    /insufficient (funds|balance)|doesn't have enough funds|upfront.?cost.*(exceeds|balance)|balance.*too low/i,
  ],
  [
    "refused",
    /exceeds (block|transaction) gas|gas limit.*(exceed|too high)|intrinsic gas|invalid (sender|signature|chain ?id)|oversized data|not supported/i,
  ],
];

/** Every text that an error and its causes carry. */
function textOf(error: unknown): string {
  const parts: string[] = [];
  for (
    let current = error;
    current instanceof Error && parts.length < 10;
    current = current.cause as unknown
  ) {
    const { message, details } = current as Error & { details?: unknown };
    parts.push(message, typeof details === "string" ? details : "");
  }
  return parts.length > 0 ? parts.join("\n") : String(error);
}

/** From what says most for the transaction to what says least. */
const hopes: readonly SendFault[] = [
  "known",
  "nonce-used",
  "gap",
  "underpriced",
  "funds",
  "transport",
  "refused",
];

/** Of several nodes (`AggregateError`) the most hopeful answer counts: refused is only what every one of them refuses. */
export function classifySendError(error: unknown): SendFault {
  if (error instanceof AggregateError && error.errors.length > 0) {
    const faults = new Set(error.errors.map(classifySendError));
    return hopes.find((fault) => faults.has(fault))!;
  }
  const text = textOf(error);
  return wordings.find(([, pattern]) => pattern.test(text))?.[0] ?? "transport";
}

/** The contract's own refusal in an error of viem: `data` has its name and values, where it has one that is known. */
export function revertOf(error: unknown): ContractFunctionRevertedError | undefined {
  const revert =
    error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  return revert instanceof ContractFunctionRevertedError ? revert : undefined;
}

/** Why the chain would revert a call, by the call's error; undefined when that says nothing about it. */
export function revertReason(error: unknown): string | undefined {
  const text = textOf(error);
  return /revert|(?:out of|ran out of) gas|gas required exceeds|invalid opcode/i.test(text)
    ? text.split("\n").find((line) => line.trim() !== "")
    : undefined;
}
