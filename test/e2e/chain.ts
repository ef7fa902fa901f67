/** What the tests do on the chain themselves: as the registrar, the bank, or the clock. */

import {
  energyConverterAbi,
  merkleTree,
  meterId,
  meterRegistryAbi,
  oracleCommitteeAbi,
  ROOT_GRID,
  registersRootTypedData,
  reportLeaf,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Address, createPublicClient, createWalletClient, http, isAddressEqual, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { bank, gridOperator, homes, operator, oracleMembers, utility } from "../../local/accounts.ts";
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
  /**
   * Commits the root of this minute, of a meter's registers and of another's, as the committee would.
   * @returns what a node answers of the meter's proof
   */
  async function commitRoot(
    serial: string,
    registers: { exportWh: bigint; importWh: bigint; storedWh: bigint },
  ) {
    const committee = { address: contracts.oracleCommittee, abi: oracleCommitteeAbi } as const;
    const [quorum, configuration, members] = await Promise.all([
      client.readContract({ ...committee, functionName: "quorum" }),
      client.readContract({ ...committee, functionName: "configuration" }),
      client.readContract({ ...committee, functionName: "members" }),
    ]);
    const now = Number((await client.getBlock()).timestamp);
    const windowEnd = now - (now % ROOT_GRID);
    const report = { meterId: meterId(serial), ...registers, timestamp: windowEnd, epoch: 1 };
    const tree = merkleTree([reportLeaf(report), reportLeaf({ ...report, meterId: meterId("another") })]);
    const root = { root: tree.root, windowEnd, deadline: BigInt(now) + 3_600n, configuration };
    const typedData = registersRootTypedData(hardhat.id, contracts.oracleCommittee, root);
    const signers = members.slice(0, quorum).map((member) => {
      const { privateKey } = oracleMembers.find(({ account }) => isAddressEqual(account.address, member))!;
      return privateKeyToAccount(privateKey);
    });
    const signatures = await Promise.all(signers.map((signer) => signer.signTypedData(typedData)));
    const wallet = createWalletClient({
      account: privateKeyToAccount(operator.privateKey),
      chain: hardhat,
      transport: http(rpcUrl),
    });
    const hash = await wallet.writeContract({
      ...committee,
      functionName: "commitRoot",
      args: [root.root, windowEnd, root.deadline, signatures],
    });
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error("the root could not be committed");
    const { exportWh, importWh, storedWh } = registers;
    return {
      windowEndSeconds: windowEnd,
      report: { ...report, exportWh: `${exportWh}`, importWh: `${importWh}`, storedWh: `${storedWh}` },
      proof: tree.proof(0),
      settled: false,
    };
  }

  return { transferMeter, debtOf, settledAt, impoverish, advance, commitRoot };
}
