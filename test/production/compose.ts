/**
 * docs/production.md, "On one machine", followed as an operator does: the folder of an installation, a deployment,
 * Compose; a meter that another program speaks for over TLS; a member's machine lost and restored; an upgrade. Compose
 * reads `compose.yaml` as it is shipped, but for Grafana and Loki, whose images only a registry has. The chain is anvil.
 * Needs root, Docker, Compose, debootstrap and what `images.ts` has built; minutes.
 *
 *   node test/production/compose.ts
 */
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setDefaultCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { energyConverterAbi, energyTokenAbi, meterId } from "@enerlink/protocol";
import { createTestClient, http, parseEther, publicActions } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { parse } from "yaml";
import { waitFor } from "../../local/processes.ts";
import { makeForeignMeter } from "../system/foreign-meter.ts";
import { registrationOf } from "../system/own-meter.ts";
import { ask, done } from "../system/system.ts";
import { compose, docker, HOST, inNamespaces, loadImages, makeStandIns, startEngine } from "./engine.ts";
import { NEXT_VERSION, writeChanges } from "./next-version.ts";
import { lacks, targets } from "./storage.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const DOMAIN = "enerlink.example";
const names = ["", "index.", "oracle.", "broker."].map((part) => `${part}${DOMAIN}`);
const CHAIN_ID = 7_100;
const CHAIN_PORT = 8_545;
const DAY = 86_400;
/** Seconds: only never is too late. */
const PATIENCE = 600;
const WINDOW = 900;
const MEMBERS = [1, 2, 3] as const;
/** All but the profiles', and what no package has. */
const SERVICES = [
  ...["broker", "oracle-1", "oracle-2", "oracle-3", "postgres", "indexer", "index-api", "web", "prometheus"],
];

const rpcUrl = `http://${HOST}:${CHAIN_PORT}`;
const chain = createTestClient({ mode: "anvil", transport: http(rpcUrl), cacheTime: 0 }).extend(
  publicActions,
);
const someone = () => {
  const key = generatePrivateKey();
  return { key, address: privateKeyToAddress(key) };
};

const began = Date.now();
let last = began;
/** Says what was done, how long it took, and how long all has taken. */
function told(what: string): void {
  const seconds = (from: number) => ((Date.now() - from) / 1_000).toFixed(0);
  console.info(`  ${what}: ${seconds(last)} s (${seconds(began)} s)`);
  last = Date.now();
}

function expectEqual(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what}: ${one}, and not ${other}`);
}

/** Four days ago, so that what has to wait for a day or two has waited; a block a second. */
async function startChain(): Promise<void> {
  const options = ["--host", "0.0.0.0", "--port", String(CHAIN_PORT), "--chain-id", String(CHAIN_ID)];
  const since = String(Math.floor(Date.now() / 1_000) - 4 * DAY);
  spawn(
    join(root, "oracle/node_modules/.bin/anvil"),
    [...options, "--accounts", "1", "--silent", "--timestamp", since, "--block-time", "1"],
    { stdio: "ignore" },
  );
  await waitFor("The chain", async () => (await chain.getBlockNumber()) >= 0n, PATIENCE);
}

/** The folder, before and after the deployment. */
async function install(installation: string) {
  const command = [
    "installation",
    installation,
    "--domain",
    DOMAIN,
    "--rpc-url",
    rpcUrl,
    "--chain-id",
    `${CHAIN_ID}`,
  ];
  const { members } = (await done(ask(command, {}))) as {
    members: { signer: string; submitter: `0x${string}` }[];
  };
  const people = { deployer: someone(), registrar: someone(), owner: someone(), other: someone() };
  const paying = [
    ...members.map(({ submitter }) => submitter),
    ...Object.values(people).map(({ address }) => address),
  ];
  for (const address of paying) await chain.setBalance({ address, value: parseEther("10") });
  const environment = {
    RPC_URL: rpcUrl,
    CHAIN_ID: `${CHAIN_ID}`,
    DEPLOYMENTS_DIR: join(installation, "deployments"),
  };
  const other = people.other.address;
  const { contracts } = await done(
    ask(["deploy"], {
      ...environment,
      PRIVATE_KEY: people.deployer.key,
      COMMITTEE_MEMBERS: members.map(({ signer }) => signer).join(),
      COMMITTEE_QUORUM: "2",
      REGISTRAR: people.registrar.address,
      ...{ IDRS_ISSUER: other, MARKET_OPERATOR: other, GUARDIAN: other, ADMIN: other },
    }),
  );
  const { deployed } = await done(ask(command, {}));
  expectEqual("the folder is complete", deployed, true);
  return { environment, people, contracts: contracts as Record<string, `0x${string}`> };
}

/** Of each service whether it runs, and what its check of health says where it has one. */
function stateOf(): Map<string, string> {
  const format = '{{.Label "com.docker.compose.service"}}\t{{.State}} {{.Status}}';
  const lines = docker("ps", "--all", "--format", format).split("\n");
  return new Map(lines.map((line) => line.split("\t") as [string, string]));
}

/** Everything that has a check of its health says that it is well. */
async function healthy(environment: string): Promise<void> {
  const sick = () => {
    const states = stateOf();
    return SERVICES.filter(
      (service) => !/^running (?!.*(unhealthy|starting))/.test(states.get(service) ?? ""),
    );
  };
  await waitFor("All services", async () => sick().length === 0, PATIENCE).catch((error: unknown) => {
    const words = sick().map(
      (service) => `${service}:\n${compose(environment, "logs", "--tail=30", service)}`,
    );
    throw new Error(words.join("\n"), { cause: error });
  });
}

/** A meter whose messages `mosquitto_pub` brings: another client, which knows the authority and nothing else. */
async function makeMeter(installation: string, serial: string, registry: string) {
  const meter = makeForeignMeter(serial, CHAIN_ID, registry);
  const password = "of the meter's own";
  execFileSync("mosquitto_passwd", ["-b", join(installation, "broker/passwords"), serial, password]);
  let sequence = 0;
  return {
    ...meter,
    /** Wh, at a time in seconds. */
    say: (timestamp: number, exportWh: number, importWh: number) => {
      const values = { serial, epoch: 1, sequence: ++sequence, timestamp, exportWh, importWh, storedWh: 0 };
      execFileSync("mosquitto_pub", [
        ...["-h", `broker.${DOMAIN}`, "-p", "8883", "--cafile", join(installation, "authority/ca.crt")],
        ...["-u", serial, "-P", password, "-q", "1", "-t", `enerlink/v1/${serial}/reading`],
        ...["-m", JSON.stringify(meter.signed(values))],
      ]);
    },
  };
}

const json = async (url: string) => (await fetch(url)).json();
/** A figure of a member's node, as Prometheus has last seen it or not. */
const figure = async (query: string): Promise<[labels: Record<string, string>, value: number][]> => {
  const { data } = await json(`http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(query)}`);
  type Series = { metric: Record<string, string>; value: [number, string] };
  return data.result.map(({ metric, value }: Series) => [metric, Number(value[1])]);
};
const firing = async (name: string) =>
  (await figure(`ALERTS{alertname="${name}",alertstate="firing"}`)).length > 0;

type Stage = Awaited<ReturnType<typeof install>> & { installation: string; env: string };
type Meter = Awaited<ReturnType<typeof makeMeter>>;

/** What strangers reach, and what they do not. */
async function tryDoors(): Promise<void> {
  const page = await (await fetch(`https://${DOMAIN}/market`)).text();
  expectEqual("the dApp", page.includes('<div id="root">'), true);
  const { oracleUrl } = await json(`https://${DOMAIN}/config.json`);
  expectEqual("its configuration", oracleUrl, `https://oracle.${DOMAIN}`);
  for (const place of [`oracle.${DOMAIN}/metrics`, `index.${DOMAIN}/figures`, `index.${DOMAIN}/metrics`])
    expectEqual(place, (await fetch(`https://${place}`)).status, 404);
  await waitFor(
    "The node behind the door",
    async () => (await fetch(`https://oracle.${DOMAIN}/ready`)).ok,
    PATIENCE,
  );
}

/** Registered by the registrar, accepted by its owner, a user of the broker; active once a day has passed. */
async function register({ environment, people, contracts, installation, env }: Stage, serial: string) {
  const meter = await makeMeter(installation, serial, contracts.meterRegistry!);
  compose(env, "kill", "-s", "HUP", "broker");
  const facts = { serial, owner: people.owner.address, kind: "prosumer", watts: 5_000 } as const;
  const as = (key: string, command: string[]) => done(ask(command, { ...environment, PRIVATE_KEY: key }));
  await as(people.registrar.key, registrationOf(facts, meter.publicKey));
  await as(people.owner.key, ["meter", "accept", serial]);
  const { timestamp } = await chain.getBlock();
  await chain.increaseTime({ seconds: Math.floor(Date.now() / 1_000) - Number(timestamp) });
  await chain.mine({ blocks: 1 });
  return meter;
}

/** Until the contract has what the meter has counted. */
async function settled(
  { contracts }: Stage,
  { serial }: Meter,
  exportWh: number,
  importWh: number,
): Promise<void> {
  const read = () =>
    chain.readContract({
      address: contracts.energyConverter!,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });
  const isThere = async () => {
    const [exported, imported] = await read();
    return exported === BigInt(exportWh) && importWh === Number(imported);
  };
  await waitFor(`${exportWh} and ${importWh} Wh of ${serial}`, isThere, PATIENCE);
}

/** Registers, tokens and index say the same, to the Wh. */
async function verify({ contracts, people }: Stage, exportWh: number, importWh: number): Promise<void> {
  const supply = await chain.readContract({
    address: contracts.energyToken!,
    abi: energyTokenAbi,
    functionName: "totalSupply",
  });
  expectEqual("tokens that exist, Wh", String(supply), String(exportWh - importWh));
  const agrees = async () => {
    const { wallet } = await json(`https://index.${DOMAIN}/api/v1/wallet/${people.owner.address}/balances`);
    return Math.round(Number(wallet.energy) * 1_000) === exportWh - importWh;
  };
  await waitFor("The index to say the same", agrees, PATIENCE);
}

/** A copy of a member's store, taken now. */
async function takeCopy(env: string, member: number): Promise<void> {
  const before = Date.now() / 1_000 - 1;
  compose(env, "kill", "-s", "USR2", `oracle-${member}`);
  const newest = `enerlink_last_backup_timestamp_seconds{instance="oracle-${member}:3000"} > ${before}`;
  await waitFor("A copy", async () => (await figure(newest)).length > 0, PATIENCE);
}

/** A member's machine is lost: container, store and all; what was kept elsewhere is its copies. */
async function loseMember({ installation, env }: Stage, meanwhile: () => Promise<void>): Promise<void> {
  const state = join(installation, "state/oracle-2");
  await takeCopy(env, 2);
  const elsewhere = mkdtempSync(join(tmpdir(), "enerlink-elsewhere-"));
  cpSync(join(state, "copies"), elsewhere, { recursive: true });
  compose(env, "rm", "--stop", "--force", "oracle-2");
  for (const name of readdirSync(state)) rmSync(join(state, name), { recursive: true });
  told("a member's container and store are gone");
  await meanwhile();
  await waitFor("OracleDown", () => firing("OracleDown"), PATIENCE);
  told("the others settled, and OracleDown fires");
  const [newest] = readdirSync(elsewhere).toSorted().slice(-1);
  cpSync(elsewhere, join(state, "copies"), { recursive: true });
  execFileSync("chown", ["--recursive", `--reference=${installation}`, state]);
  const copy = `installation/state/oracle-2/copies/${newest}`;
  compose(env, "run", "--rm", "-T", "tools", "restore", copy, "installation/state/oracle-2/store");
  compose(env, "up", "--detach", "--no-deps", "oracle-2");
  rmSync(elsewhere, { recursive: true });
  await healthy(env);
  await waitFor("OracleDown to end", async () => !(await firing("OracleDown")), PATIENCE);
  told("it is restored from its copy, and the alert has ended");
}

/** The next version under the name of the present one, as a new checkout's `compose build` leaves it. */
function makeNextImage(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), "enerlink-next-"));
  writeChanges(join(folder, "changed"));
  writeFileSync(join(folder, "Containerfile"), `FROM ${name}\nCOPY changed /enerlink\n`);
  docker("build", "--quiet", "--file", join(folder, "Containerfile"), "--tag", name, folder);
  rmSync(folder, { recursive: true });
}

async function upgrade(
  { env }: Stage,
  image: string,
  between: (member: number) => Promise<void>,
): Promise<void> {
  makeNextImage(image);
  for (const member of MEMBERS) {
    await takeCopy(env, member);
    compose(env, "up", "--detach", "--no-deps", `oracle-${member}`);
    await healthy(env);
    const isNew = async () =>
      (await figure(`enerlink_build_info{version="${NEXT_VERSION}"}`)).length === member;
    await waitFor("The next version", isNew, PATIENCE);
    await between(member);
  }
}

/** Of a new version a schema of its own: the former one is answered until all of it is there. */
async function replaceIndex({ env }: Stage): Promise<void> {
  appendFileSync(env, "ENERLINK_SCHEMA=enerlink_2\n");
  compose(env, "up", "--detach", "--no-deps", "indexer");
  await healthy(env);
  // The former process was complete as well, and is remembered for minutes.
  const now = Date.now() / 1_000;
  const complete = `timestamp(enerlink_index_complete{instance="indexer:42069"} == 1) > ${now}`;
  const isComplete = async () => (await figure(complete)).length > 0;
  await waitFor("The new schema", isComplete, PATIENCE);
  compose(env, "up", "--detach", "--no-deps", "index-api");
  await healthy(env);
}

/** The doctor, for whom the names lead to this machine as for everybody. @throws where it finds anything missing or unsafe */
function examine({ env, installation }: Stage): string {
  const more = join(installation, "../names.json");
  const extra_hosts = Object.fromEntries(names.map((name) => [name, HOST]));
  writeFileSync(more, JSON.stringify({ services: { doctor: { extra_hosts } } }));
  return compose(env, "-f", "compose.yaml", "-f", more, "run", "--rm", "-T", "doctor");
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "enerlink-compose-"));
  const installation = join(folder, "installation");
  const env = join(installation, "env");
  const { services } = parse(readFileSync(join(root, "compose.yaml"), "utf8"), { merge: true });
  const imageOf = (service: string): string => services[service].image;
  const [oracle, index, tools, app] = ["oracle-1", "indexer", "doctor", "web"].map(imageOf);
  console.info("▸ the engine and its images");
  await startEngine();
  makeStandIns(Object.fromEntries(Object.keys(services).map((service) => [service, imageOf(service)])));
  loadImages({ oracle: oracle!, indexer: index!, tools: tools!, app: app! });
  told(`${targets.length} images of EnerLink's, three of packages`);
  try {
    console.info("▸ an installation, as docs/production.md has it");
    await walk(installation, env, oracle!);
  } finally {
    if (existsSync(env)) compose(env, "down", "--timeout", "5");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function walk(installation: string, env: string, oracle: string): Promise<void> {
  await startChain();
  const stage: Stage = { ...(await install(installation)), installation, env };
  setDefaultCACertificates([readFileSync(join(installation, "authority/ca.crt"), "utf8")]);
  told("the folder and the deployment");
  compose(env, "up", "--detach", ...SERVICES);
  await healthy(env);
  told("all services are healthy");
  await tryDoors();
  told("the dApp and both services answer by their names, over TLS; figures do not");

  const meter = await register(stage, "home-01");
  await sleep(1_000);
  const end = Math.floor(Date.now() / 1_000 / WINDOW) * WINDOW - 8 * WINDOW;
  /** The window's end, and what the meter has counted by then. */
  const closes = async (window: number) => {
    meter.say(end + window * WINDOW, 1_000 + window * 700, 500 + window * 30);
    await settled(stage, meter, 1_000 + window * 700, 500 + window * 30);
  };
  await closes(0);
  await closes(1);
  told("a meter is registered, and a window settled over TLS by another client");
  await verify(stage, 700, 30);
  told("registers, tokens and index agree");

  await loseMember(stage, () => closes(2));
  await closes(3);
  await upgrade(stage, oracle, (member) => closes(3 + member));
  told("each member is of the next version, a window settled after each");
  await verify(stage, 6 * 700, 6 * 30);
  await replaceIndex(stage);
  await verify(stage, 6 * 700, 6 * 30);
  told("the index is of another schema, and agrees");
  console.info(examine(stage));
  told("the doctor has looked at all of it, and misses nothing");
}

const missing = lacks("buildah", "debootstrap", "dockerd", "docker", "mosquitto_pub", "mosquitto_passwd");
if (missing !== undefined) console.info(`Not run: this machine lacks ${missing}.`);
else if (inNamespaces(names)) {
  await main();
  process.exit();
}
