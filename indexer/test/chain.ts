/**
 * A real chain with the real deployment, for the tests and the benchmark beside: anvil, an EVM that is not the one the
 * contracts are tested on. Its own chain id and record keep it apart from a local system that runs at the same time.
 */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  capitals,
  energyCertificatesAbi,
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  faucetAbi,
  MeterKind,
  meterId,
  meterRegistryAbi,
  namesOf,
  oracleCommitteeAbi,
  type Report,
  revertOf,
  rupiahDeskAbi,
  rupiahTokenAbi,
  settlementBatchTypedData,
  slotPoolAbi,
  TrustClass,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { developmentAccount } from "@enerlink/protocol/development";
import { latLngToCell } from "h3-js";
import {
  type Abi,
  type Address,
  bytesToHex,
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  maxUint256,
  publicActions,
} from "viem";
import { deployed } from "../../test/deployed.ts";
import { freePorts } from "../../test/ports.ts";

/** What a contract or the index answers: the tests compare it field by field. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answer = any;

export const CHAIN_ID = 31_338;
const ANVIL = fileURLToPath(new URL("../node_modules/.bin/anvil", import.meta.url));

export type Chain = Awaited<ReturnType<typeof startChain>>;
export type Contract =
  | "market"
  | "registry"
  | "converter"
  | "committee"
  | "certificates"
  | "energy"
  | "rupiah"
  | "desk"
  | "pool"
  | "faucet";

export const kinds = capitals(namesOf(MeterKind));
export type Kind = (typeof kinds)[number];

/** Where the test's homes are: cells of resolution 7 in Jakarta. */
export const places = [
  { latitude: -6.2, longitude: 106.8166 },
  { latitude: -6.1754, longitude: 106.8272 },
  { latitude: -6.2615, longitude: 106.8106 },
  { latitude: -6.5971, longitude: 106.806 },
];

/**
 * What a transaction may take, almost the most that one can. An estimate is what it takes in the second in which it is
 * made: one more where a stored time then is another.
 */
const GAS = 16_000_000n;

type ChainOptions = { port?: number; accounts?: number; gasLimit?: bigint };

/**
 * @param options.port where anvil listens; a free one unless given
 * @param options.accounts how many accounts it has with a key
 * @param options.gasLimit of a block; a transaction's own limit stays
 */
export async function startChain({ port, accounts = 10, gasLimit = 60_000_000n }: ChainOptions = {}) {
  const chain = { ...hardhat, id: CHAIN_ID };
  const rpcPort = port ?? (await freePorts(1));
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const directory = await mkdtemp(join(tmpdir(), "enerlink-chain-"));
  const anvil = spawn(
    ANVIL,
    [
      ["--port", String(rpcPort)],
      ["--chain-id", String(CHAIN_ID)],
      ["--hardfork", "osaka"],
      ["--accounts", String(accounts)],
      ["--gas-limit", String(gasLimit)],
      ["--order", "fifo"],
      ["--quiet"],
    ].flat(),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = new Promise((resolve) => anvil.once("exit", resolve));
  process.once("exit", () => anvil.kill("SIGTERM"));

  async function stop() {
    anvil.kill("SIGTERM");
    await ended;
    await rm(directory, { recursive: true, force: true });
  }

  const client = createTestClient({
    chain,
    mode: "anvil",
    transport: http(rpcUrl),
    pollingInterval: 10,
  }).extend(publicActions);
  // The record is read by this process and by the index that it starts.
  process.env.DEPLOYMENTS_DIR = directory;
  await until("anvil answers", () => {
    // Somebody else's chain, that has the port, would answer instead.
    if (anvil.exitCode !== null) throw new Error(`anvil ended with ${anvil.exitCode}`);
    return client.getBlockNumber().then(
      () => true,
      () => false,
    );
  });
  const deployment = await deployed({ RPC_URL: rpcUrl, DEPLOYMENTS_DIR: directory });

  const contracts = {
    market: { address: deployment.contracts.energyMarket, abi: energyMarketAbi },
    registry: { address: deployment.contracts.meterRegistry, abi: meterRegistryAbi },
    converter: { address: deployment.contracts.energyConverter, abi: energyConverterAbi },
    committee: { address: deployment.contracts.oracleCommittee, abi: oracleCommitteeAbi },
    certificates: { address: deployment.contracts.energyCertificates, abi: energyCertificatesAbi },
    desk: { address: deployment.contracts.rupiahDesk, abi: rupiahDeskAbi },
    pool: { address: deployment.contracts.slotPool, abi: slotPoolAbi },
    energy: { address: deployment.contracts.energyToken, abi: energyTokenAbi },
    rupiah: { address: deployment.contracts.rupiahToken, abi: rupiahTokenAbi },
    faucet: { address: deployment.contracts.faucet!, abi: faucetAbi },
  } as const;

  const people = Array.from({ length: 7 }, (_, index) => developmentAccount(index));
  const operator = people[0]!;
  const wallets = people.map((account) => createWalletClient({ account, chain, transport: http(rpcUrl) }));

  async function mined(functionName: string, hash: Hex) {
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${functionName} reverted on chain`);
    return receipt;
  }

  /** Sends a call that must succeed. @throws what refused it */
  async function send(person: number, contract: Contract, functionName: string, args: readonly unknown[]) {
    const call = { ...contracts[contract], abi: contracts[contract].abi as Abi, functionName, args };
    const { request } = await client.simulateContract({ ...call, account: people[person]! });
    return mined(functionName, await wallets[person]!.writeContract({ ...request, gas: GAS }));
  }

  /** Sends a call that may be refused; a refusal answers undefined, anything else throws. */
  const attempt = (...call: Parameters<typeof send>) =>
    send(...call).catch((error: unknown) => {
      if (revertOf(error)) return undefined;
      throw error;
    });

  const read = (contract: Contract, functionName: string, args: readonly unknown[] = []): Promise<Answer> =>
    client.readContract({ ...contracts[contract], abi: contracts[contract].abi as Abi, functionName, args });

  const now = async () => Number((await client.getBlock()).timestamp);
  const pass = async (seconds: number) => {
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
  };

  /** Registers a meter, which its owner accepts. */
  async function addMeter(serial: string, owner: Address, kind: Kind, place: (typeof places)[number]) {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    const key = (text: string) => bytesToHex(Buffer.from(text, "base64url"));
    const id = meterId(serial);
    await send(0, "registry", "register", [
      {
        meterId: id,
        owner,
        kind: kinds.indexOf(kind),
        trust: TrustClass.A,
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
    await client.impersonateAccount({ address: owner });
    const hash = await createWalletClient({ account: owner, chain, transport: http(rpcUrl) }).writeContract({
      ...contracts.registry,
      functionName: "acceptMeter",
      args: [id, 0n],
      gas: GAS,
    });
    await mined("acceptMeter", hash);
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

  // Everybody has money and lets the market pull.
  for (let person = 0; person < people.length; person++) {
    await send(person, "faucet", "draw", [1_000_000_000_000n]);
    await send(person, "energy", "approve", [contracts.market.address, maxUint256]);
    await send(person, "rupiah", "approve", [contracts.market.address, maxUint256]);
  }

  return {
    rpcUrl,
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
    wallets,
    stop,
  };
}

/** Asks again, ten times a second. @throws when `condition` does not hold within `seconds` */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  seconds = 240,
  more: () => string = () => "",
) {
  const end = Date.now() + seconds * 1_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain until ${what}\n${more()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
