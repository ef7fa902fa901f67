/** What the account signs outside of transactions: good for no other account of the same key (ERC-7739). */
import { homeAccountFactoryAbi } from "@enerlink/protocol";
import { accountDomain } from "@enerlink/protocol/account";
import {
  encodeFunctionData,
  type Hex,
  serializeErc6492Signature,
  type TypedDataDefinition,
  zeroHash,
} from "viem";
import { hashMessage, hashTypedData, wrapTypedDataSignature } from "viem/experimental/erc7739";
import { inTurn, type Opened } from "./opened.ts";

/** An account that is not there yet brings its creation along (ERC-6492). */
async function whole({ isFirst, isThere, factory, key }: Opened, signature: Hex): Promise<Hex> {
  if (!isFirst || (await isThere())) return signature;
  const args = [key.x, key.y] as const;
  const data = encodeFunctionData({ abi: homeAccountFactoryAbi, functionName: "create", args });
  return serializeErc6492Signature({ address: factory, data, signature });
}

export const signMessage = (opened: Opened, raw: Hex): Promise<Hex> =>
  inTurn(async () => {
    const verifierDomain = accountDomain(opened.chain.id, opened.account);
    return whole(opened, await opened.sign(hashMessage({ message: { raw }, verifierDomain })));
  });

export const signTypedData = (opened: Opened, data: TypedDataDefinition): Promise<Hex> =>
  inTurn(async () => {
    const { EIP712Domain: _, ...types } = data.types as Record<string, unknown>;
    const typed = { ...data, types };
    const verifierDomain = { ...accountDomain(opened.chain.id, opened.account), salt: zeroHash };
    const hash = hashTypedData({ ...typed, verifierDomain } as never);
    const signature = await opened.sign(hash);
    return whole(opened, wrapTypedDataSignature({ ...typed, signature } as never));
  });
