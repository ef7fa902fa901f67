/**
 * `enerlink start`: the whole market on this machine. Starts the chain, deploys, starts broker, oracle and meters, replays
 * recorded days, then goes live with indexer, traders, bank and dApp; Ctrl-C stops all of it. A process runs one market.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFleet } from "@enerlink/oracle/simulator";
import { hardhat } from "@enerlink/protocol/chains";
import { readDeployment } from "@enerlink/protocol/deployment";
import { meterLabel } from "@enerlink/protocol/labels";
import { readSettings } from "@enerlink/service/settings";
import { createPublicClient, http } from "viem";
import { readDevices } from "../oracle/src/adapters/devices.ts";
import {
  bank,
  CHAIN_ID,
  gridOperator,
  homes,
  operator,
  oracleMembers,
  oracleSubmitters,
  relay,
  utility,
} from "./accounts.ts";
import { openBank } from "./bank.ts";
import { brokerPassword, oracleUser, startBroker } from "./broker.ts";
import { LIVE_BLOCK_MS, makeClock } from "./clock.ts";
import { files, freshRun, path, root } from "./files.ts";
import {
  COMMUNITY,
  FEE_TICK,
  isNeighbour,
  makeNeighbourhood,
  neighbours,
  recordedHomes,
} from "./neighbourhood.ts";
import { say, table } from "./output.ts";
import { makePeople } from "./people.ts";
import { isListening, makeProcesses } from "./processes.ts";
import { planReplay, timestampOf, writeReplay } from "./record.ts";
import { replay } from "./replay.ts";
import { openRoofs, roofs } from "./roofs.ts";
import { checkSettings, localSettings, oraclePorts, portSettings, rootsSettledAfter } from "./settings.ts";
import {
  batteryOf,
  GRID_SERIAL,
  GRID_STOCK_WH,
  LOCAL_BATTERY,
  localMeters,
  METER_SEED,
  meterKey,
  type OpeningBalance,
  serialsOf,
  setUpAccounts,
  showIdr,
} from "./setup.ts";
import { FEED_IN_TICK, RETAIL_TICK } from "./traders/policy.ts";
import { makeTraders, type Traders } from "./traders/traders.ts";
import { type Market, makeWallet, shortMessage } from "./wallet.ts";
import { energyByWay } from "./ways.ts";

/** One that ends is told at once: this is for one that hangs, and on a busy machine weeks may take minutes to read. */
const INDEXING_PATIENCE_S = 900;
/** Room before the first reading for deployment and registration, seconds. */
const SETUP_SECONDS = 3_600;
const LIVE_READING_SECONDS = 15;
/** Nothing of the local market is for another machine. */
const HOST = "127.0.0.1";

const began = Date.now();
const settings = readSettings(localSettings);
const urls = {
  rpc: `http://127.0.0.1:${settings.CHAIN_PORT}`,
  mqtt: settings.MQTT_BROKER_URL ?? `mqtt://127.0.0.1:${settings.MQTT_PORT}`,
  oracle: `http://localhost:${settings.ORACLE_PORT}`,
  indexer: `http://localhost:${settings.INDEXER_PORT}`,
  app: `http://localhost:${settings.APP_PORT}`,
};
const processes = makeProcesses({ onFatal: (message) => void fail(message) });
const closing: (() => unknown)[] = [];
let stopping: Promise<never> | undefined;
const members = oracleMembers.slice(0, settings.ORACLE_NODES);
const quorum = Math.floor(members.length / 2) + 1;

/**
 * Resolves when all runs; the process goes on until it is told to stop.
 * @param days recorded days to replay before going live, 1 to 28
 * @returns what runs where, for people and for programs
 */
export async function start(days: number): Promise<Ready> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
  try {
    return await main(days);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

type Ready = { text: string; data: object };

async function main(days: number): Promise<Ready> {
  checkBeforehand();
  await checkPorts();
  const aside = await freshRun();
  if (aside) say("start", `an earlier chain's state was set aside in ${aside}`);
  const appBuilt = buildApp().catch((error: Error) => fail(error.message));

  const recorded = await recordedHomes();
  const record = planReplay(Math.floor(began / 1_000), days, recorded[0]!.hours.length, settings.MARKET_HOUR);
  const genesis = timestampOf(record, record.firstHour) - SETUP_SECONDS;

  say("chain", `starting a Hardhat node at ${urls.rpc}`);
  processes.start({
    name: "chain",
    command: process.execPath,
    args: ["local/chain.ts", String(settings.CHAIN_PORT), String(genesis)],
    restart: false,
  });
  await processes.answers("chain", () => isListening(settings.CHAIN_PORT), 60);

  const market = await deployContracts();
  const opening = await setUpAccounts(market);
  say("chain", `${localMeters.length} meters registered, opening balances minted`);
  const neighbourhood = makeNeighbourhood(market);
  await neighbourhood.create();
  say(
    "chain",
    `community ${COMMUNITY} for ${neighbours.length} homes: PLN asks ${RETAIL_TICK} and pays ${FEED_IN_TICK} IDR/kWh, the network fee is ${FEE_TICK}`,
  );

  const secret = randomBytes(32).toString("hex");
  await openBroker(secret);
  await startOracles(secret);

  const fleet = await makeFleet({
    brokerUrl: urls.mqtt,
    credentials: (serial) => ({ username: serial, password: brokerPassword(secret, serial) }),
    domain: { chainId: CHAIN_ID, registry: market.deployment.contracts.meterRegistry },
    seed: METER_SEED,
    homes: recorded,
    batteries: homes.flatMap((home) => {
      const serial = batteryOf(home);
      return serial === undefined ? [] : [{ serial, ...LOCAL_BATTERY }];
    }),
    gridSerial: GRID_SERIAL,
    deliveredBeforeWh: GRID_STOCK_WH,
    commanders: { members: members.map(({ account }) => account.address), quorum, configuration: 1 },
    logFile: files.readings,
  });
  closing.push(() => fleet.stop());
  say("meters", `${localMeters.length} simulated meters connected, ${days} days to replay`);

  const offersEnabled = settings.ENABLE_ENERGY_TRADING;
  const trader = (owner: typeof utility) => ({
    wallet: makeWallet(urls.rpc, owner),
    serials: serialsOf(owner),
    battery: batteryOf(owner),
  });
  const people = makePeople(files.people);
  // A neighbour needs no program: its limits trade for it.
  const onTokens = homes.filter((home) => !isNeighbour(home)).map(trader);
  const traders = makeTraders(market, onTokens, trader(utility), { offersEnabled, people });

  const clock = makeClock(urls.rpc);
  await clock.hold();
  writeReplay(record);
  const replayBegan = Date.now();
  const { publishHour, publishGridBefore } = fleet;
  const parts = { market, clock, traders, neighbourhood, publishHour, publishGridBefore };
  await replay(record, { ...parts, rootsSettledAfter: rootsSettledAfter(settings) });
  say("replay", `${record.lastHour - record.firstHour} recorded hours settled in ${seconds(replayBegan)}`);

  await clock.goLive();
  await neighbourhood.changeSlots(settings.SETTLEMENT_INTERVAL);
  people.goLive();
  const windowSeconds = settings.SETTLEMENT_INTERVAL;
  // A meter is settled once a minute at most: begun in the middle of a slot that is no longer, it would be late in each.
  const from = Math.ceil((Date.now() / 1_000 + 1) / windowSeconds) * windowSeconds;
  fleet.live({ readingSeconds: LIVE_READING_SECONDS, windowSeconds, from });
  closing.push(openBank(market), openRoofs(market, fleet, recorded));
  void tradeLive(traders);

  await startReaders(appBuilt);
  return ready(opening, await energyByWay(market, traders.ledger.traded));
}

/** Settings or a binding that cannot work stop the start before anything was started. */
function checkBeforehand() {
  checkSettings(settings);
  const file = process.env.METER_BINDINGS;
  if (!file) return;
  // The nodes run in a folder of their own.
  process.env.METER_BINDINGS = resolve(file);
  readDevices(process.env.METER_BINDINGS);
}

async function checkPorts() {
  const wanted = [
    ["chain", settings.CHAIN_PORT],
    ...(settings.MQTT_BROKER_URL ? [] : [["broker", settings.MQTT_PORT] as const]),
    ["oracle", settings.ORACLE_PORT],
    ...oraclePorts(settings)
      .slice(1)
      .map((port) => ["oracle's peers", port] as const),
    ["indexer", settings.INDEXER_PORT],
    ["app", settings.APP_PORT],
  ] as const;
  for (const [part, port] of wanted) {
    if (await isListening(port)) {
      throw new Error(
        `Port ${port} for the ${part} is taken: stop what uses it, or set ${portSettings[part]} to another port.`,
      );
    }
  }
}

async function deployContracts(): Promise<Market> {
  say("chain", "deploying the contracts");
  await processes.run({
    name: "deploy",
    command: process.execPath,
    args: ["cli/enerlink.ts", "deploy"],
    environment: {
      RPC_URL: urls.rpc,
      PRIVATE_KEY: operator.privateKey,
      COMMITTEE_MEMBERS: members.map(({ account }) => account.address).join(","),
      COMMITTEE_QUORUM: String(quorum),
      REGISTRAR: operator.account.address,
      MARKET_OPERATOR: operator.account.address,
      GUARDIAN: operator.account.address,
      IDRS_ISSUER: bank.account.address,
    },
  });
  const deployment = readDeployment(CHAIN_ID);
  const client = createPublicClient({ chain: hardhat, transport: http(urls.rpc), cacheTime: 0 });
  say("chain", `contracts deployed, market at ${deployment.contracts.energyMarket}`);
  return { rpcUrl: urls.rpc, client, deployment };
}

async function openBroker(secret: string) {
  await writeFile(files.brokerSecret, secret, { mode: 0o600 });
  if (settings.MQTT_BROKER_URL) return say("broker", `using ${new URL(urls.mqtt).host}`);
  const nodes = new Map(members.map(({ account }, index) => [oracleUser(index), account.address]));
  const dropped = (user: string, topic: string) =>
    say("broker", `${user} may not write on ${topic}: dropped (its topics have its name first or second)`);
  const broker = await startBroker({ port: settings.MQTT_PORT, secret, nodes, dropped });
  closing.push(broker.stop);
  say("broker", `MQTT at ${urls.mqtt}, one user per meter and oracle node`);
}

/** One process for each member of the committee; the first has the name, the port and the folder of the only one. */
async function startOracles(secret: string) {
  const nodes = members.map((member, index) => ({
    name: oracleUser(index),
    user: oracleUser(index, settings.MQTT_USERNAME),
    url: `http://localhost:${oraclePorts(settings)[index]}`,
    folder: index === 0 ? files.oracle : new URL(`../oracle-${index + 1}/`, files.oracle),
    port: oraclePorts(settings)[index]!,
    member,
    submitter: oracleSubmitters[index]!,
    // One node alone has the relay's key: two of them would give out the same nonce.
    relayKey: index === 0 ? { RELAY_KEY: relay.privateKey } : {},
  }));
  for (const { name, user, folder, port, member, submitter, relayKey } of nodes) {
    processes.start({
      name,
      command: process.execPath,
      args: ["src/index.ts"],
      cwd: new URL("oracle/", root),
      restart: true,
      environment: {
        RPC_URL: urls.rpc,
        MQTT_BROKER_URL: urls.mqtt,
        MQTT_USERNAME: user,
        MQTT_PASSWORD: settings.MQTT_PASSWORD ?? brokerPassword(secret, user),
        HOST,
        PORT: String(port),
        DATA_DIR: path(folder),
        SIGNER_KEY: member.privateKey,
        SUBMITTER_KEY: submitter.privateKey,
        ...relayKey,
        SETTLEMENT_INTERVAL: String(settings.SETTLEMENT_INTERVAL),
        SETTLEMENT_MODE: settings.SETTLEMENT_MODE,
        // Nobody waits a day for what a root carries.
        ROOTS_SETTLED_EVERY: String(settings.SETTLEMENT_INTERVAL),
        RPC_WS_URL: urls.rpc.replace("http", "ws"),
        POLL_INTERVAL: "100",
        OPERATORS: operator.account.address,
        // The second is where `pnpm --dir app dev` serves.
        FRONTEND_URL: `${urls.app},http://localhost:${settings.APP_PORT + 1}`,
      },
    });
  }
  for (const { name, url } of nodes) {
    await processes.answers(name, async () => (await fetch(`${url}/ready`)).ok, 60);
    const pid = processes.pid(name);
    say(name, `verifies, stores and settles; ${url} (process ${pid})`, { url, pid });
  }
  if (members.length > 1) say("oracle", `${quorum} of ${members.length} nodes sign what is settled`);
}

/** Builds the dApp for this run. */
async function buildApp(): Promise<void> {
  await processes.run({
    name: "app-build",
    command: path(new URL("app/node_modules/.bin/vite", root)),
    args: ["build", "--logLevel", "error", "--outDir", path(files.app), "--emptyOutDir", "--manifest"],
    cwd: new URL("app/", root),
    environment: { NODE_ENV: "production" },
  });
}

/** Indexer and dApp: what only reads the chain starts when the recorded days are on it. */
async function startReaders(appBuilt: Promise<void>) {
  const environment = {
    RPC_URL: urls.rpc,
    INDEXER_URL: urls.indexer,
    ORACLE_URL: urls.oracle,
    APP_PORT: String(settings.APP_PORT),
    CHAIN_ID: String(CHAIN_ID),
    FRONTEND_URL: urls.app,
    DATABASE_DIR: path(files.indexer),
    SETTLEMENT_INTERVAL: String(settings.SETTLEMENT_INTERVAL),
  };
  say("indexer", "indexing the replayed days");
  processes.start({
    name: "indexer",
    command: process.execPath,
    args: [
      "indexer/index.ts",
      ...["start", "--schema", "enerlink", "--hostname", HOST, "--port", String(settings.INDEXER_PORT)],
    ],
    restart: true,
    environment: { ...environment, PORT: String(settings.INDEXER_PORT), KEYS_FROM: urls.oracle },
  });
  await appBuilt;
  processes.start({
    name: "app",
    command: process.execPath,
    args: ["local/page.ts", path(files.app)],
    restart: true,
    environment,
  });
  await processes.answers(
    "indexer",
    async () => (await fetch(`${urls.indexer}/ready`)).ok,
    INDEXING_PATIENCE_S,
  );
  say("indexer", `GraphQL at ${urls.indexer}/graphql`);
  await processes.answers("app", async () => (await fetch(urls.app)).ok, 60);
  say("app", urls.app);
}

function nextBlock(): Promise<void> {
  return sleep(LIVE_BLOCK_MS);
}

/** One round of trading after every settlement; where residents rest, PLN supplies the neighbourhood all the same. */
async function tradeLive(traders: Traders) {
  for (let round = 0; !stopping; round++) {
    await sleep(settings.SETTLEMENT_INTERVAL * 1_000);
    if (stopping) return;
    try {
      if (settings.RESIDENTS_TRADE)
        await traders.round(round, () => Math.floor(Date.now() / 1_000), nextBlock);
      else await traders.stock();
    } catch (error) {
      say("traders", `this round failed: ${shortMessage(error)}`);
    }
  }
}

function ready(opening: OpeningBalance[], ways: Ready): Ready {
  const where = [
    ["dApp", urls.app, "trade in the browser"],
    ["index", `${urls.indexer}/graphql`, "GraphQL; REST page at /api/docs"],
    ["oracle", urls.oracle, "REST, /metrics"],
    ["relay", `${urls.oracle}/api/v1/relay`, "pays for what fingerprints sign"],
    ["chain", urls.rpc, `chain id ${CHAIN_ID}, a block every 2 s`],
    ["broker", urls.mqtt, "one user per meter"],
  ];
  const accounts = [...opening, { account: gridOperator, idrs: 0n }, { account: relay, idrs: 0n }].map(
    ({ account, idrs }) => [
      account.name,
      account.label,
      account.account.address,
      serialsOf(account).join(", "),
      tradesBy(account),
      showIdr(idrs),
    ],
  );
  const text = [
    "",
    `EnerLink runs (ready after ${seconds(began)}).`,
    "",
    table(["part", "where", "what"], where),
    "",
    table(["account", "name", "address", "meters", "trades", "opening IDRS"], accounts),
    "",
    "Energy of the replayed days:",
    "",
    ways.text,
    "",
    "Try first:",
    `  1. Open ${urls.app}, pick a home, and place an order in Market; or start with your fingerprint, and get a roof of your own.`,
    "  2. `pnpm verify` in another terminal: every home's registers, tokens and debt, and every slot's price, parts and payments, recomputed from the data file.",
    `  3. Ask the index who sold to whom: ${urls.indexer}/graphql`,
    `  4. Be the installer, with the code that an account shows: \`pnpm enerlink meter register --owner '<code>' --label '${labelOf(lastRoof)}' --connection ${lastRoof} --export-watts 11000 --import-watts 11000 --cell -6.2,106.8\``,
    "",
    "Ctrl-C stops everything.",
  ];
  return {
    text: text.join("\n"),
    data: {
      ready: true,
      urls,
      accounts: accounts.map(([name, label, address]) => ({ name, label, address })),
      energy: ways.data,
    },
  };
}

/** By hand, so that the installer's program does not come to it first. */
const lastRoof = roofs.at(-1)!;
const labelOf = (serial: string) => meterLabel({ serial, kind: "prosumer", key: meterKey(serial) });

/** How an account's energy is traded. */
function tradesBy(account: typeof utility): string {
  const neighbour = neighbours.find(({ home }) => home === account);
  if (neighbour)
    return `by slot, from ${neighbour.sellFrom} to ${neighbour.buyUpTo} IDR/kWh${neighbour.battery ? ", own battery" : ""}`;
  if (homes.includes(account)) return "by book and offers";
  return account === utility ? "by tariff and book" : "";
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1_000)} s`;
}

async function fail(message: string): Promise<never> {
  if (!stopping) say("start", message, { failed: true });
  return stop(1);
}

function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    say("start", "stopping everything");
    for (const close of closing.reverse()) await Promise.race([close(), sleep(2_000)]);
    await processes.stop();
    return process.exit(code);
  })();
  return stopping;
}
