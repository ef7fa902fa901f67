/**
 * The contracts on a test's chain, as `enerlink deploy` puts them there. Each deployment is made by the command once in
 * a run of the tests; every further chain that wants the same gets the same transactions again, which each contract's
 * constructor meets as it met them first, in a tenth of the time.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Deployment } from "@enerlink/protocol/deployment";
import { writeWhole } from "@enerlink/service/whole-file";
import {
  createPublicClient,
  type Hex,
  http,
  keccak256,
  serializeTransaction,
  type Transaction,
  type TransactionSerializable,
} from "viem";
import { readDeploySettings } from "../contracts/parameters.ts";
import { RECORDINGS } from "./recordings.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What was sent for a deployment, as it was signed, and the record that the command made of it. */
type Recording = { transactions: Hex[]; deployment: Deployment };
type Chain = { RPC_URL: string; DEPLOYMENTS_DIR: string };

/** Deploys to the chain at `RPC_URL`, with `settings` of the deployment; the record is in `DEPLOYMENTS_DIR` as well. */
export async function deployed(
  chain: Chain,
  settings: Record<string, string | undefined> = {},
): Promise<Deployment> {
  const recordings = process.env[RECORDINGS];
  if (recordings === undefined) return deploy(chain, settings);
  const client = createPublicClient({ transport: http(chain.RPC_URL), pollingInterval: 10, cacheTime: 0 });
  const { RPC_URL: _, ...kind } = readDeploySettings({ ...process.env, ...chain, ...settings });
  const chainId = await client.getChainId();
  const name = createHash("sha256")
    .update(JSON.stringify([chainId, kind], inWords))
    .digest("hex");
  const file = join(recordings, `${name}.json`);
  const recorded = await readFile(file, "utf8").then(
    (text): Recording => JSON.parse(text),
    () => undefined,
  );
  if (recorded) return repeat(client, chain, recorded);

  const deployment = await deploy(chain, settings);
  const recording = { deployment, transactions: await transactionsOf(client, deployment) };
  // Two may have made the same one.
  writeWhole(file, JSON.stringify(recording));
  return deployment;
}

type Client = ReturnType<typeof createPublicClient>;
const inWords = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
const recordOf = ({ DEPLOYMENTS_DIR }: Chain, chainId: number) => join(DEPLOYMENTS_DIR, `${chainId}.json`);

async function deploy(chain: Chain, settings: Record<string, string | undefined>): Promise<Deployment> {
  const command = ["cli/enerlink.ts", "deploy", "--json"];
  const environment = { ...process.env, ...chain, ...settings };
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env: environment });
  return JSON.parse(stdout);
}

/** As they were signed. */
async function transactionsOf(client: Client, { startBlock }: Deployment): Promise<Hex[]> {
  const signed: Hex[] = [];
  const last = await client.getBlockNumber();
  for (let blockNumber = BigInt(startBlock); blockNumber <= last; blockNumber++) {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
    signed.push(...transactions.map(signedAs));
  }
  return signed;
}

function signedAs({ r, s, yParity, input, ...transaction }: Transaction): Hex {
  const call = { ...transaction, data: input } as unknown as TransactionSerializable;
  const signed = serializeTransaction(call, { r, s, yParity: yParity! });
  if (keccak256(signed) !== transaction.hash) throw new Error(`${transaction.hash} was read back otherwise`);
  return signed;
}

async function repeat(client: Client, chain: Chain, { transactions, deployment }: Recording) {
  const blocks: bigint[] = [];
  for (const serializedTransaction of transactions) {
    const hash = await client.sendRawTransaction({ serializedTransaction });
    const { status, blockNumber } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`${hash} of the deployment was reverted`);
    blocks.push(blockNumber);
  }
  const { hash: genesisHash } = await client.getBlock({ blockNumber: 0n });
  const here: Deployment = { ...deployment, genesisHash, startBlock: Number(blocks[0]) };
  await mkdir(chain.DEPLOYMENTS_DIR, { recursive: true });
  await writeFile(recordOf(chain, here.chainId), `${JSON.stringify(here, null, 2)}\n`);
  return here;
}
