/**
 * A household's account as whoever signs for it or relays its calls sees it: addresses, what is signed, and how it is
 * sent (`HomeAccount`, `SignedExecution`). Safe in a browser; no key in here.
 */
import {
  type Address,
  concat,
  encodeAbiParameters,
  encodePacked,
  getAddress,
  getContractAddress,
  type Hex,
  keccak256,
  numberToHex,
  pad,
} from "viem";
import { isAddressText } from "./address.ts";
import { typedDomain } from "./domain.ts";
import { homeAccountAbi, homeAccountFactoryAbi } from "./generated/abis.ts";

/** A passkey's public key on P-256, 32 bytes each. */
export type PublicKey = { x: Hex; y: Hex };
export type Call = { to: Address; value?: bigint; data?: Hex };
/** What an authenticator answers, as the account reads it. */
export type Assertion = {
  r: Hex;
  /** The lower of the two that are right. */
  s: Hex;
  challengeIndex: number;
  typeIndex: number;
  authenticatorData: Hex;
  clientDataJSON: string;
};

/** The mode of ERC-7821 in which calls come with a nonce, a deadline and a signature. */
export const SIGNED_BATCH: Hex = pad("0x01000000000078210001", { dir: "right", size: 32 });

const callTypes = [
  { name: "to", type: "address" },
  { name: "value", type: "uint256" },
  { name: "data", type: "bytes" },
] as const;

const whole = (calls: readonly Call[]) =>
  calls.map(({ to, value = 0n, data = "0x" }) => ({ to, value, data }) as const);

/** EIP-1167: the code of a clone, around the address of what it runs. */
const CLONE = "0x363d3d373d3d3d363d73";
const CLONE_END = "5af43d82803e903d91602b57fd5bf3";

/** How the account knows a passkey. */
export const signerIdOf = ({ x, y }: PublicKey): Hex => keccak256(concat([x, y]));

/** The account of a first passkey, whether it is there yet or not: an ERC-1167 clone with the key behind its code. */
export function accountOf(factory: Address, implementation: Address, { x, y }: PublicKey): Address {
  const length = numberToHex(45 + 64, { size: 2 });
  const head = concat(["0x61", length, "0x3d81600a3d39f3", CLONE, implementation]);
  const bytecode = concat([head, `0x${CLONE_END}`, x, y]);
  return getContractAddress({ opcode: "CREATE2", from: factory, salt: pad("0x"), bytecode });
}

/** Whether `code` is a household's account: a clone of `implementation`, with its first passkey behind it. */
export const isAccountCode = (implementation: Address, code: Hex | undefined): boolean =>
  code?.toLowerCase().startsWith(`${CLONE}${implementation.slice(2).toLowerCase()}${CLONE_END}`) ?? false;

/** The key of a device's nonces: 184 bits of its id and a lane. Calls on different lanes do not wait for each other. */
export const nonceKeyOf = (signerId: Hex, lane = 0): bigint =>
  ((BigInt(signerId) >> 72n) << 8n) | BigInt(lane);

/** The `count`th nonce of a key, as the account counts them: key 192 bits | count 64. */
export const nonceOf = (key: bigint, count = 0n): bigint => (key << 64n) | count;

/** Of which key a nonce is. */
export const keyOfNonce = (nonce: bigint): bigint => nonce >> 64n;

/**
 * What a signer signs so that `account` runs `calls`.
 * @param nonce `HomeAccount.nonces(account, key)`
 * @param deadline Last unix second at which they may run
 */
export function executionTypedData(
  chainId: number,
  account: Address,
  calls: readonly Call[],
  nonce: bigint,
  deadline: number,
) {
  return {
    domain: typedDomain(chainId, account),
    types: {
      Execute: [
        { name: "calls", type: "Call[]" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint48" },
      ],
      Call: callTypes,
    },
    primaryType: "Execute",
    message: { calls: whole(calls), nonce, deadline },
  } as const;
}

/** The account's own domain, in which all that it signs for others is nested (ERC-7739). */
export const accountDomain = (chainId: number, account: Address) => typedDomain(chainId, account);

/** `executionData` of `HomeAccount.execute` without a signature: what the account itself may do. */
export const encodeCalls = (calls: readonly Call[]): Hex =>
  encodeAbiParameters([{ type: "tuple[]", components: callTypes }], [whole(calls)]);

/** `executionData` of `HomeAccount.execute` in the mode `SIGNED_BATCH`. */
export function encodeSigned(
  calls: readonly Call[],
  { nonce, deadline, signature }: { nonce: bigint; deadline: number; signature: Hex },
): Hex {
  const signed = encodePacked(["uint256", "uint48", "bytes"], [nonce, deadline, signature]);
  return encodeAbiParameters(
    [{ type: "tuple[]", components: callTypes }, { type: "bytes" }],
    [whole(calls), signed],
  );
}

/** A passkey's signature as the account reads it: the signer's length, the signer, its proof. */
export function passkeySignature({ x, y }: PublicKey, assertion: Assertion): Hex {
  const { r, s, challengeIndex, typeIndex, authenticatorData, clientDataJSON } = assertion;
  const proof = encodeAbiParameters(
    [
      { type: "bytes32" },
      { type: "bytes32" },
      { type: "uint256" },
      { type: "uint256" },
      { type: "bytes" },
      { type: "string" },
    ],
    [r, s, BigInt(challengeIndex), BigInt(typeIndex), authenticatorData, clientDataJSON],
  );
  return concat([numberToHex(64, { size: 1 }), x, y, proof]);
}

/** Calls that a household signed. */
export type SignedCalls = {
  account: Address;
  /** The first passkey, where the account may not be there yet. */
  create?: PublicKey | undefined;
  calls: readonly Call[];
  nonce: bigint;
  /** Unix seconds. */
  deadline: number;
  signature: Hex;
};

/** The transaction that carries signed calls; anyone may send it. */
export function submissionOf(factory: Address, { account, create, calls, ...signed }: SignedCalls) {
  const executionData = encodeSigned(calls, signed);
  return create
    ? ({
        address: factory,
        abi: homeAccountFactoryAbi,
        functionName: "createAndExecute",
        args: [create.x, create.y, SIGNED_BATCH, executionData],
      } as const)
    : ({
        address: account,
        abi: homeAccountAbi,
        functionName: "execute",
        args: [SIGNED_BATCH, executionData],
      } as const);
}

/** What a household shows its installer, as text or as a QR code: ERC-681, so that other wallets' cameras know it too. */
export const accountCode = (account: Address, chainId: number): string => `ethereum:${account}@${chainId}`;

/** Which account a code names; a bare address names no chain. */
export type AccountCode = { account: Address; chainId?: number };

const CODE = /^ethereum:(?:pay-)?(0x[0-9a-f]{40})(?:@(\d{1,15}))?$/i;

/** The account of such a code, or of a bare address; undefined when `text` is neither, or mistyped by its checksum. */
export function readAccountCode(text: string): AccountCode | undefined {
  const trimmed = text.trim();
  const [, address = trimmed, chain] = CODE.exec(trimmed) ?? [];
  if (!isAddressText(address)) return undefined;
  return { account: getAddress(address), ...(chain === undefined ? {} : { chainId: Number(chain) }) };
}

/** Whether a code is of `chainId`, or of no chain in particular: the same address on another chain is nobody's. */
export const isOfChain = ({ chainId: named }: AccountCode, chainId: number): boolean =>
  named === undefined || named === chainId;
