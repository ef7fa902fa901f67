/** From what a page wants to what is handed out: simulated, and with what the market may take, permitted or approved. */
import { gasLimitFor } from "@enerlink/protocol";
import {
  type Abi,
  type Account,
  type Address,
  type Chain,
  type Client,
  type ContractFunctionName,
  type ContractFunctionParameters,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  isAddressEqual,
  parseSignature,
  type Transport,
} from "viem";
import {
  estimateContractGas,
  getBlock,
  getCapabilities,
  getCode,
  signTypedData,
  simulateContract,
  waitForTransactionReceipt,
  writeContract,
} from "viem/actions";
import type { System } from "../system/index.ts";
import { ApprovalUnknown, leavesOpen } from "./decode.ts";
import type { TokenName, Transaction } from "./store.ts";

type Asking = (asked: Transaction["asked"]) => Promise<unknown>;

/** Energy (Wh) or rupiah (IDRS base units) that the market may take from the wallet in this transaction. */
export type Pull = { token: TokenName; amount: bigint };

export type Call<
  abi extends Abi = Abi,
  name extends ContractFunctionName<abi, "nonpayable"> = ContractFunctionName<abi, "nonpayable">,
> = ContractFunctionParameters<abi, "nonpayable", name>;

export type WalletClient = Client<Transport, Chain, Account>;

/** One call, or several that hold together or not at all. */
export type Ready = { to: Address; data: Hex; gas: bigint } | { calls: { to: Address; data: Hex }[] };

/** What is to be handed out. */
export type Wanted = {
  call: Call;
  /** What the market may fetch; permitted by signature, or approved where a wallet can't sign. */
  pulls: readonly Pull[];
  /** What goes before the call, all or nothing, of an account that a fingerprint opens. */
  first: readonly Call[];
  byFingerprint: boolean;
};

const PERMIT_SECONDS = 3_600n;

const permitTypes = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

/**
 * @param asking told what is waited for next
 * @param untilDecided waits for what the account sent before: permits are numbered
 * @throws what viem throws: a revert in the simulation, a refusal of the wallet, an unreachable node; ApprovalUnknown
 */
export async function prepare(
  system: System,
  wallet: WalletClient,
  { call, pulls, first, byFingerprint }: Wanted,
  asking: Asking,
  untilDecided: () => Promise<void>,
): Promise<Ready> {
  const { client, market } = system;
  const { account } = wallet;
  let lacking = await lackingOf(system, account.address, pulls);
  if (lacking.length > 0) {
    await untilDecided();
    lacking = await lackingOf(system, account.address, pulls);
  }
  if (byFingerprint || (lacking.length > 0 && (await canBatch(wallet)))) {
    const approvals = lacking.map((pull) => approvalOf(system, pull));
    // Several calls together such a wallet simulates itself.
    if (approvals.length + first.length === 0) await simulateContract(client, { ...call, account });
    const calls = [...approvals, ...first, call] as Call[];
    return { calls: calls.map((one) => ({ to: one.address, data: encodeFunctionData(one) })) };
  }

  const permits: Hex[] = [];
  for (const pull of lacking) {
    const permit = (await isContract(system, account.address))
      ? undefined
      : await signPermit(system, wallet, pull, asking);
    if (permit) permits.push(permit);
    else await approve(system, wallet, pull, asking);
  }

  // A permit is only good inside the market's own multicall: there nobody can use it up beforehand.
  const whole: Call =
    permits.length === 0
      ? call
      : {
          address: market.address,
          abi: market.abi as Abi,
          functionName: "multicall",
          args: [[...permits, encodeFunctionData(call)]],
        };
  await simulateContract(client, { ...whole, account });
  const gas = await estimateContractGas(client, { ...whole, account });
  return { to: whole.address, data: encodeFunctionData(whole), gas: gasLimitFor(gas) };
}

/** What the market may not take yet. */
async function lackingOf(system: System, owner: Address, pulls: readonly Pull[]): Promise<Pull[]> {
  const allowances = await Promise.all(
    pulls.map((pull) => tokenOf(system, pull).read.allowance([owner, system.market.address])),
  );
  return pulls.filter(({ amount }, index) => allowances[index]! < amount);
}

const tokenOf = (system: System, { token }: Pull) =>
  token === "energy" ? system.energyToken : system.rupiahToken;

const approvalOf = (system: System, pull: Pull) => ({
  address: tokenOf(system, pull).address,
  abi: erc20Abi,
  functionName: "approve" as const,
  args: [system.market.address, pull.amount] as const,
});

/** The call of `market.permit`, or undefined where the wallet can't sign typed data. */
async function signPermit(
  system: System,
  wallet: WalletClient,
  pull: Pull,
  asking: Asking,
): Promise<Hex | undefined> {
  const { client, market, chain } = system;
  const { account } = wallet;
  const { amount } = pull;
  const token = tokenOf(system, pull);
  const [[, name, version, chainId, verifyingContract], nonce, block] = await Promise.all([
    token.read.eip712Domain(),
    token.read.nonces([account.address]),
    getBlock(client),
  ]);
  // The answer may come from a node that lies: what is signed holds for this token on this chain alone.
  if (Number(chainId) !== chain.id || !isAddressEqual(verifyingContract, token.address))
    throw new Error(`The token ${token.address} names another domain than its own.`);
  const deadline = block.timestamp + PERMIT_SECONDS;
  await asking("permit");
  let signature: Hex;
  try {
    signature = await signTypedData(wallet, {
      account,
      domain: { name, version, chainId: chain.id, verifyingContract: token.address },
      types: permitTypes,
      primaryType: "Permit",
      message: { owner: account.address, spender: market.address, value: amount, nonce, deadline },
    });
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
  const { r, s, yParity } = parseSignature(signature);
  return encodeFunctionData({
    abi: market.abi,
    functionName: "permit",
    args: [token.address, amount, deadline, 27 + yParity, r, s],
  });
}

/** Harmless when it is done twice: the market may take this amount, and no more. */
async function approve(system: System, wallet: WalletClient, pull: Pull, asking: Asking): Promise<void> {
  const { client, chain } = system;
  const { account } = wallet;
  const approval = approvalOf(system, pull);
  await simulateContract(client, { ...approval, account });
  await asking("approval");
  try {
    const hash = await writeContract(wallet, { ...approval, account, chain });
    await waitForTransactionReceipt(client, { hash });
  } catch (error) {
    throw leavesOpen(error) ? new ApprovalUnknown("No answer to an approval.", { cause: error }) : error;
  }
}

/** Whether the wallet sends several calls as one; most do not know the question. */
async function canBatch(wallet: WalletClient): Promise<boolean> {
  // A key in this browser is no such wallet, and its node is not asked.
  if (wallet.account.type === "local") return false;
  try {
    const { atomic } = await getCapabilities(wallet, { account: wallet.account, chainId: wallet.chain.id });
    return atomic?.status === "supported" || atomic?.status === "ready";
  } catch {
    return false;
  }
}

/** Whether an account is a contract that can't sign a permit; one with delegated code (EIP-7702) can. */
async function isContract({ client }: System, address: Address): Promise<boolean> {
  const code = await getCode(client, { address });
  return code !== undefined && !code.startsWith("0xef0100");
}

function isUnsupported(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (code === 4200 || code === -32601 || code === -32004) return true;
  }
  return false;
}
