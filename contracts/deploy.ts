/**
 * Deploys EnerLink with Ignition and records the addresses in `deployments/<chainId>.json`, where every program reads
 * them: `enerlink deploy`. On a development chain everything has a default; elsewhere every role
 * must be named (`parameters.ts`).
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import { type Deployment, deploymentFile } from "@enerlink/protocol/deployment";
import { writeWhole } from "@enerlink/service/whole-file";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { type Address, getAddress } from "viem";
import EnerLink from "./ignition/modules/EnerLink.ts";
import Handover from "./ignition/modules/Handover.ts";
import LocalFaucet from "./ignition/modules/LocalFaucet.ts";
import { type DeploySettings, planDeployment } from "./parameters.ts";

/** Opens the network that `settings` name. */
export function connect({ RPC_URL, PRIVATE_KEY }: Pick<DeploySettings, "RPC_URL" | "PRIVATE_KEY">) {
  return hre.network.create({
    network: "local",
    override: { url: RPC_URL[0]!, ...(PRIVATE_KEY ? { accounts: [PRIVATE_KEY] } : {}) },
  });
}

/**
 * Deploys to the chain behind `connection`.
 * @throws when a role is not named on a chain that is not for development.
 */
export async function deploy(connection: NetworkConnection, settings: DeploySettings): Promise<Deployment> {
  const { ignition, viem, provider } = connection;
  const client = await viem.getPublicClient();
  const chainId = await client.getChainId();
  const development = isDevelopmentChain(chainId);
  const [deployer] = (await provider.request({ method: "eth_accounts" })) as Address[];
  if (deployer === undefined) throw new Error(`PRIVATE_KEY is needed: ${settings.RPC_URL[0]} has no account`);
  const parameters = await planDeployment(settings, chainId, deployer);

  // Ignition resumes a broken deployment from its journal, which belongs to one chain, not to all with its id. A
  // development chain starts anew: its journal has a name of its own, since several may be deployed to at once, and
  // goes when it is done.
  const genesis = await client.getBlock({ blockNumber: 0n });
  const deploymentId = `chain-${chainId}-${development ? randomUUID() : genesis.hash.slice(2, 18)}`;
  const journal = connection.networkConfig.type === "http" ? journalOf(deploymentId) : undefined;
  const before = await client.getBlockNumber();
  let startBlock = Number(before) + 1;
  let deployed: Record<string, { address: Address }>;
  try {
    deployed = await ignition.deploy(settings.ADMIN ? Handover : development ? LocalFaucet : EnerLink, {
      parameters,
      deploymentId,
      config: development ? { blockPollingInterval: 50 } : {},
    });
    if (journal) startBlock = (await firstBlock(journal)) ?? startBlock;
  } finally {
    if (development && journal) await rm(journal, { recursive: true, force: true });
  }

  return {
    chainId,
    genesisHash: genesis.hash,
    startBlock,
    contracts: Object.fromEntries(
      Object.entries(deployed).map(([name, contract]) => [name, getAddress(contract.address)]),
    ) as Deployment["contracts"],
  };
}

/** Writes `deployments/<chainId>.json`. */
export async function record(deployment: Deployment): Promise<void> {
  const file = deploymentFile(deployment.chainId);
  await mkdir(new URL("./", file), { recursive: true });
  writeWhole(file, `${JSON.stringify(deployment, null, 2)}\n`);
}

/** Where Ignition keeps what it has already done on a chain. */
function journalOf(deploymentId: string): URL {
  return new URL(`./ignition/deployments/${deploymentId}/`, import.meta.url);
}

/** The first block of a deployment, also of one that broke off and was resumed. */
async function firstBlock(journal: URL): Promise<number | undefined> {
  const lines = await readFile(new URL("journal.jsonl", journal), "utf8");
  const blocks = lines
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => JSON.parse(line).receipt?.blockNumber ?? []);
  return blocks.length > 0 ? Math.min(...blocks) : undefined;
}
