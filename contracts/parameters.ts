/**
 * What a deployment is made of: a network's parameters (`ignition/parameters/`) and what the environment says. The
 * deployment sets it and the verification reads it back.
 */
import { readFile } from "node:fs/promises";
import { formatPrice, parsePrice } from "@enerlink/protocol";
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod";

/** Chains that live in a developer's machine: money is free there, and a restart begins a new chain. */
const DEVELOPMENT_CHAINS = [31_337, 31_338];

export function isDevelopmentChain(chainId: number): boolean {
  return DEVELOPMENT_CHAINS.includes(chainId);
}

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "must be an address (0x and 40 hexadecimal digits)")
  .transform((text) => getAddress(text));

/** The market keeps prices in 32 bits. */
const HIGHEST_PRICE = 2n ** 32n - 1n;

const price = z.string().transform((text, context) => {
  try {
    const value = parsePrice(text);
    if (value >= 0n && value <= HIGHEST_PRICE) return value;
  } catch {}
  const message = `must be 0 to ${formatPrice(HIGHEST_PRICE)} IDR/kWh with at most 3 decimals`;
  context.addIssue({ code: "custom", message });
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
  COMMITTEE_QUORUM: z.coerce.number("must be a whole number").int("must be a whole number").optional(),
  REGISTRAR: address.optional(),
  IDRS_ISSUER: address.optional(),
  /** Where the desk's payments go; without it to the issuer. */
  IDRS_TREASURY: address.optional(),
  MARKET_OPERATOR: address.optional(),
  GUARDIAN: address.optional(),
  /** Administers the roles afterwards, with a delay, and there is no faucet; without it the deployer stays the admin. */
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
  // A private key is shown to nobody, not even a malformed one.
  throw new Error(`${name}${name === "PRIVATE_KEY" ? "" : `=${given[name]}`}: ${issue.message}`);
}

const seconds = z.number().int().nonnegative();
const networkSchema = z.object({
  EnerLink: z.object({
    energyDecimals: z.number().int().min(0).max(18),
    activationDelay: seconds,
    /** Highest rated power of a consumer, prosumer, battery and grid meter, W. */
    ratingCaps: z.array(z.number().int().nonnegative()).length(4),
    silence: seconds,
    functionsRouter: address,
    registrarDelay: seconds,
    idrsIssuerDelay: seconds,
    marketOperatorDelay: seconds,
  }),
  Handover: z.object({ adminDelay: seconds }),
});

export type Plan = Awaited<ReturnType<typeof planDeployment>>;

/**
 * The Ignition parameters of a deployment on `chainId` by `deployer`.
 * @throws when a role, the committee or the admin is not named on a chain that is not for development.
 */
export async function planDeployment(settings: DeploySettings, chainId: number, deployer: Address) {
  const development = isDevelopmentChain(chainId);
  const file = new URL(`./ignition/parameters/${development ? "local" : "public"}.json`, import.meta.url);
  const network = networkSchema.parse(JSON.parse(await readFile(file, "utf8")));

  function named(name: "REGISTRAR" | "IDRS_ISSUER" | "MARKET_OPERATOR" | "GUARDIAN" | "ADMIN"): Address {
    const holder = settings[name] ?? (development ? getAddress(deployer) : undefined);
    if (holder === undefined) throw new Error(`${name} is needed on chain ${chainId}: an address`);
    return holder;
  }

  const members = settings.COMMITTEE_MEMBERS ?? (development ? [getAddress(deployer)] : undefined);
  if (members === undefined) {
    throw new Error(`COMMITTEE_MEMBERS is needed on chain ${chainId}: comma-separated addresses`);
  }
  const majority = Math.floor(members.length / 2) + 1;
  const quorum = settings.COMMITTEE_QUORUM ?? majority;
  if (quorum < majority || quorum > members.length) {
    throw new Error(
      `COMMITTEE_QUORUM=${quorum}: must be ${majority} to ${members.length}, more than half of ${members.length} members`,
    );
  }

  return {
    EnerLink: {
      ...network.EnerLink,
      functionsRouter: settings.FUNCTIONS_ROUTER ?? network.EnerLink.functionsRouter,
      committeeMembers: members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
      committeeQuorum: quorum,
      registrar: named("REGISTRAR"),
      idrsIssuer: named("IDRS_ISSUER"),
      treasury: settings.IDRS_TREASURY ?? named("IDRS_ISSUER"),
      marketOperator: named("MARKET_OPERATOR"),
      guardian: named("GUARDIAN"),
      minimumPrice: settings.ENERGY_TRADING_MIN_PRICE,
      boardPaused: settings.ENABLE_ENERGY_TRADING === "false",
    },
    Handover: { ...network.Handover, admin: named("ADMIN") },
  };
}
