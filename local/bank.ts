/** The local bank: pays every withdrawal of IDRS that is asked for, as a real issuer would after its transfer. */
import { rupiahTokenAbi } from "@enerlink/protocol";
import { encodeFunctionData } from "viem";
import { bank } from "./accounts.ts";
import { say } from "./output.ts";
import { showIdr } from "./setup.ts";
import { type Market, makeWallet, shortMessage } from "./wallet.ts";

const POLL_MS = 2_000;

/** Starts paying. @returns how to stop */
export function openBank({ rpcUrl, client, deployment }: Market): () => void {
  const wallet = makeWallet(rpcUrl, bank);
  const { rupiahToken } = deployment.contracts;
  return client.watchContractEvent({
    address: rupiahToken,
    abi: rupiahTokenAbi,
    eventName: "WithdrawalRequested",
    pollingInterval: POLL_MS,
    onLogs: async (logs) => {
      for (const { args } of logs) {
        const { withdrawalId, amount } = args as { withdrawalId: bigint; amount: bigint };
        const data = encodeFunctionData({
          abi: rupiahTokenAbi,
          functionName: "payWithdrawal",
          args: [withdrawalId],
        });
        try {
          await wallet.send(rupiahToken, data);
          say("bank", `paid withdrawal ${withdrawalId} of Rp ${showIdr(amount)}`);
        } catch (error) {
          say("bank", `could not pay withdrawal ${withdrawalId}: ${shortMessage(error)}`);
        }
      }
    },
  });
}
