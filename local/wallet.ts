/** A local account that sends transactions: counts its own nonces, so that several go out between two blocks. */
import type { Deployment } from "@enerlink/contracts/deployment";
import {
  type Address,
  BaseError,
  createWalletClient,
  type Hex,
  http,
  nonceManager,
  type PublicClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import type { LocalAccount } from "./accounts.ts";

/** What a transaction of the traders may use; below the share of a block that leaves room for everybody's. */
const GAS_LIMIT = 2_500_000n;
const MAX_FEE_PER_GAS = 10_000_000_000n;

export type Market = { rpcUrl: string; client: PublicClient; deployment: Deployment };
export type Wallet = ReturnType<typeof makeWallet>;

export function makeWallet(rpcUrl: string, owner: LocalAccount) {
  const account = privateKeyToAccount(owner.privateKey, { nonceManager });
  const client = createWalletClient({ account, chain: hardhat, transport: http(rpcUrl) });

  let earlier: Promise<unknown> = Promise.resolve();

  /** Sends `data` to `to`, after what was sent before has reached the node. Does not wait for a block. */
  function send(to: Address, data: Hex): Promise<Hex> {
    const fees = { maxFeePerGas: MAX_FEE_PER_GAS, maxPriorityFeePerGas: 0n };
    const sent = earlier.then(() => client.sendTransaction({ to, data, gas: GAS_LIMIT, ...fees }));
    earlier = sent.catch(() => {});
    return sent;
  }

  return { ...owner, address: account.address, send };
}

/** The one line of an error that a reader needs. */
export function shortMessage(error: unknown): string {
  return error instanceof BaseError
    ? error.shortMessage
    : error instanceof Error
      ? error.message
      : String(error);
}
