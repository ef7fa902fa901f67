/**
 * The parts of docs/production.md put together as that page says: a chain that is not for development, named roles with
 * the public delays, Mosquitto with its access list, three oracle nodes with encrypted keys, PostgreSQL, and a separate
 * API server.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { glob, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { energyConverterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { createTestClient, defineChain, http, parseEther, publicActions } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeIndex } from "../../indexer/test/index-process.ts";
import { startPostgres } from "../../indexer/test/postgres.ts";
import { brokerPassword, oracleUser } from "../../local/broker.ts";
import { isListening, waitFor } from "../../local/processes.ts";
import { hasMosquitto, nodeRules, startMosquitto } from "../../oracle/mosquitto/start.ts";
import { makeNextVersion, NEXT_VERSION } from "../production/next-version.ts";
import { hasPrometheus, startPrometheus } from "../production/prometheus.ts";
import { whole } from "../whole.ts";
import { connectMeter, makeForeignMeter } from "./foreign-meter.ts";
import { registrationOf } from "./own-meter.ts";
import { ask } from "./system.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const CHAIN_ID = 7_100;
const [CHAIN, BROKER, POSTGRES, INDEX, API] = [21_100, 21_101, 21_102, 21_103, 21_104] as const;
const ORACLES = [21_105, 21_106, 21_107] as const;
const PROMETHEUS = 21_108;
const DAY = 86_400;
/** Seconds. A machine that does other things as well takes minutes to start a node: only never is too late. */
const PATIENCE = 240;
/** Until `holds` throws no more. */
const soon = <T>(holds: () => Promise<T>) =>
  vi.waitFor(holds, { timeout: PATIENCE * 1_000, interval: 1_000 });
const SECRET = "what the broker's passwords are made from";
const serial = "roof-01";
const busySerials = ["roof-02", "roof-03"];

const rpcUrl = `http://127.0.0.1:${CHAIN}`;
const chain = createTestClient({
  mode: "anvil",
  chain: defineChain({
    id: CHAIN_ID,
    name: "a private network",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  }),
  transport: http(rpcUrl),
  cacheTime: 0,
}).extend(publicActions);

const someone = () => {
  const key = generatePrivateKey();
  return { key, address: privateKeyToAddress(key) };
};
const people = {
  deployer: someone(),
  registrar: someone(),
  issuer: someone(),
  marketOperator: someone(),
  guardian: someone(),
  admin: someone(),
  owner: someone(),
};

describe.skipIf(!hasMosquitto())("on the parts of production", { timeout: 900_000 }, () => {
  let folder: string;
  let environment: Record<string, string>;
  let contracts: Record<string, `0x${string}`>;
  const undo: (() => unknown)[] = [];
  const nodes: { signer: string; submitter: string; child?: ChildProcess }[] = [];

  function start(command: string, args: string[], settings: Record<string, string> = {}) {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...settings },
      detached: true,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    undo.push(async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
      await ended;
    });
    return child;
  }

  const enerlink = (args: string[], settings: Record<string, string> = {}) =>
    ask(args, { ...environment, ...settings });

  const placesOf = (ports: readonly number[]) => ports.map((port) => `http://127.0.0.1:${port}`).join();
  const doctor = () => enerlink(["doctor", "--node", placesOf(ORACLES), "--index", placesOf([INDEX, API])]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "enerlink-production-"));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    undo.push(async () => {
      const journals = glob(`contracts/ignition/deployments/chain-${CHAIN_ID}-*`, { cwd: root });
      for await (const journal of journals) await rm(join(root, journal), { recursive: true });
    });
    environment = {
      RPC_URL: rpcUrl,
      CHAIN_ID: String(CHAIN_ID),
      DEPLOYMENTS_DIR: join(folder, "deployments"),
    };
    await mkdir(environment.DEPLOYMENTS_DIR!);

    // Three days ago, so that what has to wait for a day or two has waited.
    start(join(root, "oracle/node_modules/.bin/anvil"), [
      ...["--port", String(CHAIN), "--chain-id", String(CHAIN_ID), "--accounts", "1", "--silent"],
      ...["--timestamp", String(Math.floor(Date.now() / 1_000) - 3 * DAY)],
    ]);
    await waitFor("The chain", () => isListening(CHAIN), PATIENCE);
    for (const { address } of Object.values(people))
      await chain.setBalance({ address, value: parseEther("10") });

    const password = join(folder, "password");
    await writeFile(password, "a password of the operator\n", { mode: 0o600 });
    for (let node = 0; node < ORACLES.length; node++) {
      const made = ["signer", "submitter"].map(async (name) => {
        const file = join(folder, `${name}-${node}.json`);
        const { answer } = await enerlink(["keystore", file], { KEYSTORE_PASSWORD_FILE: password });
        return answer.address as `0x${string}`;
      });
      const [signer, submitter] = await Promise.all(made);
      await chain.setBalance({ address: submitter!, value: parseEther("10") });
      nodes.push({ signer: signer!, submitter: submitter! });
    }
  }, 240_000);

  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  }, 60_000);

  test("deploys with a role for everything, and reads back what it deployed", async () => {
    const roles = {
      PRIVATE_KEY: people.deployer.key,
      COMMITTEE_MEMBERS: nodes.map(({ signer }) => signer).join(","),
      REGISTRAR: people.registrar.address,
      IDRS_ISSUER: people.issuer.address,
      MARKET_OPERATOR: people.marketOperator.address,
      GUARDIAN: people.guardian.address,
      ADMIN: people.admin.address,
    };
    const { GUARDIAN: _, ...incomplete } = roles;
    const refused = await enerlink(["deploy"], incomplete);
    expect(refused.answer.error.message).toContain(`GUARDIAN is needed on chain ${CHAIN_ID}: an address`);
    expect(refused.code).not.toBe(0);

    // A deployment waits for confirmations, and nobody else mines here.
    const mining = setInterval(() => void chain.mine({ blocks: 1 }), 200);
    const { code, answer } = await enerlink(["deploy"], roles).finally(() => clearInterval(mining));
    expect(answer).toMatchObject({ chainId: CHAIN_ID, contracts: { energyMarket: expect.any(String) } });
    expect(code).toBe(0);
    contracts = answer.contracts;
    expect(contracts).not.toHaveProperty("faucet");

    const verified = await enerlink(["deploy", "--check"], roles);
    expect(verified.answer).toEqual({ chainId: CHAIN_ID, differences: [], onPurpose: [] });
    expect(verified.code).toBe(0);
  });

  const allow = (more: string[] = [], key = people.marketOperator.key) =>
    enerlink(["meter", "unsigned", "allow", ...more], { PRIVATE_KEY: key });
  const isAllowed = () =>
    chain.readContract({
      address: contracts.meterRegistry!,
      abi: meterRegistryAbi,
      functionName: "unsignedSettlement",
    });

  test("announces what its role has to announce: previewed first, and not done before its time", async () => {
    const refused = await allow([], people.registrar.key);
    expect(refused.answer.error.message).toContain("does not hold the role that may do this");
    const previewed = await allow(["--preview"]);
    expect(previewed.answer).toEqual({
      does: "meters of class C settle, by what devices say that do not sign",
      delaySeconds: expect.any(Number),
      possibleFrom: expect.any(String),
    });
    expect(previewed.answer.delaySeconds).toBeGreaterThanOrEqual(DAY);
    const announced = await allow();
    expect(announced.answer).toMatchObject({ transactionHash: expect.stringMatching(/^0x/) });
    const again = await allow();
    expect([again.code, again.answer]).toEqual([
      0,
      { ...previewed.answer, possibleFrom: expect.any(String) },
    ]);
    // By the same command, at the same time as it was announced for, and nothing was done.
    expect(again.answer.possibleFrom).toBe(announced.answer.possibleFrom);
    expect(await isAllowed()).toBe(false);
  });

  const url = (node: number, path: string) => `http://127.0.0.1:${ORACLES[node]}${path}`;

  /** Starts a member's node by `program`, as its store was left. */
  function startNode(index: number, program = "oracle/src/index.ts"): void {
    const password = join(folder, "password");
    nodes[index]!.child = start(process.execPath, [program], {
      ...environment,
      NODE_ENV: "production",
      PORT: String(ORACLES[index]),
      DATA_DIR: join(folder, `oracle-${index}`),
      BACKUP_DIR: join(folder, `copies-${index}`),
      MQTT_BROKER_URL: `mqtt://127.0.0.1:${BROKER}`,
      MQTT_USERNAME: oracleUser(index),
      MQTT_PASSWORD: brokerPassword(SECRET, oracleUser(index)),
      SIGNER_KEYSTORE: join(folder, `signer-${index}.json`),
      SIGNER_PASSWORD_FILE: password,
      SUBMITTER_KEYSTORE: join(folder, `submitter-${index}.json`),
      SUBMITTER_PASSWORD_FILE: password,
      SETTLEMENT_INTERVAL: "900",
      // The tests' meters say what they have and leave: that is no trouble of theirs, however long a test takes.
      HEARTBEAT_INTERVAL: "86400",
      FINALITY_BLOCKS: "3",
      POLL_INTERVAL: "500",
      TAKEOVER_AFTER: "3000",
    });
  }
  const ready = (index: number) =>
    waitFor("A node", async () => (await fetch(url(index, "/ready"))).ok, PATIENCE);

  let meter: ReturnType<typeof makeForeignMeter>;
  /** Meters that speak all the time while nodes are upgraded. */
  const busy: ReturnType<typeof makeForeignMeter>[] = [];

  test("registers a meter that is active a day later", async () => {
    meter = makeForeignMeter(serial, CHAIN_ID, contracts.meterRegistry!);
    const owner = people.owner.address;
    const register = registrationOf({ serial, owner, kind: "prosumer", watts: 5_000 }, meter.publicKey);
    const as = (key: string, ...rest: string[]) => enerlink(rest, { PRIVATE_KEY: key });

    const stranger = await as(people.owner.key, ...register);
    expect(stranger.answer.error).toMatchObject({
      name: "AccessManagedUnauthorized",
      message: expect.stringContaining("does not hold the role"),
    });
    expect(await as(people.registrar.key, ...register)).toMatchObject({ code: 0 });
    expect(await as(people.owner.key, "meter", "accept", serial)).toMatchObject({ code: 0 });
    const { answer: shown } = await as("", "meter", "show", serial);
    for (const name of busySerials) {
      const one = makeForeignMeter(name, CHAIN_ID, contracts.meterRegistry!);
      busy.push(one);
      const registration = registrationOf(
        { serial: name, owner, kind: "prosumer", watts: 5_000 },
        one.publicKey,
      );
      expect(await as(people.registrar.key, ...registration)).toMatchObject({ code: 0 });
      expect(await as(people.owner.key, "meter", "accept", name)).toMatchObject({ code: 0 });
    }
    // A day after it was registered; its first epoch was declared when its owner accepted it, moments later.
    const wait = (Date.parse(shown.activeFrom) - Date.parse(shown.epochDeclaredAt)) / 1_000;
    expect(wait).toBeLessThanOrEqual(DAY);
    expect(wait).toBeGreaterThan(DAY - 60);

    // The three days pass; from now on the chain's time is the clock's, a block each second.
    // The latest block may be old, and the chain's own time is further: what it is by now stands in a new one.
    await chain.mine({ blocks: 1 });
    const { timestamp } = await chain.getBlock();
    await chain.increaseTime({ seconds: Math.floor(Date.now() / 1_000) - Number(timestamp) });
    await chain.mine({ blocks: 1 });
    await chain.setIntervalMining({ interval: 1 });
  });

  test("does what was announced once its time has come, by the same command", async () => {
    const previewed = await allow(["--preview"]);
    expect([previewed.code, await isAllowed()]).toEqual([0, false]);
    const done = await allow();
    expect(done.answer).toMatchObject({ transactionHash: expect.stringMatching(/^0x/) });
    expect(await isAllowed()).toBe(true);
  });

  test("settles on Mosquitto with encrypted keys, one node of three dead", async () => {
    const users = [serial, ...busySerials, ...nodes.map((_, index) => oracleUser(index))];
    const broker = await startMosquitto({
      port: BROKER,
      folder: join(folder, "mosquitto"),
      users: Object.fromEntries(users.map((user) => [user, brokerPassword(SECRET, user)])),
      rules: nodes.flatMap(({ signer }, index) => nodeRules(oracleUser(index), signer)),
    });
    undo.push(() => broker.stop());
    for (const index of nodes.keys()) startNode(index);
    for (const index of nodes.keys()) await ready(index);

    const windowEnd = Math.floor((Date.now() / 1_000 - 60) / 900) * 900;
    const reading = { serial, epoch: 1, sequence: 1, timestamp: windowEnd - 900, importWh: 500, storedWh: 0 };
    const connection = await connectMeter(`mqtt://127.0.0.1:${BROKER}`, serial, SECRET);
    await connection.publish("reading", JSON.stringify(meter.signed({ ...reading, exportWh: 1_000 })));
    process.kill(-nodes[2]!.child!.pid!, "SIGKILL");
    const next = { ...reading, sequence: 2, timestamp: windowEnd, exportWh: 1_750, importWh: 510 };
    await connection.publish("reading", JSON.stringify(meter.signed(next)));
    await connection.end();

    type Settlements = { items: { status: string; tokensKwh: string | null; final: boolean }[] };
    let settled: Settlements["items"] = [];
    const bothFinal = async () => {
      const answer = await fetch(url(0, `/api/v1/energy/settlements?meterId=${serial}`));
      settled = ((await answer.json()) as Settlements).items;
      return settled.length === 2 && settled.every(({ final }) => final);
    };
    await waitFor("Both settlements", bothFinal, PATIENCE);
    expect(settled).toMatchObject([
      { status: "settled", tokensKwh: "0.74" },
      { status: "settled", tokensKwh: "0" },
    ]);
    expect((await fetch(url(0, `/api/v1/device/readings/${serial}`))).status).toBe(401);
  });

  test("is queried at an API server of its own, over PostgreSQL", async () => {
    const postgres = await startPostgres({ port: POSTGRES });
    undo.push(postgres.stop);
    const roles = await postgres.createRoles();
    const index = (port: number, database: Record<string, string>) =>
      makeIndex({
        chain: { rpcUrl, client: chain },
        environment: { ...environment, NODE_ENV: "production", ...database },
        port,
      });
    const writer = await index(INDEX, { DATABASE_URL: roles.writer, DATABASE_READER_URL: roles.reader });
    const api = await index(API, { DATABASE_URL: roles.reader });
    undo.push(writer.stop, api.stop);
    await writer.startIndex();
    await api.spawnIndex({}, "serve");
    await writer.caughtUp();
    const question =
      '{ settlements(orderBy: "readAt") { items { owner baseline exportedWh importedWh tokensWh } } }';
    const owner = people.owner.address.toLowerCase();
    expect((await api.query(question)).settlements.items).toEqual([
      { owner, baseline: true, exportedWh: "0", importedWh: "0", tokensWh: "0" },
      { owner, baseline: false, exportedWh: "750", importedWh: "10", tokensWh: "740" },
    ]);
    const { answer: balances } = await api.rest("GET", `/wallet/${people.owner.address}/balances`);
    expect(balances).toMatchObject({ wallet: { energy: "0.74" }, debt: "0" });
  });

  type Found = { part: string; check: string; state: string; found: string };
  const wrongOf = (findings: Found[]) =>
    findings
      .filter(({ state }) => state !== "good")
      .map(({ part, check, state }) => [part.replace(/.*:/, ""), check, state]);

  test("the doctor finds the node that died, and nothing else that is wrong with the rest", async () => {
    // What is late on a busy machine is found as well, until it has come.
    const findings = await soon(async () => {
      const { code, answer } = await doctor();
      expect(code).toBe(1);
      expect(wrongOf(answer.findings)).toEqual([
        // No copy was taken yet, and two of three are there.
        [String(ORACLES[0]), "committee", "behind"],
        [String(ORACLES[0]), "copies", "missing"],
        [String(ORACLES[1]), "committee", "behind"],
        [String(ORACLES[1]), "copies", "missing"],
        [String(ORACLES[2]), "answers", "missing"],
      ]);
      return answer.findings;
    });
    expect(findings).toContainEqual(
      expect.objectContaining({ part: "chain", check: "committee", found: "2 of 3 sign" }),
    );
  });

  test.skipIf(!hasPrometheus())("an alert fires while a node is away, and ends", async () => {
    const at = (ports: readonly number[]) => ports.map((port) => `127.0.0.1:${port}`);
    const targets = { oracle: at(ORACLES), index: at([INDEX, API]) };
    const prometheus = await startPrometheus(PROMETHEUS, join(folder, "prometheus"), targets);
    undo.push(prometheus.stop);
    const down = async () =>
      (await prometheus.alerts()).filter(({ labels }) => labels.alertname === "OracleDown");
    await soon(async () =>
      expect(await down()).toMatchObject([
        {
          state: "firing",
          labels: { instance: at(ORACLES)[2], severity: "critical" },
          annotations: { runbook: expect.stringContaining("restore its latest copy") },
        },
      ]),
    );
    expect((await prometheus.rules()).filter(({ health }) => health !== "ok")).toEqual([]);

    startNode(2);
    await ready(2);
    await soon(async () => {
      const reached = (await prometheus.targets()).filter(({ health }) => health !== "up");
      expect(reached.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`)).toEqual([]);
      expect(await down()).toEqual([]);
    });
  });

  test.skipIf(!whole)(
    "is upgraded one node after the other under load, and back, and no Wh is lost",
    async () => {
      if (nodes[2]!.child!.signalCode !== null) startNode(2);
      await ready(2);
      const program = makeNextVersion(join(folder, "next"));
      const load = await startLoad();

      const figure = async (node: number, name: string) => {
        const text = await (await fetch(url(node, "/metrics"))).text();
        return new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1];
      };
      async function replace(index: number, by?: string, between = async () => {}): Promise<void> {
        const child = nodes[index]!.child!;
        const gone = new Promise<number | null>((resolve) => child.once("close", resolve));
        child.kill("SIGTERM");
        expect(await gone).toBe(0);
        await between();
        startNode(index, by);
        await ready(index);
      }
      for (const index of nodes.keys()) {
        nodes[index]!.child!.kill("SIGUSR2");
        const copied = async () => Number(await figure(index, "enerlink_last_backup_timestamp_seconds")) > 0;
        await waitFor("A copy", copied, PATIENCE);
        await replace(index, program);
        const metrics = await (await fetch(url(index, "/metrics"))).text();
        expect(metrics).toContain(`enerlink_build_info{version="${NEXT_VERSION}"} 1`);
      }
      // The former version does not take the store as it is now; with the copy that was taken before it does.
      await replace(1, undefined, async () => {
        const copies = join(folder, "copies-1");
        const [newest] = readdirSync(copies).toSorted().slice(-1);
        const restored = await enerlink(["restore", join(copies, newest!), join(folder, "oracle-1")]);
        expect(restored.code).toBe(0);
      });

      const told = await load.stop();
      for (const { name, published, exportWh, importWh } of told) {
        const page = async (node: number) => {
          const answer = await fetch(url(node, `/api/v1/energy/settlements?meterId=${name}&limit=100`));
          return ((await answer.json()) as { items: { status: string; final: boolean; tokensKwh: string }[] })
            .items;
        };
        const done = async () => {
          const items = await page(0);
          return items.length === published && items.every(({ final }) => final);
        };
        await waitFor(`All windows of ${name}`, done, PATIENCE);
        const items = await page(0);
        expect(items.every(({ status }) => status === "settled")).toBe(true);
        const minted = items.reduce((sum, { tokensKwh }) => sum + Math.round(Number(tokensKwh) * 1_000), 0);
        expect(minted).toBe(exportWh - importWh);
        const [exported, imported] = await chain.readContract({
          address: contracts.energyConverter!,
          abi: energyConverterAbi,
          functionName: "settled",
          args: [meterId(name)],
        });
        expect([exported, imported]).toEqual([BigInt(exportWh), BigInt(importWh)]);
      }
      await soon(async () => {
        const { answer } = await doctor();
        expect(wrongOf(answer.findings).filter(([, , state]) => state !== "behind")).toEqual([]);
      });
    },
  );

  /** A window of each busy meter every second, from a day ago on. */
  async function startLoad() {
    const began = Math.floor(Date.now() / 900_000) * 900 - DAY;
    const states = await Promise.all(
      busy.map(async (one) => ({
        one,
        connection: await connectMeter(`mqtt://127.0.0.1:${BROKER}`, one.serial, SECRET),
        published: 0,
        exportWh: 0,
        importWh: 0,
      })),
    );
    let isOver = false;
    const speaking = states.map(async (state) => {
      while (!isOver && state.published < DAY / 900) {
        const { one, connection, published } = state;
        const [exportWh, importWh] = [published * 700, published * 30];
        const values = {
          serial: one.serial,
          epoch: 1,
          sequence: published + 1,
          storedWh: 0,
          exportWh,
          importWh,
        };
        const reading = one.signed({ ...values, timestamp: began + published * 900 });
        await connection.publish("reading", JSON.stringify(reading));
        Object.assign(state, { published: published + 1, exportWh, importWh });
        await sleep(1_000);
      }
    });
    return {
      /** What each meter has said in all. */
      stop: async () => {
        isOver = true;
        await Promise.all(speaking);
        return Promise.all(
          states.map(async ({ one, connection, ...said }) => {
            await connection.end();
            return { name: one.serial, ...said };
          }),
        );
      },
    };
  }
});
