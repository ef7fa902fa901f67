/** What the benchmark runs against: a real chain with registered meters, a real broker, the oracle as its own process. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  accessManagerAbi,
  MeterKind,
  meterId,
  meterRegistryAbi,
  oracleCommitteeAbi,
  TrustClass,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { developmentAccount, developmentKey } from "@enerlink/protocol/development";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import {
  createTestClient,
  encodeFunctionData,
  type Hex,
  http,
  publicActions,
  stringToHex,
  toHex,
} from "viem";
import { oracleUser } from "../../local/broker.ts";
import { freePorts } from "../../test/ports.ts";
import { nodeRules, startMosquitto } from "../mosquitto/start.ts";
import { deviceKey } from "../simulator/index.ts";
import { startAnvil } from "../testing/anvil.ts";
import { gatewayOf, SEED, serialOfMeter } from "./meters.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PASSWORD = "benchmark";
/** A cell of resolution 7 in Jakarta. */
const CELL = 0x878c10761ffffffn;
/** Registrations in one transaction, which may take 16,777,216 gas. */
const REGISTERING = 45;
/** After so many of them progress is told. */
const TOLD = 1_000;

const [OPERATOR, MEMBER] = [0, 7] as const;
/** By node of a committee: whose gas it spends. */
const SUBMITTERS = [1, 2, 3] as const;

/** How `pnpm --filter @enerlink/oracle start` starts it. */
const start = JSON.parse(readFileSync(join(root, "oracle/package.json"), "utf8")).scripts.start as string;
const oracleArgs = start
  .replace(/^node /, "")
  .replace("src/", "oracle/src/")
  .split(" ");

function run(args: string[], environment: Record<string, string>) {
  const printed: string[] = [];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...environment },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => printed.push(String(data)));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, ended, printed: () => printed.join("") };
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** Starts chain, contracts and broker; `genesis` in unix seconds. `gateways`: how many may speak for any meter. */
export async function startWorld(genesis: number, mostMeters: number, gateways = 0) {
  const folder = await mkdtemp(join(tmpdir(), "oracle-bench-"));
  const rpcPort = await freePorts(2);
  const brokerPort = rpcPort + 1;
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const settings = { RPC_URL: rpcUrl, DEPLOYMENTS_DIR: join(folder, "deployments") };
  await mkdir(settings.DEPLOYMENTS_DIR);
  const anvil = startAnvil(rpcPort, genesis);
  await listening(rpcPort);
  const deploying = run(["cli/enerlink.ts", "deploy"], {
    ...settings,
    PRIVATE_KEY: developmentKey(OPERATOR),
    COMMITTEE_MEMBERS: developmentAccount(MEMBER).address,
    COMMITTEE_QUORUM: "1",
  });
  if ((await deploying.ended) !== 0) throw new Error(`the deployment failed:\n${deploying.printed()}`);
  const record = JSON.parse(await readFile(join(settings.DEPLOYMENTS_DIR, "31337.json"), "utf8"));
  const { accessManager, meterRegistry, energyConverter, energyToken, oracleCommittee } =
    record.contracts as Record<string, Hex>;
  const chain = createTestClient({
    mode: "anvil",
    chain: hardhat,
    transport: http(rpcUrl),
    cacheTime: 0,
  }).extend(publicActions);
  const nodes = SUBMITTERS.map((_, node) => oracleUser(node));
  const speaking = Array.from({ length: gateways }, (_, index) => gatewayOf(index));
  const own = Array.from({ length: gateways > 0 ? 0 : mostMeters }, (_, index) => serialOfMeter(index));
  const broker = await startMosquitto({
    port: brokerPort,
    folder: join(folder, "broker"),
    users: Object.fromEntries([...nodes, ...speaking, ...own].map((user) => [user, PASSWORD])),
    rules: [
      ...nodes.flatMap((user, node) => nodeRules(user, developmentAccount(MEMBER + node).address)),
      ...speaking.flatMap((user) => [`user ${user}`, `topic write ${meterTopic("+", "reading")}`]),
    ],
  });

  const registration = (serial: string): Hex => {
    const { x, y } = deviceKey(SEED, serial);
    return encodeFunctionData({
      abi: meterRegistryAbi,
      functionName: "register",
      args: [
        {
          meterId: meterId(serial),
          owner: accessManager!,
          kind: MeterKind.Prosumer,
          trust: TrustClass.A,
          connectionPoint: stringToHex(`at-${serial}`, { size: 32 }),
          exportWatts: 11_000,
          importWatts: 11_000,
          capacityWh: 0n,
          creditWh: 100_000n,
          h3Cell: CELL,
          keyX: x,
          keyY: y,
        },
      ],
    });
  };

  const acceptance = (serial: string): Hex =>
    encodeFunctionData({
      abi: meterRegistryAbi,
      functionName: "acceptMeter",
      args: [meterId(serial), 0n],
    });

  /**
   * Registers the meters `first` to `last` - 1, many in a transaction, for the access manager, through which they are
   * accepted in the same one. `told`, now and then: how many are.
   */
  async function register(first: number, last: number, told: (count: number) => void): Promise<void> {
    for (let index = first; index < last; index += REGISTERING) {
      const until = Math.min(index + REGISTERING, last);
      const serials = Array.from({ length: until - index }, (_, offset) => serialOfMeter(index + offset));
      const calls = serials
        .flatMap((serial) => [registration(serial), acceptance(serial)])
        .map((call) =>
          encodeFunctionData({
            abi: accessManagerAbi,
            functionName: "execute",
            args: [meterRegistry!, call],
          }),
        );
      const data = encodeFunctionData({ abi: accessManagerAbi, functionName: "multicall", args: [calls] });
      const gas = toHex(16_000_000n);
      const hash = (await chain.request({
        method: "eth_sendTransaction",
        params: [{ from: developmentAccount(OPERATOR).address, to: accessManager!, data, gas }],
      } as never)) as Hex;
      await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
      if (Math.floor(until / TOLD) > Math.floor(index / TOLD)) told(until);
    }
    const count = await chain.readContract({
      address: meterRegistry!,
      abi: meterRegistryAbi,
      functionName: "meterCount",
    });
    if (Number(count) !== last) throw new Error(`${count} meters are registered instead of ${last}`);
  }

  /** Makes these members the committee, of whom `quorum` must sign. */
  async function setCommittee(members: readonly number[], quorum: number): Promise<void> {
    const addresses = members
      .map((member) => developmentAccount(member).address)
      .sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const args = [addresses, quorum] as const;
    const data = encodeFunctionData({ abi: oracleCommitteeAbi, functionName: "setCommittee", args });
    const hash = (await chain.request({
      method: "eth_sendTransaction",
      params: [{ from: developmentAccount(OPERATOR).address, to: oracleCommittee, data }],
    } as never)) as Hex;
    await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  }

  /** Which committee it is by now: what members sign says it. */
  const configuration = (): Promise<number> =>
    chain.readContract({
      address: oracleCommittee!,
      abi: oracleCommitteeAbi,
      functionName: "configuration",
    });

  /** Starts a node, which is the member `member` at the broker's port `mqttPort`. Resolves when it takes readings. */
  async function startNode(
    node: number,
    member: number,
    { mqttPort, dataDir, ...more }: { mqttPort: number; dataDir: string; [name: string]: string | number },
  ) {
    const oracle = run(oracleArgs, {
      ...settings,
      MQTT_BROKER_URL: `mqtt://127.0.0.1:${mqttPort}`,
      MQTT_USERNAME: oracleUser(node),
      MQTT_PASSWORD: PASSWORD,
      PORT: "0",
      SETTLEMENT_INTERVAL: "60",
      DATA_DIR: join(folder, dataDir),
      SIGNER_KEY: developmentKey(member),
      SUBMITTER_KEY: developmentKey(SUBMITTERS[node]!),
      ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)])),
    });
    while (!oracle.printed().includes("ready on")) {
      if (oracle.child.exitCode !== null || oracle.child.signalCode !== null)
        throw new Error(`the oracle did not start:\n${oracle.printed()}`);
      await sleep(50);
    }
    return {
      pid: oracle.child.pid!,
      printed: oracle.printed,
      stop: async () => {
        oracle.child.kill("SIGTERM");
        await oracle.ended;
      },
    };
  }

  let started = 0;
  /**
   * Starts an oracle with a store and a key of its own (with another's key it would sign nothing that the other may have
   * signed), that finds the broker at `mqttPort` and is the whole committee.
   */
  async function startOracle(mqttPort: number, dataDir: string) {
    const member = MEMBER + started++;
    await setCommittee([member], 1);
    return startNode(0, member, { mqttPort, dataDir });
  }

  /** Starts three nodes, two of which must sign, with settings of their own. */
  async function startCommittee(more: Record<string, string>) {
    const members = SUBMITTERS.map((_, node) => MEMBER + node);
    await setCommittee(members, 2);
    return Promise.all(
      members.map((member, node) =>
        startNode(node, member, { ...more, mqttPort: brokerPort, dataDir: `node-${node}` }),
      ),
    );
  }

  async function stop(): Promise<void> {
    await broker.stop();
    await anvil.stop();
    await rm(folder, { recursive: true, force: true });
  }

  return {
    chain,
    brokerPort,
    brokerPid: broker.pid,
    chainPid: anvil.child.pid!,
    password: PASSWORD,
    domain: { chainId: 31_337, registry: meterRegistry! },
    energyConverter: energyConverter!,
    energyToken: energyToken!,
    oracleCommittee: oracleCommittee!,
    folder,
    register,
    setCommittee,
    configuration,
    startOracle,
    startCommittee,
    stop,
  };
}
