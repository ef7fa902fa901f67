/**
 * A key that another program holds: web3signer, clef, or a cloud key behind one of them. It speaks JSON-RPC
 * (`eth_accounts`, `eth_signTypedData`, `eth_signTransaction`); the key itself never comes here.
 */
import {
  type Address,
  type Hex,
  isAddressEqual,
  keccak256,
  type LocalAccount,
  parseTransaction,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  type TransactionSerialized,
  toHex,
} from "viem";
import { toAccount } from "viem/accounts";
import { z } from "zod";
import { network } from "../seams/network.ts";
import { canonicalSignature } from "./signature.ts";

const TIMEOUT = 10_000;
const responseSchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);
const hexSchema = z.string().regex(/^0x[0-9a-fA-F]+$/);
const accountsSchema = z.array(z.string().regex(/^0x[0-9a-fA-F]{40}$/));
/** geth and clef answer with an object around the bytes. */
const transactionSchema = z.union([hexSchema, z.object({ raw: hexSchema }).transform(({ raw }) => raw)]);

/** Integers as decimal text, as typed data travels. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? part.toString() : part)));

/**
 * The account `address` of the signer at `url`.
 * @throws when the signer does not answer or does not have it.
 */
export async function remoteAccount(url: string, address: Address): Promise<LocalAccount> {
  let id = 0;

  async function ask(method: string, params: unknown[]): Promise<unknown> {
    const response = await network.fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const answer = responseSchema.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) throw new Error(`the signer answered ${method} with status ${response.status}`);
    if ("error" in answer.data) throw new Error(`the signer refuses ${method}: ${answer.data.error.message}`);
    return answer.data.result;
  }

  const accounts = accountsSchema.parse(await ask("eth_accounts", []));
  if (!accounts.some((one) => isAddressEqual(one as Address, address)))
    throw new Error(`the signer has no key of ${address}`);

  function own(signer: Address): void {
    if (!isAddressEqual(signer, address))
      throw new Error(`the signer signed as ${signer}, not as ${address}`);
  }

  return toAccount({
    address,
    signMessage: () => {
      throw new Error("a remote key signs typed data and transactions only");
    },
    signTypedData: async (data) => {
      const { domain, types, primaryType, message } = data as {
        domain: Record<string, unknown>;
        types: Record<string, unknown>;
        primaryType: string;
        message: unknown;
      };
      const fields = [
        ["name", "string"],
        ["version", "string"],
        ["chainId", "uint256"],
        ["verifyingContract", "address"],
      ] as const;
      const EIP712Domain = fields.flatMap(([name, type]) => (name in domain ? [{ name, type }] : []));
      const typedData = plain({ domain, types: { EIP712Domain, ...types }, primaryType, message });
      let signature: unknown;
      try {
        signature = await ask("eth_signTypedData", [address, typedData]);
      } catch {
        // clef and wallets know it under this name, as text.
        signature = await ask("eth_signTypedData_v4", [address, JSON.stringify(typedData)]);
      }
      const hex = hexSchema.parse(signature) as Hex;
      own(await recoverTypedDataAddress({ ...data, signature: hex } as never));
      return canonicalSignature(hex);
    },
    signTransaction: async (transaction) => {
      const { to, data, gas, nonce, chainId, maxFeePerGas, maxPriorityFeePerGas, value } = transaction;
      const answer = await ask("eth_signTransaction", [
        {
          from: address,
          to,
          data,
          gas: toHex(gas ?? 0n),
          nonce: toHex(nonce ?? 0),
          chainId: toHex(chainId ?? 0),
          value: toHex(value ?? 0n),
          maxFeePerGas: toHex(maxFeePerGas ?? 0n),
          maxPriorityFeePerGas: toHex(maxPriorityFeePerGas ?? 0n),
        },
      ]);
      const raw = transactionSchema.parse(answer) as TransactionSerialized;
      own(await recoverTransactionAddress({ serializedTransaction: raw }));
      const signed = parseTransaction(raw);
      const same = signed.to === to || (signed.to && to && isAddressEqual(signed.to, to));
      if (signed.nonce !== nonce && !(nonce === 0 && signed.nonce === undefined))
        throw new Error("the signer signed another nonce");
      if (!same || keccak256(signed.data ?? "0x") !== keccak256(data ?? "0x") || signed.chainId !== chainId)
        throw new Error("the signer signed another transaction than it was asked for");
      return raw;
    },
  });
}
