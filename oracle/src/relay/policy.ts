/** For whom the relay pays, and for what. */
import { homeAccountAbi } from "@enerlink/protocol";
import { accountOf, type Call, type SignedCalls } from "@enerlink/protocol/account";
import type { Deployment } from "@enerlink/protocol/deployment";
import { type Address, type Hex, isAddressEqual, toFunctionSelector } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { RefusalReason } from "../rules/relaying.ts";

/** Calls that a household signed, whole. */
export type RelayRequest = Omit<SignedCalls, "calls"> & { calls: Required<Call>[] };

/** A recovery that is due: whose account, and the signer's bytes that its guardian has proposed. */
export type RecoveryRequest = { account: Address; signer: Hex };

/** Why the relay does not pay for something. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Whether somebody owns a meter, or is to accept one. */
export const makeRelayMembership = (mirror: Pick<Mirror, "meters" | "others">) => (account: Address) =>
  [...mirror.meters(), ...mirror.others()].some(({ owner, pendingOwner }) =>
    [owner, pendingOwner].some((one) => one !== null && isAddressEqual(one, account)),
  );

type Known = {
  deployment: Deployment;
  /** Whether somebody owns a meter, or may accept one. */
  isMember: (account: Address) => boolean;
  /** Whether an address is a household's account: a neighbour's, of which it is the guardian. */
  isHousehold: (address: Address) => Promise<boolean>;
  /** Who may propose a recovery of a household's account, by the chain. */
  guardianOf: (household: Address) => Promise<Address>;
};

/** What a guardian does for a household that lost its devices. */
const guardiansCalls = new Set(
  homeAccountAbi
    .filter((item) => item.type === "function" && ["proposeRecovery", "recover"].includes(item.name))
    .map((item) => toFunctionSelector(item as never)),
);

const notMember = (account: Address) =>
  new Refusal("not-a-member", `${account} owns no meter here, and none waits for it to accept`);

const notHousehold = (account: Address, more = "") =>
  new Refusal("not-sponsored", `account: ${account} is no household's account${more}`);

/** @throws Refusal when the relay completes no recovery of this account. */
export async function checkRecovery(
  { account }: RecoveryRequest,
  { isMember, isHousehold }: Pick<Known, "isMember" | "isHousehold">,
): Promise<void> {
  if (!isMember(account)) throw notMember(account);
  if (!(await isHousehold(account))) throw notHousehold(account);
}

/**
 * The household that a guardian without a meter acts for; undefined where it does anything else. Its one call and no
 * other, so that a household's gas is spent on nothing that is not its recovery.
 */
async function wardOf(
  { account, calls }: RelayRequest,
  { isMember, isHousehold, guardianOf }: Known,
): Promise<Address | undefined> {
  const [first, ...more] = calls;
  if (!first || more.length > 0 || first.value !== 0n) return undefined;
  const { to, data } = first;
  if (!guardiansCalls.has(data.slice(0, 10) as Hex) || !isMember(to) || !(await isHousehold(to)))
    return undefined;
  return isAddressEqual(await guardianOf(to), account) ? to : undefined;
}

/**
 * @returns out of whose gas of the day it is paid: the signer's, or that of the household whose guardian the signer is
 * @throws Refusal when the relay does not pay for this, whoever signed it.
 */
export async function checkRequest(request: RelayRequest, known: Known): Promise<Address> {
  const { account, create, calls } = request;
  const { deployment, isMember, isHousehold } = known;
  const { accessManager, homeAccountFactory, homeAccount, faucet, ...market } = deployment.contracts;
  if (create && !isAddressEqual(accountOf(homeAccountFactory, homeAccount, create), account))
    throw new Refusal("wrong-account", `${account} is not the account of the passkey in create`);
  const paidFor = isMember(account) ? account : await wardOf(request, known);
  if (paidFor === undefined) throw notMember(account);
  // Where no code checks the signature, calls that nobody signed succeed and do nothing, at this node's cost.
  if (!create && !(await isHousehold(account)))
    throw notHousehold(account, ": `create` is needed where it is not there yet");
  if (paidFor !== account) return paidFor;
  const ours = [...Object.values(market), ...(faucet ? [faucet] : [])];
  for (const [index, { to, value }] of calls.entries()) {
    if (value !== 0n)
      throw new Refusal("not-sponsored", `calls.${index}.value: no ether is sent, it must be 0`);
    const known = isAddressEqual(to, account) || ours.some((one) => isAddressEqual(one, to));
    if (!known && !(await isHousehold(to)))
      throw new Refusal("not-sponsored", `calls.${index}.to: ${to} is no contract of this market`);
  }
  return account;
}
