/**
 * Where the contracts live. The deployment writes `contracts/deployments/<chainId>.json`; every service reads it here,
 * and `CONTRACT_<NAME>` in the environment overrides an address.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { z } from "zod/mini";
import { addressSchema as address } from "./address.ts";

/** Every deployed contract and its source below `contracts/src`. */
export const contractSources = {
  accessManager: "governance/MarketAccess",
  energyToken: "tokens/EnergyToken",
  rupiahToken: "tokens/RupiahToken",
  rupiahDesk: "tokens/RupiahDesk",
  faucet: "tokens/Faucet",
  meterRegistry: "metering/MeterRegistry",
  energyConverter: "metering/EnergyConverter",
  oracleCommittee: "metering/RootCommittee",
  deviceReporter: "metering/DeviceReporter",
  functionsReporter: "metering/FunctionsReporter",
  equivocationProof: "metering/EquivocationProof",
  energyCertificates: "metering/EnergyCertificates",
  energyMarket: "market/EnergyMarket",
  slotPool: "pool/SlotPool",
  /** The code that all households' accounts share. */
  homeAccount: "accounts/HomeAccount",
  homeAccountFactory: "accounts/HomeAccountFactory",
} as const;

export type ContractName = keyof typeof contractSources;

const names = Object.keys(contractSources) as ContractName[];

const deploymentSchema = z.object({
  chainId: z.int().check(z.positive()),
  /** Hash of block 0: tells a restarted local chain from the one that this deployment belongs to. */
  genesisHash: z.templateLiteral(["0x", z.string().check(z.regex(/^[0-9a-f]{64}$/))]),
  /** Block of the first contract's creation; an index starts here. */
  startBlock: z.int().check(z.nonnegative()),
  contracts: z.object({
    ...(Object.fromEntries(names.map((name) => [name, address])) as Record<ContractName, typeof address>),
    // Only a development chain gives money away.
    faucet: z.optional(address),
  }),
});

export type Deployment = z.infer<typeof deploymentSchema>;

/** `energyMarket` is overridden by `CONTRACT_ENERGY_MARKET`. */
export function overrideName(name: ContractName): string {
  return `CONTRACT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `DEPLOYMENTS_DIR` moves the folder, so that a test's chain leaves a running system's record alone. */
export function deploymentFile(chainId: number): URL {
  const moved = process.env.DEPLOYMENTS_DIR;
  const folder = moved
    ? pathToFileURL(`${moved}/`)
    : new URL("../../contracts/deployments/", import.meta.url);
  return new URL(`${chainId}.json`, folder);
}

/**
 * Reads the deployment on `chainId`, with `CONTRACT_*` of `environment` put over it.
 * @throws an error that names the file or the variable, and what is allowed.
 */
export function readDeployment(
  chainId: number,
  environment: Record<string, string | undefined> = process.env,
): Deployment {
  const file = deploymentFile(chainId);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(
      `No deployment is recorded for chain ${chainId}: deploy first (contracts/deployments/${chainId}.json).`,
    );
  }
  const recorded = JSON.parse(text);
  for (const name of names) {
    const override = environment[overrideName(name)];
    if (override !== undefined && override !== "") recorded.contracts[name] = override;
  }
  const parsed = deploymentSchema.safeParse(recorded);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = names.find((candidate) => candidate === issue.path[1]);
  throw new Error(
    `${name ? overrideName(name) : issue.path.join(".")}: ${issue.message} (it is "${name && recorded.contracts[name]}")`,
  );
}
