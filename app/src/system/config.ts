/** What the host says about the system: `/config.json`, and on a development chain `/demo.json`. Checked here, once. */
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod";

// zod would otherwise probe for `eval`, which the pages' policy forbids.
z.config({ jitless: true });

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "must be an address (0x and 40 hexadecimal digits)")
  .transform((text): Address => getAddress(text));

export const DEMO_CHAIN_ID = 31337;

const configSchema = z.object({
  rpcUrl: z.url(),
  indexerUrl: z.url(),
  oracleUrl: z.url(),
  deployment: z.object({
    chainId: z.int().positive(),
    genesisHash: z.string(),
    startBlock: z.int().nonnegative(),
    contracts: z.object({
      energyToken: address,
      rupiahToken: address,
      faucet: address.optional(),
      meterRegistry: address,
      energyConverter: address,
      energyMarket: address,
    }),
  }),
});
export type SystemConfig = z.infer<typeof configSchema>;

const demoSchema = z.object({
  accounts: z.array(
    z.object({
      name: z.string(),
      label: z.string().default(""),
      address,
      privateKey: z
        .string()
        .regex(/^0x[0-9a-fA-F]{64}$/)
        .optional(),
      mnemonicIndex: z.int().nonnegative().optional(),
      meterIds: z.array(z.string()).default([]),
      role: z.enum(["home", "battery", "utility", "bank", "operator"]).default("home"),
    }),
  ),
});
export type DemoAccount = z.infer<typeof demoSchema>["accounts"][number];

async function load<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(path);
  const body: unknown = await response.json();
  if (!response.ok)
    throw new Error(
      z.object({ error: z.string() }).safeParse(body).data?.error ?? `${path}: HTTP ${response.status}`,
    );
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Error(`${path}: ${issue.path.join(".")}: ${issue.message}`);
}

/** @throws an error that names the file and the field. */
export async function loadConfig(): Promise<{ config: SystemConfig; demoAccounts: DemoAccount[] }> {
  const config = await load("/config.json", configSchema);
  const onDemoChain = config.deployment.chainId === DEMO_CHAIN_ID;
  return { config, demoAccounts: onDemoChain ? (await load("/demo.json", demoSchema)).accounts : [] };
}
