/** A household whose passkey signs, for tests: calls for the relay, and messages as ERC-1271 and ERC-6492 have them. */
import { homeAccountFactoryAbi } from "@enerlink/protocol";
import {
  accountDomain,
  accountOf,
  type Call,
  executionTypedData,
  nonceKeyOf,
  nonceOf,
  passkeySignature,
  signerIdOf,
} from "@enerlink/protocol/account";
import { LOCAL_CHAIN_ID } from "@enerlink/protocol/chains";
import type { Deployment } from "@enerlink/protocol/deployment";
import {
  type Address,
  encodeFunctionData,
  type Hex,
  hashTypedData,
  serializeErc6492Signature,
  type TypedDataDefinition,
  toPrefixedMessage,
  zeroHash,
} from "viem";
import { hashTypedData as hashNested, wrapTypedDataSignature } from "viem/experimental/erc7739";
import { newPasskey, type Passkey } from "../../test/passkey.ts";

export type Household = { passkey: Passkey; account: Address };

/** One whose account is not there yet. */
export function newHousehold({ contracts }: Pick<Deployment, "contracts">): Household {
  const passkey = newPasskey();
  return { passkey, account: accountOf(contracts.homeAccountFactory, contracts.homeAccount, passkey) };
}

export type SignedOptions = {
  create?: boolean;
  lane?: number;
  count?: bigint;
  signer?: Passkey;
  account?: Address;
  /** Unix seconds. */
  deadline?: number;
  chainId?: number;
};

/** What the relay is sent. */
export function signCalls({ passkey, account }: Household, calls: Call[], options: SignedOptions = {}) {
  const { create = false, lane = 0, count = 0n, signer = passkey } = options;
  const { deadline = 2 ** 40, chainId = LOCAL_CHAIN_ID } = options;
  const nonce = nonceOf(nonceKeyOf(signerIdOf(passkey), lane), count);
  const hash = hashTypedData(executionTypedData(chainId, account, calls, nonce, deadline));
  return {
    account: options.account ?? account,
    ...(create ? { create: { x: passkey.x, y: passkey.y } } : {}),
    calls: calls.map(({ to, value = 0n, data = "0x" }) => ({ to, value: String(value), data })),
    nonce: String(nonce),
    deadline,
    signature: passkeySignature(signer, signer.assert(hash)),
  };
}

/** A message, signed for the account's own domain (ERC-7739): good for no other account, and on no other chain. */
export function signMessage({ passkey, account }: Household, message: string, chainId = LOCAL_CHAIN_ID): Hex {
  const hash = hashTypedData({
    domain: { name: "EnerLink", version: "1", chainId, verifyingContract: account },
    types: { PersonalSign: [{ name: "prefixed", type: "bytes" }] },
    primaryType: "PersonalSign",
    message: { prefixed: toPrefixedMessage(message) },
  });
  return passkeySignature(passkey, passkey.assert(hash));
}

/** Typed data, nested into the account's own domain likewise: a wallet shows what it says. */
export function signTypedData(
  { passkey, account }: Household,
  data: TypedDataDefinition,
  chainId = LOCAL_CHAIN_ID,
): Hex {
  const verifierDomain = { ...accountDomain(chainId, account), salt: zeroHash };
  const hash = hashNested({ ...data, verifierDomain } as never);
  const signature = passkeySignature(passkey, passkey.assert(hash));
  return wrapTypedDataSignature({ ...data, signature } as never);
}

/** A signature of an account that may not be there yet, with its creation (ERC-6492). */
export function withCreation(
  { contracts }: Pick<Deployment, "contracts">,
  { x, y }: Passkey,
  signature: Hex,
): Hex {
  const data = encodeFunctionData({ abi: homeAccountFactoryAbi, functionName: "create", args: [x, y] });
  return serializeErc6492Signature({ address: contracts.homeAccountFactory, data, signature });
}
