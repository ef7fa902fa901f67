/**
 * What a deployment is made of: a network's parameters (`ignition/parameters/`) and what the environment says. The
 * deployment sets it and the verification reads it back.
 */
import { readFile } from "node:fs/promises";
import { constants, formatPrice, MOST_PRICE, parsePrice } from "@enerlink/protocol";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import {
  address,
  ENABLE_ENERGY_TRADING_IS,
  type Environment,
  flag,
  privateKey,
  RPC_URL,
  readSettings,
  secret,
  some,
  whole,
} from "@enerlink/service/settings";
import { type Address, getAddress } from "viem";
import { z } from "zod";

const price = z.string().transform((text, context) => {
  try {
    const value = parsePrice(text);
    if (value >= 0n && value <= MOST_PRICE) return value;
  } catch {}
  const message = `must be 0 to ${formatPrice(MOST_PRICE)} IDR/kWh with at most 3 decimals`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** What a command that speaks with a chain takes. */
export const acting = {
  RPC_URL,
  PRIVATE_KEY: secret(
    privateKey.optional(),
    "The account that a command of `enerlink` acts as; on a development chain the node's first by default.",
  ),
};

const MOST_MEMBERS = Number(constants.OracleCommittee.MOST_MEMBERS);
const holder = (what: string) =>
  address.optional().describe(`${what} On a development chain the deployer by default.`);

export const deploySettings = z.object({
  ...acting,
  COMMITTEE_MEMBERS: some(address, MOST_MEMBERS)
    .optional()
    .describe("Addresses of the committee's signers. On a development chain the deployer by default."),
  COMMITTEE_QUORUM: whole(1, MOST_MEMBERS)
    .optional()
    .describe("How many members sign a report: more than half of them, which is the default."),
  REGISTRAR: holder("Registers meters."),
  IDRS_ISSUER: holder("Mints and burns IDRS against bank transfers."),
  IDRS_TREASURY: address.optional().describe("Gets what the rupiah desk is paid; by default the issuer."),
  MARKET_OPERATOR: holder(
    "Sets the market's minimum price, committee, reporters and rating caps, and makes communities.",
  ),
  GUARDIAN: holder("Pauses, and lifts pauses."),
  ADMIN: address
    .optional()
    .describe(
      "Administers the roles afterwards, with a delay; without it the deployer stays the admin, on development chains only, and there is a faucet.",
    ),
  FUNCTIONS_ROUTER: address
    .optional()
    .describe("Chainlink's router, where it is not the network's of `ignition/parameters`."),
  ENABLE_ENERGY_TRADING: flag.default(true).describe(ENABLE_ENERGY_TRADING_IS),
  ENERGY_TRADING_MIN_PRICE: z
    .string()
    .default("1")
    .pipe(price)
    .describe("Lowest price of an offer, IDR/kWh."),
});

export type DeploySettings = z.infer<typeof deploySettings>;

/** @throws an error that names the variable and what is allowed. */
export const readDeploySettings = (environment?: Environment): DeploySettings =>
  readSettings(deploySettings, environment);

const seconds = z.number().int().nonnegative();
const networkSchema = z.object({
  EnerLink: z.object({
    energyDecimals: z.number().int().min(0).max(18),
    activationDelay: seconds,
    /** Highest rated power of a consumer, prosumer, battery and grid meter, W. */
    ratingCaps: z.array(z.number().int().nonnegative()).length(4),
    silence: seconds,
    functionsRouter: address,
    /** Of the pool: length of a slot, tolerance, patience, notice (seconds), and steepness. */
    slots: z.array(seconds).length(5),
    slotsAdjustable: z.boolean(),
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
      boardPaused: !settings.ENABLE_ENERGY_TRADING,
    },
    Handover: { ...network.Handover, admin: named("ADMIN") },
  };
}
