/**
 * A real chain with the real deployment and the real index over it, for the tests beside: a Hardhat node in this
 * process, Ponder as a child. Its own chain id keeps it apart from a local system that runs at the same time.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  faucetAbi,
  meterId,
  meterRegistryAbi,
  oracleCommitteeAbi,
  type Report,
  rupiahTokenAbi,
  settlementBatchTypedData,
} from "@enerlink/contracts";
import { deploymentFile, readDeployment } from "@enerlink/contracts/deployment";
import { latLngToCell } from "h3-js";
import hre from "hardhat";
import {
  type Abi,
  type Address,
  BaseError,
  bytesToHex,
  createTestClient,
  createWalletClient,
  http,
  maxUint256,
  publicActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

/** What a contract or the index answers: the tests compare it field by field. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answer = any;

export const CHAIN_ID = 31_338;
const indexer = fileURLToPath(new URL("..", import.meta.url));
const MNEMONIC = "test test test test test test test test test test test junk";

export type Harness = Awaited<ReturnType<typeof startHarness>>;
export type Contract = "market" | "registry" | "converter" | "committee" | "energy" | "rupiah" | "faucet";

/** As in the contract's `enum MeterKind`. */
export const kinds = ["CONSUMER", "PROSUMER", "BATTERY", "GRID"] as const;
export type Kind = (typeof kinds)[number];

/** Where the test's homes are: cells of resolution 7 in Jakarta. */
export const places = [
  { latitude: -6.2, longitude: 106.8166 },
  { latitude: -6.1754, longitude: 106.8272 },
  { latitude: -6.2615, longitude: 106.8106 },
  { latitude: -6.5971, longitude: 106.806 },
];

export async function startHarness({ rpcPort, port }: { rpcPort: number; port: number }) {
  const chain = { ...hardhat, id: CHAIN_ID };
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const server = await hre.network.createServer(
    {
      network: "default",
      chainType: "l1",
      override: {
        chainId: CHAIN_ID,
        allowBlocksWithSameTimestamp: true,
        loggingEnabled: false,
      },
    },
    "127.0.0.1",
    rpcPort,
  );
  await server.listen();

  const root = fileURLToPath(new URL("../..", import.meta.url));
  await promisify(execFile)(process.execPath, ["contracts/deploy.ts"], {
    cwd: root,
    env: { ...process.env, RPC_URL: rpcUrl },
  });
  const deployment = readDeployment(CHAIN_ID);
  const recorded = await readFile(deploymentFile(CHAIN_ID), "utf8");

  const client = createTestClient({ chain, mode: "hardhat", transport: http(rpcUrl) }).extend(publicActions);
  const contracts = {
    market: { address: deployment.contracts.energyMarket, abi: energyMarketAbi },
    registry: { address: deployment.contracts.meterRegistry, abi: meterRegistryAbi },
    converter: { address: deployment.contracts.energyConverter, abi: energyConverterAbi },
    committee: { address: deployment.contracts.oracleCommittee, abi: oracleCommitteeAbi },
    energy: { address: deployment.contracts.energyToken, abi: energyTokenAbi },
    rupiah: { address: deployment.contracts.rupiahToken, abi: rupiahTokenAbi },
    faucet: { address: deployment.contracts.faucet!, abi: faucetAbi },
  } as const;

  const people = Array.from({ length: 6 }, (_, addressIndex) =>
    mnemonicToAccount(MNEMONIC, { addressIndex }),
  );
  const operator = people[0]!;
  const wallets = people.map((account) => createWalletClient({ account, chain, transport: http(rpcUrl) }));

  /** Sends a call that may be refused; a refusal answers undefined, anything else throws. */
  async function attempt(person: number, contract: Contract, functionName: string, args: readonly unknown[]) {
    const call = { ...contracts[contract], abi: contracts[contract].abi as Abi, functionName, args };
    try {
      const { request } = await client.simulateContract({ ...call, account: people[person]! });
      const hash = await wallets[person]!.writeContract(request);
      const receipt = await client.getTransactionReceipt({ hash });
      if (receipt.status !== "success") throw new Error(`${functionName} reverted on chain`);
      return receipt;
    } catch (error) {
      if (
        error instanceof BaseError &&
        error.walk((inner) => (inner as Error).name === "ContractFunctionRevertedError")
      ) {
        return undefined;
      }
      throw error;
    }
  }

  /** Sends a call that must succeed. */
  async function send(person: number, contract: Contract, functionName: string, args: readonly unknown[]) {
    const receipt = await attempt(person, contract, functionName, args);
    if (!receipt) throw new Error(`${functionName}(${args.join(", ")}) was refused`);
    return receipt;
  }

  const read = (contract: Contract, functionName: string, args: readonly unknown[] = []): Promise<Answer> =>
    client.readContract({ ...contracts[contract], abi: contracts[contract].abi as Abi, functionName, args });

  const now = async () => Number((await client.getBlock()).timestamp);
  const pass = async (seconds: number) => {
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
  };

  /** Registers a meter of person `owner` and gives it its baseline. */
  async function addMeter(serial: string, owner: number, kind: Kind, place = places[owner % places.length]!) {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    const key = (text: string) => bytesToHex(Buffer.from(text, "base64url"));
    const id = meterId(serial);
    await send(0, "registry", "register", [
      {
        meterId: id,
        owner: people[owner]!.address,
        kind: kinds.indexOf(kind),
        trust: 2,
        connectionPoint: id,
        exportWatts: 100_000,
        importWatts: 100_000,
        capacityWh: kind === "BATTERY" ? 1_000_000n : 0n,
        creditWh: 5_000n,
        h3Cell: BigInt(`0x${latLngToCell(place.latitude, place.longitude, 7)}`),
        keyX: key(x!),
        keyY: key(y!),
      },
    ]);
    return id;
  }

  /** Submits reports under the committee's one signature. */
  async function settle(reports: Report[]) {
    const deadline = BigInt((await now()) + 3_600);
    const configuration: number = await read("committee", "configuration");
    const signature = await operator.signTypedData(
      settlementBatchTypedData(CHAIN_ID, contracts.committee.address, { reports, deadline, configuration }),
    );
    return send(0, "committee", "submit", [reports, deadline, [signature]]);
  }

  const directory = await mkdtemp(join(tmpdir(), "enerlink-index-"));
  const url = `http://127.0.0.1:${port}`;
  let ponder: ChildProcess | undefined;
  let output = "";

  /** Starts the index and waits until it has caught up. */
  async function startIndex(environment: Record<string, string> = {}) {
    // Other suites deploy to this chain id as well.
    await writeFile(deploymentFile(CHAIN_ID), recorded);
    ponder = spawn(
      process.execPath,
      [
        join(indexer, "node_modules/ponder/dist/esm/bin/ponder.js"),
        "start",
        "--schema",
        "enerlink",
        "--port",
        String(port),
      ],
      {
        cwd: indexer,
        env: {
          ...process.env,
          RPC_URL: rpcUrl,
          CHAIN_ID: String(CHAIN_ID),
          PORT: String(port),
          DATABASE_DIR: join(directory, "pglite"),
          POLLING_INTERVAL: "200",
          PONDER_TELEMETRY_DISABLED: "1",
          NODE_ENV: "development",
          ...environment,
        },
      },
    );
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    ponder.stdout!.on("data", keep);
    ponder.stderr!.on("data", keep);
    await until("the index is ready", async () => {
      if (ponder!.exitCode !== null) throw new Error(`The index stopped:\n${output}`);
      return (await fetch(`${url}/ready`).catch(() => undefined))?.ok ?? false;
    });
  }

  async function until(what: string, condition: () => Promise<boolean>, seconds = 90) {
    const end = Date.now() + seconds * 1_000;
    while (!(await condition())) {
      if (Date.now() > end)
        throw new Error(`Waited ${seconds} s in vain until ${what}:\n${output.slice(-4_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Waits until the index has read the chain's latest block. */
  async function caughtUp() {
    const head = Number(await client.getBlockNumber({ cacheTime: 0 }));
    await until(`block ${head} is indexed`, async () => {
      const status = (await (await fetch(`${url}/status`)).json()) as {
        chain: { block: { number: number } };
      };
      return status.chain.block.number >= head;
    });
  }

  /** Asks REST below `/api/v1`. */
  async function rest(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; answer: Answer }> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: await response.json() };
  }

  /** Signs and sends a transaction that REST answered, as a wallet does, and waits until it is indexed. */
  async function sign(person: number, { transaction }: Answer) {
    const { to, data, gas } = transaction;
    const hash = await wallets[person]!.sendTransaction({ to, data, gas: (BigInt(gas) * 3n) / 2n });
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${hash} reverted`);
    await caughtUp();
    return hash;
  }

  /**
   * Listens to a GraphQL subscription.
   * @returns what came so far, and a function that stops listening
   */
  async function subscribe(text: string): Promise<{ events: Answer[]; close: () => void }> {
    const abort = new AbortController();
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: text }),
      signal: abort.signal,
    });
    const events: Answer[] = [];
    const listen = async () => {
      let buffered = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        buffered += decoder.decode(chunk, { stream: true });
        const lines = buffered.split("\n");
        buffered = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith("data: {")) events.push(JSON.parse(line.slice(6)).data);
        }
      }
    };
    listen().catch(() => undefined);
    // The feed begins after its first look at what is already there.
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { events, close: () => abort.abort() };
  }

  /** Asks the GraphQL. @throws when it answers with errors */
  async function query(text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Answer; errors?: unknown[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Stops the index as the local system does. @returns its exit code */
  async function stopIndex(): Promise<number | null> {
    if (!ponder || ponder.exitCode !== null) return ponder?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => ponder!.once("exit", resolve));
    ponder.kill("SIGTERM");
    return ended;
  }

  async function stop() {
    await stopIndex();
    await server.close();
    await rm(directory, { recursive: true, force: true });
    await rm(deploymentFile(CHAIN_ID), { force: true });
  }

  // Everybody has money and lets the market pull.
  for (let person = 0; person < people.length; person++) {
    await send(person, "faucet", "draw", [1_000_000_000_000n]);
    await send(person, "energy", "approve", [contracts.market.address, maxUint256]);
    await send(person, "rupiah", "approve", [contracts.market.address, maxUint256]);
  }

  return {
    url,
    client,
    contracts,
    deployment,
    people,
    address: (person: number): Address => people[person]!.address,
    attempt,
    send,
    read,
    now,
    pass,
    addMeter,
    settle,
    startIndex,
    caughtUp,
    until,
    query,
    rest,
    sign,
    subscribe,
    stopIndex,
    stop,
    output: () => output,
  };
}
