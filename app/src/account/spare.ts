/** An ordinary wallet that opens a household's account beside its devices: it signs, and pays the network's fee itself. */
import { homeAccountAbi } from "@enerlink/protocol";
import {
  type Call as AccountCall,
  encodeSigned,
  executionTypedData,
  nonceKeyOf,
  SIGNED_BATCH,
} from "@enerlink/protocol/account";
import {
  type Account,
  type Address,
  type Client,
  concat,
  getAddress,
  type Hex,
  keccak256,
  numberToHex,
  size,
} from "viem";
import { getBlock, signTypedData } from "viem/actions";
import { z } from "zod/mini";
import { itemsOf, queryIndex } from "../energy-index/index.ts";
import { readContract, type System, useLive, useSystem } from "../system/index.ts";

/** For so long after its block's time what was signed may be brought to the chain, seconds. */
const GOOD_FOR = 600;

/** How an account knows a wallet. */
export const walletIdOf = (wallet: Address): Hex => keccak256(wallet);

/** A wallet's signature as the account reads it: the signer's length, the signer, its proof. */
export const walletSignature = (wallet: Address, proof: Hex): Hex =>
  concat([numberToHex(size(wallet), { size: 1 }), wallet, proof]);

/**
 * The transaction in which `account` runs `calls` that the wallet signs for it.
 * @throws what the wallet throws when it refuses
 */
export async function signedByWallet(
  { client, chain }: Pick<System, "client" | "chain">,
  wallet: Client & { account: Account },
  account: Address,
  calls: readonly AccountCall[],
) {
  const { address } = wallet.account;
  const home = { address: account, abi: homeAccountAbi } as const;
  const key = nonceKeyOf(walletIdOf(address));
  const [nonce, { timestamp }] = await Promise.all([
    readContract(client, { ...home, functionName: "nonces", args: [account, key] }),
    getBlock(client),
  ]);
  const deadline = Number(timestamp) + GOOD_FOR;
  const proof = await signTypedData(wallet, {
    account: wallet.account,
    ...executionTypedData(chain.id, account, calls, nonce, deadline),
  });
  const signature = walletSignature(address, proof);
  const args = [SIGNED_BATCH, encodeSigned(calls, { nonce, deadline, signature })] as const;
  return { ...home, functionName: "execute", args } as const;
}

const OPENED = `query($signerId: String!) {
  homeSigners(where: { signerId: $signerId }, limit: 20) { items { account } }
}`;
const openedSchema = itemsOf("homeSigners", z.object({ account: z.string() }));

/** The accounts that a wallet opens: the index names them, and each account has the last word. */
export function useOpenedBy(wallet: Address) {
  const { client, config } = useSystem();
  return useLive<Address[]>(
    ["openedBy", wallet],
    async () => {
      const signerId = walletIdOf(wallet);
      const rows = await queryIndex(config.indexerUrl, OPENED, { signerId }, openedSchema);
      const accounts = rows.map(({ account }) => getAddress(account));
      const signs = await Promise.all(
        accounts.map((address) =>
          readContract(client, { address, abi: homeAccountAbi, functionName: "isSigner", args: [signerId] }),
        ),
      );
      return accounts.filter((_, index) => signs[index]);
    },
    { milliseconds: 5_000 },
  );
}
