import { expect, test } from "vitest";
import { classifySendError, revertReason } from "./node-errors.ts";

// What nodes really say: geth, Erigon, Nethermind, Besu, Hardhat, Anvil.
test.each([
  ["known", "already known"],
  ["known", "ALREADY_EXISTS: already known"],
  ["known", "AlreadyKnown"],
  ["known", "Known transaction"],
  ["known", "transaction already imported"],
  ["known", "Known transaction: 0x1234"],
  ["nonce-used", "nonce too low: next nonce 5, tx nonce 4"],
  ["nonce-used", "Nonce too low. Expected nonce to be 7 but got 5."],
  ["nonce-used", "OldNonce, Current nonce: 5, nonce of rejected tx: 4"],
  ["nonce-used", "NONCE_TOO_LOW"],
  [
    "gap",
    "Nonce too high. Expected nonce to be 4 but got 5. Note that transactions can't be queued when automining.",
  ],
  ["gap", "nonce too high"],
  ["gap", "NonceTooFarInFuture: nonce gap"],
  ["gap", "Transaction nonce is too distant from current sender nonce"],
  ["underpriced", "replacement transaction underpriced"],
  ["underpriced", "transaction underpriced: gas tip cap 0, minimum needed 1"],
  ["underpriced", "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 5 is necessary."],
  ["underpriced", "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 2"],
  ["underpriced", "Gas price below configured minimum gas price"],
  ["underpriced", "FeeTooLow, MaxFeePerGas too low"],
  ["funds", "insufficient funds for gas * price + value: balance 0"],
  [
    "funds",
    "Sender doesn't have enough funds to send tx. The max upfront cost is: 1 and the sender's balance is: 0.",
  ],
  ["funds", "Upfront cost exceeds account balance"],
  ["refused", "exceeds block gas limit"],
  ["refused", "Transaction gas limit is 20000000 and exceeds transaction gas cap of 16777216"],
  ["refused", "intrinsic gas too low"],
  ["refused", "invalid sender"],
  ["transport", "fetch failed"],
  ["transport", "HTTP request failed. Status: 503"],
  ["transport", "The request took too long to respond."],
])("%s: %s", (expected, message) => {
  expect(classifySendError(new Error("wrapped", { cause: new Error(message) }))).toBe(expected);
});

test("of several nodes the most hopeful answer counts, and refused is only what all refuse", () => {
  const said = (...messages: string[]) =>
    classifySendError(new AggregateError(messages.map((message) => new Error(message))));
  expect(said("exceeds block gas limit", "already known")).toBe("known");
  expect(said("exceeds block gas limit", "fetch failed")).toBe("transport");
  expect(said("fetch failed", "insufficient funds for gas")).toBe("funds");
  expect(said("exceeds block gas limit", "intrinsic gas too low")).toBe("refused");
});

test.each([
  ["execution reverted: 0x1234", true],
  ["VM Exception while processing transaction: reverted with custom error 'ReporterIsPaused(0x1)'", true],
  ["Transaction ran out of gas", true],
  ["fetch failed", false],
  ["HTTP request failed. Status: 429", false],
])("a call that says %s would revert: %s", (message, expected) => {
  const reason = revertReason(new Error("wrapped", { cause: new Error(message) }));
  expect(reason !== undefined).toBe(expected);
});
