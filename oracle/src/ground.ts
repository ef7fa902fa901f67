/** What a node stands on: chain, deployment, keys and store; each must be as it should before anything is built. */

import { isSerial } from "@enerlink/protocol";
import { type Deployment, readDeployment } from "@enerlink/protocol/deployment";
import { isOf } from "@enerlink/protocol/wire/shard";
import type { Log } from "@enerlink/service/log";
import { createPublicClient, fallback, type Hex, type HttpTransportConfig, type PublicClient } from "viem";
import { readDevices } from "./adapters/devices.ts";
import { type Config, chainSettings } from "./config.ts";
import { openKey } from "./keys/keys.ts";
import { makeMetrics } from "./metrics.ts";
import { network } from "./seams/network.ts";
import { time } from "./seams/time.ts";
import { openDatabase } from "./store/database.ts";
import { reachChain } from "./waiting.ts";

/** How long a chain's node takes to answer is counted. */
const timed =
  ({ rpc }: Pick<ReturnType<typeof makeMetrics>, "rpc">): NonNullable<HttpTransportConfig["fetchFn"]> =>
  async (url, request) => {
    const began = time.elapsed();
    const note = (outcome: string) => rpc.observe({ outcome }, (time.elapsed() - began) / 1_000);
    try {
      const response = await network.fetch(String(url), request);
      note(response.ok ? "answered" : "failed");
      return response;
    } catch (error) {
      note("failed");
      throw error;
    }
  };

/** @throws naming the contract that is not where the deployment has it. */
async function checkContracts(client: PublicClient, { chainId, contracts }: Deployment): Promise<void> {
  for (const [name, address] of Object.entries(contracts)) {
    if (address === undefined || (await client.getCode({ address })) !== undefined) continue;
    throw new Error(
      `${name}: there is no contract at ${address} on chain ${chainId}. Deploy again, put its address right, ` +
        "or point RPC_URL at a node that has all blocks.",
    );
  }
}

/**
 * Opens it once the chain answers; what is read of secrets is `hide`n from the log.
 * @throws when a setting, the chain, the deployment, a key or the store is not as it must be.
 */
export async function openGround(config: Config, log: Log, hide: (secret: string) => void) {
  const { shard } = config;
  const owns = (serial: string) => shard.count === 1 || (isSerial(serial) && isOf(serial, shard));
  const devices = readDevices(config.meterBindings, owns);
  const metrics = makeMetrics();
  const fetchFn = timed(metrics);
  const nodes = config.rpcUrls.map((url) => network.chain(url, { timeout: 10_000, retryCount: 1, fetchFn }));
  const client = createPublicClient({ transport: fallback(nodes) });
  const chainId = await reachChain(client, config, log);
  const each = nodes.map((transport) => createPublicClient({ transport }));
  const settings = chainSettings(config, chainId);
  const deployment = readDeployment(chainId);
  const genesis = await client.getBlock({ blockNumber: 0n });
  if (genesis.hash !== deployment.genesisHash) {
    throw new Error(
      `The chain at RPC_URL is not the one that the contracts were deployed on: its block 0 is ${genesis.hash}, ` +
        `the deployment's ${deployment.genesisHash}. Deploy again, or point RPC_URL at the right chain.`,
    );
  }
  const keyChain = { chainId, development: settings.development };
  await checkContracts(client, deployment);
  const signer = await openKey(config.signer, keyChain, hide);
  const account = await openKey(config.submitter, keyChain, hide);
  const payer = config.relay && (await openKey(config.relay.key, keyChain, hide));
  const chain = { chainId, genesisHash: genesis.hash };
  const database = openDatabase(config.dataDir, chain, log.child({ part: "store" }), shard);
  return {
    config,
    log,
    /** Whether this process is there for a meter. */
    owns,
    devices,
    metrics,
    client,
    /** Sends signed bytes to every node that is known; rejects when none takes them. */
    broadcast: (serializedTransaction: Hex) =>
      Promise.any(each.map((node) => node.sendRawTransaction({ serializedTransaction }))),
    chainId,
    settings,
    deployment,
    domain: { chainId, registry: deployment.contracts.meterRegistry },
    /** Signs reports. */
    signer,
    /** Pays the gas. */
    account,
    /** Pays the gas of what households sign, where this node does. */
    payer,
    database,
  };
}

export type Ground = Awaited<ReturnType<typeof openGround>>;
