/** A local account that sends transactions, several of them between two blocks, and notices when somebody else does. */
import { hardhat } from "@enerlink/protocol/chains";
import type { Deployment } from "@enerlink/protocol/deployment";
import {
  type Abi,
  type Address,
  BaseError,
  type ContractFunctionName,
  createWalletClient,
  type EncodeFunctionDataParameters,
  encodeFunctionData,
  type Hex,
  http,
  type PublicClient,
  publicActions,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { LocalAccount } from "./accounts.ts";

/** What a transaction of the traders may use; below the share of a block that leaves room for everybody's. */
const GAS_LIMIT = 2_500_000n;
const MAX_FEE_PER_GAS = 10_000_000_000n;

export type Market = { rpcUrl: string; client: PublicClient; deployment: Deployment };
export type Wallet = ReturnType<typeof makeWallet>;

export function makeWallet(rpcUrl: string, owner: LocalAccount) {
  const account = privateKeyToAccount(owner.privateKey);
  const { address } = account;
  const client = createWalletClient({ account, chain: hardhat, transport: http(rpcUrl) }).extend(
    publicActions,
  );
  /** One after the other, so that what the node has seen of this account is known. */
  let earlier: Promise<unknown> = Promise.resolve();
  /** The nonce that is next if nobody else has sent anything. */
  let next: number | undefined;

  function inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = earlier.then(act);
    earlier = done.catch(() => {});
    return done;
  }

  /** How many transactions of the account the node knows, mined or waiting. */
  const known = () => client.getTransactionCount({ address, blockTag: "pending" });

  /** Sends `data` to `to`, after what was sent before has reached the node. Does not wait for a block. */
  function send(to: Address, data: Hex): Promise<Hex> {
    return inTurn(async () => {
      const nonce = await known();
      next ??= nonce;
      const fees = { maxFeePerGas: MAX_FEE_PER_GAS, maxPriorityFeePerGas: 0n };
      try {
        return await client.sendTransaction({ to, data, nonce, gas: GAS_LIMIT, ...fees });
      } finally {
        // Also when the node has taken it and its answer was lost.
        if ((await known()) > nonce) next++;
      }
    });
  }

  /** Whether somebody else has sent from this account since the last call. */
  function usedByOthers(): Promise<boolean> {
    return inTurn(async () => {
      const nonce = await known();
      const used = next !== undefined && nonce > next;
      next = nonce;
      return used;
    });
  }

  return { ...owner, address, send, usedByOthers };
}

/** Sends what sets the market up: many calls of several accounts, then one wait for all of them. */
export function makeSending(rpcUrl: string, client: PublicClient) {
  const wallets = new Map<LocalAccount, Wallet>();
  const sent: Promise<Hex>[] = [];

  function call<abi extends Abi, name extends ContractFunctionName<abi>>(
    account: LocalAccount,
    { to, ...parameters }: { to: Address } & EncodeFunctionDataParameters<abi, name>,
  ): void {
    const wallet = wallets.get(account) ?? makeWallet(rpcUrl, account);
    wallets.set(account, wallet);
    sent.push(wallet.send(to, encodeFunctionData(parameters as EncodeFunctionDataParameters)));
  }

  /** Resolves when all that was called is mined. @throws when one was reverted */
  async function mined(): Promise<void> {
    for (const hash of await Promise.all(sent.splice(0))) {
      const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
      if (status !== "success") throw new Error(`A set-up transaction was reverted: ${hash}`);
    }
  }

  return { call, mined };
}

/** The one line of an error that a reader needs. */
export function shortMessage(error: unknown): string {
  return error instanceof BaseError
    ? error.shortMessage
    : error instanceof Error
      ? error.message
      : String(error);
}
