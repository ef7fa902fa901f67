/** Permissions to pull a token that are signed beside an order (ERC-2612): what to sign, and what becomes of it. */
import { Problem } from "@enerlink/edge";
import { formatKwh } from "@enerlink/protocol";
import {
  type Address,
  encodeFunctionData,
  type Hex,
  isAddressEqual,
  maxUint256,
  parseSignature,
  recoverTypedDataAddress,
} from "viem";
import { chainId, client, contracts, energyTokenAbi, marketAbi } from "../chain.ts";
import { wrong } from "../input.ts";
import { chainTime } from "../now.ts";
import { asRefusal } from "./refusal.ts";
import { isoOf } from "./times.ts";

export type Token = "ETK" | "IDRS";
export type Permit = { token: Token; amount: bigint; deadline: bigint; signature: Hex };

export const tokenOf = (token: Token) => (token === "ETK" ? contracts.energyToken : contracts.rupiahToken);

/** An amount that was read with IDRS's six decimals, in the token's base units: ETK has three. @throws Problem 400 */
export function unitsOf(token: Token, amount: bigint, field = "amount"): bigint {
  if (token === "IDRS") return amount;
  if (amount % 1_000n !== 0n)
    throw wrong(field, `of at most 3 decimals for ETK, such as ${formatKwh(2_500n)}`);
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

/** What the token says that a permit rests on. @throws Problem 502 */
async function standingOf(owner: Address, token: Token) {
  const contract = { address: tokenOf(token), abi: energyTokenAbi };
  try {
    const [[, name, version], nonce, allowance] = await Promise.all([
      client.readContract({ ...contract, functionName: "eip712Domain" }),
      client.readContract({ ...contract, functionName: "nonces", args: [owner] }),
      client.readContract({ ...contract, functionName: "allowance", args: [owner, contracts.energyMarket] }),
    ]);
    return { domain: { name, version, chainId, verifyingContract: contract.address }, nonce, allowance };
  } catch (error) {
    throw asRefusal(error);
  }
}

/** What the token would refuse, or the market pass over. */
const refused = (field: string, message: string) =>
  new Problem(422, "The contract refuses", `${field} ${message}`, [{ field, message }]);

/** @throws Problem 422 unless `deadline`, unix seconds, lies ahead of the chain's time */
export async function checkDeadline(field: string, deadline: bigint): Promise<void> {
  const now = await chainTime();
  if (deadline <= now) throw refused(field, `must be a time after the chain's, which is ${isoOf(now)}`);
}

/**
 * The typed data (EIP-712) by which `owner` lets the market pull a token, and what it may pull of it now: null where that
 * has no limit. @throws Problem 502
 */
export async function permitToSign(owner: Address, token: Token, value: bigint, deadline: bigint) {
  const { domain, nonce, allowance } = await standingOf(owner, token);
  const typedData = {
    domain,
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
}

/**
 * The market passes over a permit that does not count where it may pull as much already: here each is looked at, so that
 * what is wrong is said before anything is sent.
 * @param pulls which tokens what it comes with may pull
 * @throws Problem 400 for a token that is not pulled, 422 for a deadline that is over or a signature of something else
 */
export async function checkPermit(
  owner: Address,
  { token, amount, deadline, signature }: Permit,
  pulls: readonly Token[],
): Promise<void> {
  if (!pulls.includes(token)) throw wrong("permit.token", `what is pulled, ${pulls.join(" or ")}`);
  const value = unitsOf(token, amount, "permit.amount");
  await checkDeadline("permit.deadline", deadline);
  partsOf(signature);
  const { domain, nonce, allowance } = await standingOf(owner, token);
  const isOver = async (nonce: bigint) => {
    const message = { owner, spender: contracts.energyMarket, value, nonce, deadline };
    const typed = { domain, types, primaryType: "Permit", message, signature } as Signed;
    const signer = await recoverTypedDataAddress(typed).catch(() => undefined);
    return signer !== undefined && isAddressEqual(signer, owner);
  };
  if (await isOver(nonce)) return;
  // Whoever saw it may have handed it in already: then what it permits is there.
  if (nonce > 0n && allowance >= value && (await isOver(nonce - 1n))) return;
  throw refused("permit.signature", NOT_THIS);
}

type Signed = Parameters<typeof recoverTypedDataAddress>[0];

const NOT_THIS =
  "must be from's, over the `typedData` that POST /api/v1/trading/permit answers for it: of exactly this token, amount and deadline, with the market as its spender and the next nonce";

/** The market's own call that hands a signed permission in. @throws Problem 400 for a signature that is none */
export function permitCall({ token, amount, deadline, signature }: Permit): Hex {
  const { r, s, yParity } = partsOf(signature);
  return encodeFunctionData({
    abi: marketAbi,
    functionName: "permit",
    args: [tokenOf(token), unitsOf(token, amount, "permit.amount"), deadline, 27 + yParity, r, s],
  });
}

function partsOf(signature: Hex) {
  try {
    return parseSignature(signature);
  } catch {
    throw wrong("permit.signature", "65 bytes in hexadecimal, as a wallet signs");
  }
}
