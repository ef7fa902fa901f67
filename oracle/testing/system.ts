/** A real chain with the real contracts, a real broker, real meters and the oracle as a process of its own, for tests. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { energyConverterAbi, MeterKind, meterId, meterRegistryAbi, TrustClass } from "@enerlink/protocol";
import { hardhat, LOCAL_CHAIN_ID } from "@enerlink/protocol/chains";
import { developmentAccount, developmentKey } from "@enerlink/protocol/development";
import {
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  publicActions,
  stringToHex,
  zeroHash,
} from "viem";
import { oracleUser } from "../../local/broker.ts";
import { deployed } from "../../test/deployed.ts";
import { freePorts } from "../../test/ports.ts";
import { deviceKey, loadHomes, makeFleet } from "../simulator/index.ts";
import { startAnvil } from "./anvil.ts";
import { type BrokerKind, credentialsOf, openBroker, type TestBroker } from "./broker.ts";

/** Which EVM plays the chain. */
export type ChainKind = "hardhat" | "anvil";

const root = fileURLToPath(new URL("../../", import.meta.url));
const SEED = "an oracle test";
/** A cell of resolution 7 in Jakarta. */
export const CELL = 0x878c10761ffffffn;

/** Deploys and registers; owns the grid's meter; owns the other meters. */
const [OPERATOR, UTILITY, OWNER, DEPLOYER] = [0, 4, 5, 6] as const;
/** By node: whose gas it spends, and whose report-signing key it has. */
const SUBMITTERS = [1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18];
const MEMBERS = [7, 8, 9];

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(100);
  }
  throw new Error(`nothing listens on port ${port}`);
}

function run(
  script: string,
  args: string[],
  environment: Record<string, string>,
  output: string[],
  fileBlocks?: number,
): ChildProcess {
  const limited = ["-c", `ulimit -f ${fileBlocks}; exec "$0" "$@"`, process.execPath, script, ...args];
  const child =
    fileBlocks === undefined
      ? start(process.execPath, [script, ...args], environment)
      : start("bash", limited, environment);
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => output.push(String(data)));
  return child;
}

function start(command: string, args: string[], environment: Record<string, string>): ChildProcess {
  // What was compiled for one process is there for the next: they start in half the time.
  const cache = { NODE_COMPILE_CACHE: join(root, "node_modules/.cache/enerlink-tests") };
  return spawn(command, args, { cwd: root, env: { ...process.env, ...cache, ...environment } });
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once("exit", resolve);
  });

export type { BrokerKind };

const settingsOf = ({ username, password }: ReturnType<typeof credentialsOf>) => ({
  MQTT_USERNAME: username,
  MQTT_PASSWORD: password,
});

export type TestSystem = Awaited<ReturnType<typeof startTestSystem>>;

/**
 * Starts everything but the oracle: chain (its clock at `genesis`, unix seconds; the meters' is `now`), contracts, broker,
 * and a fleet of three homes, a battery and the grid, registered for one owner. The committee is one node, or three of
 * which two sign.
 */
export async function startTestSystem(
  genesis: number,
  {
    now,
    homes: homeCount = 3,
    nodes = 1,
    processes = 1,
    chain: kind = "anvil",
    broker: brokerKind = "aedes",
    beforeDeployment = async () => ({}),
    program = "oracle/src/index.ts",
    oracleRules = ["topic read tele/#", "topic read zigbee2mqtt/#"],
    said = () => {},
  }: {
    now?: () => number;
    /** How many homes; beyond the recorded ones, records are lived in again under other serials. */
    homes?: number;
    nodes?: 1 | 3;
    /** How many a member may have: its further ones are nodes beyond the members, of each member in turn. */
    processes?: number;
    chain?: ChainKind;
    broker?: BrokerKind;
    /** Told the chain's address and a funded key; returns settings of the deployment. */
    beforeDeployment?: (rpcUrl: string, privateKey: Hex) => Promise<Record<string, string>>;
    /** The oracle, from the project's folder. */
    program?: string;
    /** Further lines of the first node's user in Mosquitto's access list: what devices that do not sign say. */
    oracleRules?: readonly string[];
    /** Hears everything that a node prints, at once. */
    said?: (node: number, text: string) => void;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "oracle-"));
  const rpcPort = await freePorts(2 + nodes * processes);
  const brokerPort = rpcPort + 1;
  const oraclePorts = Array.from({ length: nodes * processes }, (_, node) => rpcPort + 2 + node);
  const members = MEMBERS.slice(0, nodes);
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const brokerAddress = `127.0.0.1:${brokerPort}`;
  /** Of the one client that may speak as anybody, as no meter may; not at the local broker. */
  const brokerUrl =
    brokerKind === "mosquitto"
      ? `mqtt://tester:${credentialsOf("tester").password}@${brokerAddress}`
      : `mqtt://${brokerAddress}`;
  const output: string[] = [];
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  async function stop(): Promise<void> {
    for (const step of undo.splice(0).reverse()) await step();
  }

  try {
    if (kind === "anvil") undo.push(startAnvil(rpcPort, genesis).stop);
    else {
      const chainProcess = run("local/chain.ts", [String(rpcPort), String(genesis)], {}, output);
      undo.push(async () => {
        chainProcess.kill("SIGKILL");
        await ended(chainProcess);
      });
    }
    await listening(rpcPort);

    /** Unless a node is told of another way to the chain. */
    const told = (extra: Record<string, string>) =>
      "RPC_URL" in extra ? {} : { RPC_WS_URL: rpcUrl.replace("http", "ws") };
    const environment = { RPC_URL: rpcUrl, DEPLOYMENTS_DIR: join(folder, "deployments") };
    const deployment = await deployed(environment, {
      ...(await beforeDeployment(rpcUrl, developmentKey(DEPLOYER))),
      PRIVATE_KEY: developmentKey(OPERATOR),
      COMMITTEE_MEMBERS: members.map((index) => developmentAccount(index).address).join(","),
      COMMITTEE_QUORUM: nodes === 1 ? "1" : "2",
    });
    const { meterRegistry, energyConverter } = deployment.contracts;

    const chain = createTestClient({
      mode: kind,
      chain: hardhat,
      // A soak's check reads all that a thousand meters have settled at once.
      transport: http(rpcUrl, { maxResponseBodySize: false }),
      cacheTime: 0,
    }).extend(publicActions);

    const recorded = await loadHomes();
    const homes = Array.from({ length: homeCount }, (_, index) => ({
      ...recorded[index % recorded.length]!,
      serial: `home-${String(index + 1).padStart(2, "0")}`,
    }));
    const battery = { serial: "battery-01", capacityWh: 13_500, powerW: 11_000, storedWh: 9_000 };
    const serials = [...homes.map((home) => home.serial), battery.serial, "grid-01"];
    const operator = createWalletClient({
      account: developmentAccount(OPERATOR),
      chain: hardhat,
      transport: http(rpcUrl),
    });

    /** Sends a meter's registration: its kind, and its trust class, of which C has no key. */
    function sendRegistration(serial: string, kind: MeterKind, trust: TrustClass): Promise<Hex> {
      const { x, y } = trust === TrustClass.C ? { x: zeroHash, y: zeroHash } : deviceKey(SEED, serial);
      const watts = kind === MeterKind.Grid ? 20_000 * (homeCount + 2) : 11_000;
      return operator.writeContract({
        address: meterRegistry,
        abi: meterRegistryAbi,
        functionName: "register",
        args: [
          {
            meterId: meterId(serial),
            owner: developmentAccount(kind === MeterKind.Grid ? UTILITY : OWNER).address,
            kind,
            trust,
            connectionPoint: stringToHex(`at-${serial}`, { size: 32 }),
            exportWatts: watts,
            importWatts: watts,
            capacityWh: kind === MeterKind.Battery ? BigInt(battery.capacityWh) : 0n,
            creditWh: 100_000n,
            h3Cell: CELL,
            keyX: x,
            keyY: y,
          },
        ],
        gas: 500_000n,
      });
    }
    type Registered = Parameters<typeof sendRegistration>;
    /** Has the meter's owner accept it. */
    const sendAcceptance = (serial: string, kind: MeterKind): Promise<Hex> =>
      operator.writeContract({
        account: developmentAccount(kind === MeterKind.Grid ? UTILITY : OWNER),
        address: meterRegistry,
        abi: meterRegistryAbi,
        functionName: "acceptMeter",
        args: [meterId(serial), 0n],
        gas: 500_000n,
      });
    async function mined(hash: Hex): Promise<void> {
      const { status } = await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
      if (status !== "success") throw new Error(`a meter could not be registered or accepted: ${hash}`);
    }
    /** Registers meters, each accepted by its owner. */
    async function install(...meters: Registered[]): Promise<void> {
      const registrations: Hex[] = [];
      for (const meter of meters) registrations.push(await sendRegistration(...meter));
      await Promise.all(registrations.map(mined));
      const acceptances: Hex[] = [];
      for (const [serial, kind] of meters) acceptances.push(await sendAcceptance(serial, kind));
      await Promise.all(acceptances.map(mined));
    }
    const kindOf = (serial: string) => (serial === "grid-01" ? 3 : serial === battery.serial ? 2 : 1);
    await install(...serials.map((serial): Registered => [serial, kindOf(serial), 2]));

    /** Nodes that the committee's messages of others do not reach, and whose own reach nobody. */
    let apart = new Set<number>();
    /** Nodes that do not hear a meter. */
    let deaf: { nodes: readonly number[]; serial: string } | undefined;
    const clientOf = (node: number) => developmentAccount(MEMBERS[node]!).address.slice(2, 10).toLowerCase();
    const users = oraclePorts.map((_, node) => oracleUser(node));
    const broker: TestBroker = {
      kind: brokerKind,
      port: brokerPort,
      folder: join(folder, "mosquitto"),
      nodes: new Map(users.map((user, node) => [user, developmentAccount(members[node % nodes]!).address])),
      meters: serials,
      oracleRules,
      reaches: (topic, clientId) =>
        topic.startsWith("enerlink/v1/$committee/")
          ? [...apart].every(
              (node) => clientId.endsWith(clientOf(node)) === topic.includes(`/0x${clientOf(node)}`),
            )
          : topic !== `enerlink/v1/${deaf?.serial}/reading` ||
            !deaf!.nodes.some((node) => clientId.endsWith(clientOf(node))),
    };
    let closeBroker = await openBroker(broker);
    undo.push(() => closeBroker());

    const domain = { chainId: LOCAL_CHAIN_ID, registry: meterRegistry };
    const fleet = await makeFleet({
      brokerUrl: `mqtt://${brokerAddress}`,
      ...(brokerKind === "aedes" ? {} : { credentials: credentialsOf }),
      domain,
      seed: SEED,
      homes,
      batteries: [battery],
      gridSerial: "grid-01",
      commanders: {
        members: members.map((index) => developmentAccount(index).address),
        quorum: nodes === 1 ? 1 : 2,
        configuration: 1,
      },
      logFile: join(folder, "readings.jsonl"),
      ...(now ? { now } : {}),
    });
    undo.push(fleet.stop);

    const children = new Map<number, ChildProcess>();
    const started: ChildProcess[] = [];
    const urlOf = (node: number) => `http://127.0.0.1:${oraclePorts[node]}`;

    /**
     * Starts a node, with `extra` settings; resolves when it is ready, and can be ended before. `fileBlocks` limits its files to so many KiB,
     * `program` is another one in its place.
     * @throws with what it printed when it ends.
     */
    async function startOracle(
      extra: Record<string, string> = {},
      node = 0,
      { fileBlocks, program: other = program }: { fileBlocks?: number; program?: string } = {},
    ): Promise<void> {
      const printed: string[] = [];
      const child = run(
        other,
        [],
        {
          ...environment,
          ...told(extra),
          MQTT_BROKER_URL: `mqtt://${brokerAddress}`,
          ...(brokerKind === "aedes" ? {} : settingsOf(credentialsOf(users[node]!))),
          PORT: String(oraclePorts[node]),
          PUBLIC_URL: urlOf(node),
          SETTLEMENT_INTERVAL: "60",
          DATA_DIR: join(folder, `oracle-${node}`),
          SIGNER_KEY: developmentKey(MEMBERS[node % nodes]!),
          SUBMITTER_KEY: developmentKey(SUBMITTERS[node]!),
          ...extra,
        },
        printed,
        fileBlocks,
      );
      started.push(child);
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (data) => {
          output.push(nodes > 1 ? `${node} ${data}` : String(data));
          said(node, String(data));
        });
      const former = children.get(node);
      children.set(node, child);
      while (!printed.join("").includes("ready on")) {
        if (child.exitCode !== null || child.signalCode !== null) {
          if (former) children.set(node, former);
          throw new Error(printed.join(""));
        }
        await sleep(10);
      }
    }

    /** Ends a node. @returns its exit code. */
    async function stopOracle(signal: "SIGKILL" | "SIGTERM", node = 0): Promise<number | null> {
      const child = children.get(node);
      child?.kill(signal);
      return child ? await ended(child) : null;
    }
    undo.push(async () => {
      for (const child of started) child.kill("SIGKILL");
      await Promise.all(started.map(ended));
    });

    return {
      kind,
      folder,
      rpcUrl,
      brokerUrl,
      /** How a node signs in where the broker asks for it. */
      userOf: (node: number) => credentialsOf(users[node]!),
      oracleUrl: urlOf(0),
      urlOf,
      deployment,
      domain,
      chain,
      fleet,
      serials,
      submitter: developmentAccount(SUBMITTERS[0]!),
      submitters: SUBMITTERS.slice(0, nodes * processes).map(developmentAccount),
      owner: developmentAccount(OWNER),
      ownerKey: developmentKey(OWNER),
      walletOf: (index: number) =>
        createWalletClient({ account: developmentAccount(index), chain: hardhat, transport: http(rpcUrl) }),
      memberKeys: MEMBERS.map(developmentKey),
      deviceKey: (serial: string) => deviceKey(SEED, serial),
      register: (...registered: Registered[]) => install(...registered),
      /** Registers a meter that its owner has yet to accept. */
      offer: async (...meter: Registered) => mined(await sendRegistration(...meter)),
      /** Its owner accepts it. @returns the block's time, unix seconds */
      accept: async (serial: string): Promise<number> => {
        const hash = await sendAcceptance(serial, MeterKind.Prosumer);
        await mined(hash);
        const { blockNumber } = await chain.getTransactionReceipt({ hash });
        return Number((await chain.getBlock({ blockNumber })).timestamp);
      },
      /** Cuts these nodes off from the other members; they still hear the meters and the chain. */
      partition: (nodes: number[]) => {
        apart = new Set(nodes);
      },
      /** What the meter `serial` says reaches none of these nodes. */
      deafen: (serial: string, nodes: readonly number[]) => {
        deaf = { serial, nodes };
      },
      /** The broker dies with everything that it kept in memory, and comes back. */
      restartBroker: async () => {
        await closeBroker();
        closeBroker = await openBroker(broker);
      },
      startOracle,
      stopOracle,
      pid: (node: number) => children.get(node)?.pid,
      /** Everything that chain and oracle printed. */
      output: () => output.join(""),
      settled: (serial: string) =>
        chain.readContract({
          address: energyConverter,
          abi: energyConverterAbi,
          functionName: "settled",
          args: [meterId(serial)],
        }),
      /** Mines a block stamped `timestamp`. */
      mineAt: async (timestamp: number) => {
        await chain.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
        await chain.mine({ blocks: 1 });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
