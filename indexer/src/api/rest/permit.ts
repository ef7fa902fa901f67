/** Permissions to pull a token that are signed beside an order (ERC-2612): what to sign, and what becomes of it. */
import { formatKwh } from "@enerlink/protocol";
import { type Address, encodeFunctionData, type Hex, maxUint256, parseSignature } from "viem";
import { chainId, client, contracts, energyTokenAbi, marketAbi } from "../chain.ts";
import { wrong } from "../input.ts";
import { asRefusal } from "./refusal.ts";

export type Token = "ETK" | "IDRS";
export type Permit = { token: Token; amount: bigint; deadline: bigint; signature: Hex };

export const tokenOf = (token: Token) => (token === "ETK" ? contracts.energyToken : contracts.rupiahToken);

/** An amount that was read with IDRS's six decimals, in the token's base units: ETK has three. @throws Problem 400 */
export function unitsOf(token: Token, amount: bigint): bigint {
  if (token === "IDRS") return amount;
  if (amount % 1_000n !== 0n)
    throw wrong("amount", `of at most 3 decimals for ETK, such as ${formatKwh(2_500n)}`);
  return amount / 1_000n;
}

const field = (name: string, type: string) => ({ name, type });
const types = {
  EIP712Domain: [
    field("name", "string"),
    field("version", "string"),
    field("chainId", "uint256"),
    field("verifyingContract", "address"),
  ],
  Permit: [
    field("owner", "address"),
    field("spender", "address"),
    field("value", "uint256"),
    field("nonce", "uint256"),
    field("deadline", "uint256"),
  ],
};

/**
 * The typed data (EIP-712) by which `owner` lets the market pull a token, and what it may pull of it now: null where that
 * has no limit. @throws Problem 502
 */
export async function permitToSign(owner: Address, token: Token, value: bigint, deadline: bigint) {
  const contract = { address: tokenOf(token), abi: energyTokenAbi };
  try {
    const [[, name, version], nonce, allowance] = await Promise.all([
      client.readContract({ ...contract, functionName: "eip712Domain" }),
      client.readContract({ ...contract, functionName: "nonces", args: [owner] }),
      client.readContract({ ...contract, functionName: "allowance", args: [owner, contracts.energyMarket] }),
    ]);
    const typedData = {
      domain: { name, version, chainId, verifyingContract: contract.address },
      types,
      primaryType: "Permit" as const,
      message: {
        owner,
        spender: contracts.energyMarket,
        value: String(value),
        nonce: String(nonce),
        deadline: String(deadline),
      },
    };
    return { typedData, allowance: allowance === maxUint256 ? null : allowance };
  } catch (error) {
    throw asRefusal(error);
  }
}

/** The market's own call that hands a signed permission in. @throws Problem 400 for a signature that is none */
export function permitCall({ token, amount, deadline, signature }: Permit): Hex {
  const { r, s, yParity } = partsOf(signature);
  return encodeFunctionData({
    abi: marketAbi,
    functionName: "permit",
    args: [tokenOf(token), unitsOf(token, amount), deadline, 27 + yParity, r, s],
  });
}

function partsOf(signature: Hex) {
  try {
    return parseSignature(signature);
  } catch {
    throw wrong("permit.signature", "65 bytes in hexadecimal, as a wallet signs");
  }
}
