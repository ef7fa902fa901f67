/** How the chain stands, and what is deployed on it. */
import { energyConverterAbi, energyMarketAbi, oracleCommitteeAbi } from "@enerlink/protocol";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import { messageOf } from "@enerlink/service/log";
import { type Address, createPublicClient, http } from "viem";
import { openChain } from "../chain.ts";
import { behind, type Check, good, missing, spanOf, unsafe } from "./finding.ts";

export type ChainSeen = {
  /** What each node of RPC_URL says; undefined where it does not answer. */
  nodes: { url: string; chainId: number | undefined; block: bigint | undefined }[];
  expected: number | undefined;
  /** What is deployed; undefined where no node answers, or nothing is. */
  deployed: Deployed | undefined;
  failure: string;
  /** Unix seconds. */
  now: number;
};
type Deployed = {
  /** When the newest block says that it was made, unix seconds. */
  head: number;
  chainId: number;
  /** Contracts at whose address there is no code. */
  empty: string[];
  members: readonly Address[];
  quorum: number;
  settles: boolean;
  paused: string[];
};

/** A block later than this is missed: what the oracle waits for as well. */
const LONGEST_PAUSE = 180;
const PATIENCE = 3_000;

const of =
  (look: (deployed: Deployed, seen: ChainSeen) => ReturnType<Check<ChainSeen>[1]>): Check<ChainSeen>[1] =>
  (seen) =>
    seen.deployed && look(seen.deployed, seen);

/** Of a URL that may carry a provider's key only what names it. */
const hostOf = (url: string) => new URL(url).host;

export const chainChecks: readonly Check<ChainSeen>[] = [
  [
    "nodes",
    ({ nodes }) => {
      const silent = nodes.filter(({ chainId }) => chainId === undefined).map(({ url }) => hostOf(url));
      const found = `${nodes.length - silent.length} of ${nodes.length} answer`;
      if (silent.length === nodes.length)
        return missing(`${silent.join(", ")}: no answer`, "start it, or name another in RPC_URL");
      if (silent.length > 0) return behind(`${found}, not ${silent.join(", ")}`, "replace it in RPC_URL");
      return good(found);
    },
  ],
  [
    "one chain",
    ({ nodes, expected }) => {
      const ids = new Set(nodes.flatMap(({ chainId }) => chainId ?? []));
      if (expected !== undefined) ids.add(expected);
      if (ids.size < 2) return ids.size === 0 ? undefined : good(`chain ${[...ids][0]}`);
      return unsafe(
        `RPC_URL and CHAIN_ID name several: ${[...ids].join(", ")}`,
        "take out of RPC_URL what is of another chain",
      );
    },
  ],
  [
    "deployment",
    ({ deployed, failure }) => {
      if (!deployed)
        return failure ? missing(failure, "enerlink deploy, or CONTRACT_* (docs/production.md)") : undefined;
      if (deployed.empty.length === 0) return good("every contract has its code");
      return missing(
        `no code at ${deployed.empty.join(", ")}`,
        "the recorded deployment is of another chain, or an old one: DEPLOYMENTS_DIR",
      );
    },
  ],
  [
    "newest block",
    of(({ head, chainId }, { now }) => {
      const found = `${spanOf(Math.max(0, now - head))} old`;
      // A development chain makes blocks when it is asked, and has a time of its own.
      if (isDevelopmentChain(chainId) || now - head <= LONGEST_PAUSE) return good(found);
      return behind(found, "compare with another node of the chain (runbook, OracleWithoutChain)");
    }),
  ],
  [
    "committee",
    of(({ members, quorum, chainId }) => {
      const found = `${quorum} of ${members.length} sign`;
      if (isDevelopmentChain(chainId)) return good(found);
      if (quorum < 2)
        return unsafe(found, "one key alone settles everything: add members (enerlink committee set)");
      if (quorum === members.length)
        return behind(
          found,
          "whoever is away stops all: add a member (enerlink committee set), as in 2 of 3",
        );
      return good(found);
    }),
  ],
  [
    "settlement",
    of(({ settles }) =>
      settles
        ? good("the committee's reports count")
        : missing("the committee is no reporter now", "the guardian paused it: see why, then resume it"),
    ),
  ],
  [
    "market",
    of(({ paused }) =>
      paused.length === 0
        ? good("open")
        : behind(`paused: ${paused.join(", ")}`, "on purpose? whoever paused it resumes it"),
    ),
  ],
];

async function askNode(url: string): Promise<ChainSeen["nodes"][number]> {
  const client = createPublicClient({ transport: http(url, { retryCount: 0, timeout: PATIENCE }) });
  const [chainId, block] = await Promise.all([
    client.getChainId().catch(() => undefined),
    client.getBlockNumber().catch(() => undefined),
  ]);
  return { url, chainId, block };
}

async function askContracts(): Promise<Deployed> {
  const { chainId, client, contracts } = await openChain();
  const committee = { address: contracts.oracleCommittee, abi: oracleCommitteeAbi } as const;
  const empty = await Promise.all(
    Object.entries(contracts).map(async ([name, address]) => {
      const code = address === undefined ? "none given" : await client.getCode({ address });
      return code === undefined || code === "0x" ? [name] : [];
    }),
  );
  const head = Number((await client.getBlock()).timestamp);
  const nothing = { members: [], quorum: 0, settles: false, paused: [] };
  if (empty.flat().length > 0) return { head, chainId, empty: empty.flat(), ...nothing };
  const [members, quorum, settles, [bookPaused, boardPaused]] = await Promise.all([
    client.readContract({ ...committee, functionName: "members" }),
    client.readContract({ ...committee, functionName: "quorum" }),
    client.readContract({
      address: contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "isReporter",
      args: [contracts.oracleCommittee],
    }),
    client.readContract({ address: contracts.energyMarket, abi: energyMarketAbi, functionName: "paused" }),
  ]);
  const paused = [...(bookPaused ? ["order book"] : []), ...(boardPaused ? ["board"] : [])];
  return { head, chainId, empty: [], members, quorum: Number(quorum), settles, paused };
}

export async function seeChain(rpcUrls: readonly string[], expected: number | undefined): Promise<ChainSeen> {
  const nodes = await Promise.all(rpcUrls.map(askNode));
  const seen: ChainSeen = { nodes, expected, deployed: undefined, failure: "", now: Date.now() / 1_000 };
  if (nodes.every(({ chainId }) => chainId === undefined)) return seen;
  try {
    return { ...seen, deployed: await askContracts() };
  } catch (error) {
    return { ...seen, failure: messageOf(error) };
  }
}
