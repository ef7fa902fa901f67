/** What the tests do on the chain themselves: as the registrar, the bank, or the clock. */

import { energyConverterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Address, createPublicClient, createWalletClient, http, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { bank, gridOperator, homes, operator, utility } from "../../local/accounts.ts";
import type { System } from "../system/system.ts";

const people = [operator, bank, utility, gridOperator, ...homes];
export const addressOf = (name: string): Address =>
  people.find((person) => person.name === name)!.account.address;

export function openChain({ rpcUrl, contracts }: System) {
  const client = createPublicClient({ chain: hardhat, transport: http(rpcUrl), pollingInterval: 200 });

  /** Offers a meter to somebody, as its owner would. */
  async function transferMeter(serial: string, from: string, to: string): Promise<void> {
    const { privateKey } = people.find(({ name }) => name === from)!;
    const wallet = createWalletClient({
      account: privateKeyToAccount(privateKey),
      chain: hardhat,
      transport: http(rpcUrl),
    });
    const hash = await wallet.writeContract({
      address: contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "transferMeter",
      args: [meterId(serial), addressOf(to)],
    });
    await client.waitForTransactionReceipt({ hash });
  }

  const settled = (serial: string) =>
    client.readContract({
      address: contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });
  /** What a meter owes, Wh. */
  const debtOf = async (serial: string): Promise<bigint> => (await settled(serial))[2];
  /** When the registers were read that a meter settled last, unix seconds. */
  const settledAt = async (serial: string): Promise<number> => (await settled(serial))[4];

  /** Takes an account's ether: it sends nothing any more. */
  const impoverish = (name: string) =>
    client.request({ method: "hardhat_setBalance", params: [addressOf(name), "0x0"] } as never);

  /** Moves the chain's clock ahead for good. */
  async function advance(seconds: number): Promise<void> {
    await client.request({ method: "evm_increaseTime", params: [toHex(seconds)] } as never);
    await client.request({ method: "evm_mine" } as never);
  }
  return { transferMeter, debtOf, settledAt, impoverish, advance };
}
