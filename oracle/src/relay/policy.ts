/** For whom the relay pays, and for what. */
import { accountOf, type Call, type SignedCalls } from "@enerlink/protocol/account";
import type { Deployment } from "@enerlink/protocol/deployment";
import { type Address, type Hex, isAddressEqual } from "viem";
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
export const makeRelayMembership = (mirror: Pick<Mirror, "meters">) => (account: Address) =>
  mirror
    .meters()
    .some(({ owner, pendingOwner }) =>
      [owner, pendingOwner].some((one) => one !== null && isAddressEqual(one, account)),
    );

type Known = {
  deployment: Deployment;
  /** Whether somebody owns a meter, or may accept one. */
  isMember: (account: Address) => boolean;
  /** Whether an address is a household's account: a neighbour's, of which it is the guardian. */
  isHousehold: (address: Address) => Promise<boolean>;
};

const notMember = (account: Address) =>
  new Refusal("not-a-member", `${account} owns no meter here, and none waits for it to accept`);

/** @throws Refusal when the relay completes no recovery of this account. */
export async function checkRecovery(
  { account }: RecoveryRequest,
  { isMember, isHousehold }: Pick<Known, "isMember" | "isHousehold">,
): Promise<void> {
  if (!isMember(account)) throw notMember(account);
  if (!(await isHousehold(account)))
    throw new Refusal("not-sponsored", `account: ${account} is no household's account`);
}

/** @throws Refusal when the relay does not pay for this, whoever signed it. */
export async function checkRequest(
  { account, create, calls }: RelayRequest,
  { deployment, isMember, isHousehold }: Known,
): Promise<void> {
  const { accessManager, homeAccountFactory, homeAccount, faucet, ...market } = deployment.contracts;
  if (create && !isAddressEqual(accountOf(homeAccountFactory, homeAccount, create), account))
    throw new Refusal("wrong-account", `${account} is not the account of the passkey in create`);
  if (!isMember(account)) throw notMember(account);
  const ours = [...Object.values(market), ...(faucet ? [faucet] : [])];
  for (const [index, { to, value }] of calls.entries()) {
    if (value !== 0n)
      throw new Refusal("not-sponsored", `calls.${index}.value: no ether is sent, it must be 0`);
    const known = isAddressEqual(to, account) || ours.some((one) => isAddressEqual(one, to));
    if (!known && !(await isHousehold(to)))
      throw new Refusal("not-sponsored", `calls.${index}.to: ${to} is no contract of this market`);
  }
}
