/** One transaction from the first question to the wallet until it is sent; `follow.ts` takes over from there. */
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
  parseSignature,
  type Transport,
} from "viem";
import {
  estimateContractGas,
  getBlock,
  getCapabilities,
  getCode,
  sendCalls,
  signTypedData,
  simulateContract,
  waitForCallsStatus,
  waitForTransactionReceipt,
  writeContract,
} from "viem/actions";
import type { System } from "../system/index.ts";
import type { TokenName } from "./problem.ts";
import type { Transaction } from "./store.ts";

/** Energy (Wh) or rupiah (IDRS base units) that the market may take from the wallet in this transaction. */
export type Pull = { token: TokenName; amount: bigint };

export type Call<
  abi extends Abi = Abi,
  name extends ContractFunctionName<abi, "nonpayable"> = ContractFunctionName<abi, "nonpayable">,
> = ContractFunctionParameters<abi, "nonpayable", name>;

type WalletClient = Client<Transport, Chain, Account>;

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
 * Simulates `call`, asks the wallet for what it needs and sends it.
 * @param pulls what the market lacks and fetches; permitted by signature, or approved where a wallet can't sign
 * @param asking told what the wallet is asked for next
 * @returns the transaction's hash
 * @throws what viem throws: a revert in the simulation, a refusal of the wallet, an unreachable node
 */
export async function sendCall(
  system: System,
  wallet: WalletClient,
  call: Call,
  pulls: Pull[],
  asking: (asked: Transaction["asked"]) => void,
): Promise<Hex> {
  const { client, market } = system;
  const account = wallet.account;
  const lacking: Pull[] = [];
  for (const pull of pulls) {
    const allowance = await tokenOf(system, pull).read.allowance([account.address, market.address]);
    if (allowance < pull.amount) lacking.push(pull);
  }
  if (lacking.length > 0 && (await canBatch(wallet))) return sendBatch();

  const permits: Hex[] = [];
  for (const pull of lacking) {
    const permit = (await isContract(system, account.address)) ? undefined : await signPermit(pull);
    if (permit) permits.push(permit);
    else await approve(tokenOf(system, pull).address, pull.amount);
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
  // The book may move until the transaction is mined, and then needs a few steps more.
  const gas = ((await estimateContractGas(client, { ...whole, account })) * 5n) / 4n;
  asking("transaction");
  return writeContract(wallet, { ...whole, account, chain: system.chain, gas });

  /** Approvals and the call at once, all or nothing (EIP-5792); such a wallet simulates them together itself. */
  async function sendBatch(): Promise<Hex> {
    asking("transaction");
    const { id } = await sendCalls(wallet, {
      account,
      chain: system.chain,
      forceAtomic: true,
      calls: [
        ...lacking.map((pull) => ({
          to: tokenOf(system, pull).address,
          data: encodeFunctionData({
            abi: erc20Abi,
            functionName: "approve",
            args: [market.address, pull.amount],
          }),
        })),
        { to: call.address, data: encodeFunctionData(call) },
      ],
    });
    const { receipts } = await waitForCallsStatus(wallet, { id });
    const hash = receipts?.at(-1)?.transactionHash;
    if (!hash) throw new Error("The wallet names no transaction for the batch.");
    return hash;
  }

  /** The call of `market.permit`, or undefined where the wallet can't sign typed data. */
  async function signPermit(pull: Pull): Promise<Hex | undefined> {
    const { amount } = pull;
    const token = tokenOf(system, pull);
    const [[, domainName, version, chainId, verifyingContract], nonce, block] = await Promise.all([
      token.read.eip712Domain(),
      token.read.nonces([account.address]),
      getBlock(client),
    ]);
    const deadline = block.timestamp + PERMIT_SECONDS;
    asking("permit");
    let signature: Hex;
    try {
      signature = await signTypedData(wallet, {
        account,
        domain: { name: domainName, version, chainId: Number(chainId), verifyingContract },
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

  async function approve(token: Address, amount: bigint): Promise<void> {
    const approval = {
      address: token,
      abi: erc20Abi,
      functionName: "approve",
      args: [market.address, amount],
    } as const;
    await simulateContract(client, { ...approval, account });
    asking("approval");
    const hash = await writeContract(wallet, { ...approval, account, chain: system.chain });
    await waitForTransactionReceipt(client, { hash });
  }
}

const tokenOf = (system: System, { token }: Pull) =>
  token === "energy" ? system.energyToken : system.rupiahToken;

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
