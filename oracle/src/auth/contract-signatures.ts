/**
 * Whether an account that is a contract signed something: it says so itself (ERC-1271), and one that is not there yet
 * brings its creation along (ERC-6492). The chain is asked in one call that changes nothing, and whose cost is bounded.
 */
import { revertReason } from "@enerlink/protocol";
import {
  type Address,
  createPublicClient,
  encodeDeployData,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  fallback,
  type Hex,
  hashMessage,
  type PublicClient,
} from "viem";
import { network } from "../seams/network.ts";

/** Gas that a look may use: to create a household's account and check a passkey takes less than a tenth. */
const MOST_GAS = 3_000_000n;
/** Milliseconds that a node of the chain has. */
const PATIENCE = 3_000;
/** At once: fewer than requests take turns, so that a chain that does not answer holds up nobody but who asks it. */
const MOST_AT_ONCE = 3;

/** It is not known whether somebody signed: the chain could not be asked. */
export class UncheckedError extends Error {}

export type SignedByContract = (address: Address, message: string, signature: Hex) => Promise<boolean>;
export type HashSignedBy = (address: Address, hash: Hex, signature: Hex) => Promise<boolean>;

/** The chain as it is asked here: an answer that comes late is none. */
export const makeChain = (rpcUrls: readonly string[]) =>
  createPublicClient({
    transport: fallback(
      rpcUrls.map((url) => network.chain(url, { timeout: PATIENCE, retryCount: 0 })),
      { retryCount: 0 },
    ),
  });

/** @returns a function that throws UncheckedError when the chain says neither yes nor no */
export function makeHashSignedBy(client: Pick<PublicClient, "call">): HashSignedBy {
  let asking = 0;
  return async (address, hash, signature) => {
    if (asking >= MOST_AT_ONCE)
      throw new UncheckedError("too many are asked about at once: try again in a moment");
    const data = encodeDeployData({
      abi: erc6492SignatureValidatorAbi,
      bytecode: erc6492SignatureValidatorByteCode,
      args: [address, hash, signature],
    });
    asking++;
    try {
      return (await client.call({ data, gas: MOST_GAS })).data === "0x01";
    } catch (error) {
      if (revertReason(error) !== undefined) return false;
      throw new UncheckedError("the chain does not answer: try again in a moment", { cause: error });
    } finally {
      asking--;
    }
  };
}

/** The same of a message that is signed as such. */
export const makeSignedByContract =
  (hashSignedBy: HashSignedBy): SignedByContract =>
  (address, message, signature) =>
    hashSignedBy(address, hashMessage(message), signature);
