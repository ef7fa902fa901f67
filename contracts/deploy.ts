/**
 * Deploys EnerLink with Ignition and records the addresses in `deployments/<chainId>.json`, where every program reads
 * them.
 *
 *   node contracts/deploy.ts
 *
 * On a development chain everything has a default; elsewhere every role must be named. The parameters of a network are
 * in `ignition/parameters/`, what the environment sets is in `settingsSchema`.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod";
import { type Deployment, deploymentFile } from "./deployment.ts";
import EnerLink from "./ignition/modules/EnerLink.ts";
import Handover from "./ignition/modules/Handover.ts";
import LocalFaucet from "./ignition/modules/LocalFaucet.ts";
import { parsePrice } from "./units.ts";

/** Chains that live in a developer's machine: money is free there, and a restart begins a new chain. */
const DEVELOPMENT_CHAINS = [31_337, 31_338];

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "must be an address (0x and 40 hexadecimal digits)")
  .transform((text) => getAddress(text));

const price = z.string().transform((text, context) => {
  try {
    const value = parsePrice(text);
    if (value >= 0n && value < 2n ** 40n) return value;
  } catch {}
  context.addIssue({
    code: "custom",
    message: "must be 0 to 1099511627.775 IDR/kWh with at most 3 decimals",
  });
  return z.NEVER;
});

const settingsSchema = z.object({
  RPC_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https address" })
    .default("http://127.0.0.1:8545"),
  /** Deploys; without it the node's own first account does. */
  PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
    .optional(),
  COMMITTEE_MEMBERS: z
    .string()
    .transform((text) => text.split(",").map((member) => member.trim()))
    .pipe(z.array(address).min(1).max(32))
    .optional(),
  COMMITTEE_QUORUM: z.coerce.number().int().min(1).max(32).optional(),
  REGISTRAR: address.optional(),
  IDRS_ISSUER: address.optional(),
  MARKET_OPERATOR: address.optional(),
  GUARDIAN: address.optional(),
  /** Administers the roles afterwards, with a delay; without it the deployer stays the admin. */
  ADMIN: address.optional(),
  FUNCTIONS_ROUTER: address.optional(),
  ENABLE_ENERGY_TRADING: z.enum(["true", "false"], { error: "must be true or false" }).default("true"),
  ENERGY_TRADING_MIN_PRICE: price.default(1_000n),
});

export type DeploySettings = z.infer<typeof settingsSchema>;

/** @throws an error that names the variable and what is allowed. */
export function readDeploySettings(
  environment: Record<string, string | undefined> = process.env,
): DeploySettings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = String(issue.path[0]);
  throw new Error(`${name}=${given[name]}: ${issue.message}`);
}

/** Opens the network that `settings` name. */
export function connect({ RPC_URL, PRIVATE_KEY }: Pick<DeploySettings, "RPC_URL" | "PRIVATE_KEY">) {
  return hre.network.create({
    network: "local",
    override: { url: RPC_URL, ...(PRIVATE_KEY ? { accounts: [PRIVATE_KEY] } : {}) },
  });
}

/**
 * Deploys to the chain behind `connection`.
 * @throws when the chain is not a development chain and a role is not named.
 */
export async function deploy(connection: NetworkConnection, settings: DeploySettings): Promise<Deployment> {
  const { ignition, viem, provider } = connection;
  const client = await viem.getPublicClient();
  const chainId = await client.getChainId();
  const development = DEVELOPMENT_CHAINS.includes(chainId);
  const [deployer] = (await provider.request({ method: "eth_accounts" })) as Address[];
  if (deployer === undefined)
    throw new Error(`PRIVATE_KEY is needed: the node at ${settings.RPC_URL} has no account`);

  const named = <Name extends "REGISTRAR" | "IDRS_ISSUER" | "MARKET_OPERATOR" | "GUARDIAN">(
    name: Name,
  ): Address => {
    const holder = settings[name] ?? (development ? deployer : undefined);
    if (holder === undefined)
      throw new Error(`${name} is needed on chain ${chainId}: the address that gets the role`);
    return holder;
  };
  const members = settings.COMMITTEE_MEMBERS ?? (development ? [getAddress(deployer)] : undefined);
  if (members === undefined)
    throw new Error(`COMMITTEE_MEMBERS is needed on chain ${chainId}: comma-separated addresses`);
  const quorum = settings.COMMITTEE_QUORUM ?? Math.floor(members.length / 2) + 1;
  if (quorum > members.length || 2 * quorum <= members.length) {
    throw new Error(
      `COMMITTEE_QUORUM=${quorum}: must be ${Math.floor(members.length / 2) + 1} to ${members.length}, more than half of the members`,
    );
  }
  if (!development && settings.ADMIN === undefined) {
    throw new Error(`ADMIN is needed on chain ${chainId}: the address that administers the roles`);
  }

  const parameters = await networkParameters(development ? "local" : "public");
  Object.assign(parameters.EnerLink!, {
    committeeMembers: members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
    committeeQuorum: quorum,
    registrar: named("REGISTRAR"),
    idrsIssuer: named("IDRS_ISSUER"),
    marketOperator: named("MARKET_OPERATOR"),
    guardian: named("GUARDIAN"),
    minimumPrice: settings.ENERGY_TRADING_MIN_PRICE,
    boardPaused: settings.ENABLE_ENERGY_TRADING === "false",
    ...(settings.FUNCTIONS_ROUTER ? { functionsRouter: settings.FUNCTIONS_ROUTER } : {}),
  });
  if (settings.ADMIN) parameters.Handover = { adminDelay: 0, ...parameters.Handover, admin: settings.ADMIN };

  // Elsewhere Ignition's journal resumes a broken deployment; a development chain starts anew and knows no earlier one.
  if (development) await rm(journal(chainId), { recursive: true, force: true });
  const before = await client.getBlockNumber();
  const options = {
    parameters: parameters as never,
    config: development ? { blockPollingInterval: 50 } : {},
  };
  const deployed: Record<string, { address: Address }> = await ignition.deploy(
    settings.ADMIN ? Handover : development ? LocalFaucet : EnerLink,
    options,
  );

  const genesis = await client.getBlock({ blockNumber: 0n });
  return {
    chainId,
    genesisHash: genesis.hash,
    startBlock: (await firstBlock(chainId)) ?? Number(before) + 1,
    contracts: Object.fromEntries(
      Object.entries(deployed).map(([name, contract]) => [name, getAddress(contract.address)]),
    ) as Deployment["contracts"],
  };
}

/** Writes `deployments/<chainId>.json`. */
export async function record(deployment: Deployment): Promise<void> {
  const file = deploymentFile(deployment.chainId);
  await mkdir(new URL("./", file), { recursive: true });
  await writeFile(file, `${JSON.stringify(deployment, null, 2)}\n`);
}

async function networkParameters(
  network: "local" | "public",
): Promise<Record<string, Record<string, unknown>>> {
  const file = new URL(`./ignition/parameters/${network}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8"));
}

/** Where Ignition keeps what it has already done on a chain. */
function journal(chainId: number): URL {
  return new URL(`./ignition/deployments/chain-${chainId}/`, import.meta.url);
}

/** The first block of a deployment, also of one that broke off and was resumed. */
async function firstBlock(chainId: number): Promise<number | undefined> {
  const lines = await readFile(new URL("journal.jsonl", journal(chainId)), "utf8").catch(() => "");
  const blocks = lines
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => JSON.parse(line).receipt?.blockNumber ?? []);
  return blocks.length > 0 ? Math.min(...blocks) : undefined;
}

if (import.meta.main) {
  const settings = readDeploySettings();
  const connection = await connect(settings);
  try {
    const deployment = await deploy(connection, settings);
    await record(deployment);
    console.info(`Deployed on chain ${deployment.chainId} from block ${deployment.startBlock}:`);
    for (const [name, address] of Object.entries(deployment.contracts))
      console.info(`  ${name.padEnd(18)} ${address}`);
  } finally {
    await connection.close();
  }
}
