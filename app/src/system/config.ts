/** What the host says about the system: `/config.json`. Checked here, once. */
import { AN_ADDRESS } from "@enerlink/protocol";
import { LOCAL_CHAIN_ID } from "@enerlink/protocol/chains";
import type { Address } from "viem";
import { z } from "zod/mini";

// zod would otherwise probe for `eval`, which the pages' policy forbids.
z.config({ jitless: true });

export const DEMO_CHAIN_ID = LOCAL_CHAIN_ID;
const PATH = "/config.json";

/**
 * As the deployment wrote it, its checksum included. To compute each of them again took a slow phone an eighth of a second
 * before anything was drawn.
 */
const address = z.custom<Address>(
  (value) => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value),
  `must be ${AN_ADDRESS}`,
);

const demoAccountSchema = z
  .object({
    name: z.string(),
    label: z._default(z.string(), ""),
    address,
    privateKey: z.optional(z.string().check(z.regex(/^0x[0-9a-fA-F]{64}$/))),
    mnemonicIndex: z.optional(z.int().check(z.nonnegative())),
    meterIds: z._default(z.array(z.string()), []),
    role: z._default(z.enum(["home", "battery", "utility", "bank", "operator"]), "home"),
  })
  .check(
    z.refine(
      ({ privateKey, mnemonicIndex }) => privateKey !== undefined || mnemonicIndex !== undefined,
      "must have privateKey or mnemonicIndex",
    ),
  );
export type DemoAccount = z.infer<typeof demoAccountSchema>;

const configSchema = z.object({
  rpcUrl: z.url(),
  indexerUrl: z.url(),
  oracleUrl: z.url(),
  /** Whose keys everybody knows: only a host of a development chain names some. */
  demoAccounts: z._default(z.array(demoAccountSchema), []),
  /** Where an installer is at hand who registers a meter for whoever shows an account's code. */
  installer: z.optional(z.string()),
  deployment: z.object({
    chainId: z.int().check(z.positive()),
    genesisHash: z.string(),
    startBlock: z.int().check(z.nonnegative()),
    contracts: z.object({
      energyToken: address,
      rupiahToken: address,
      faucet: z.optional(address),
      meterRegistry: address,
      energyConverter: address,
      energyMarket: address,
      slotPool: address,
      oracleCommittee: address,
      deviceReporter: address,
      homeAccount: address,
      homeAccountFactory: address,
    }),
  }),
});
export type SystemConfig = z.infer<typeof configSchema>;

/** @throws an error that names the file and the field. */
export async function loadConfig(): Promise<SystemConfig> {
  const response = await fetch(PATH);
  const body: unknown = await response.json();
  if (!response.ok)
    throw new Error(
      z.object({ error: z.string() }).safeParse(body).data?.error ?? `${PATH}: HTTP ${response.status}`,
    );
  const parsed = configSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${PATH}: ${issue.path.join(".")}: ${issue.message}`);
  }
  const onDemoChain = parsed.data.deployment.chainId === DEMO_CHAIN_ID;
  return onDemoChain ? parsed.data : { ...parsed.data, demoAccounts: [] };
}
