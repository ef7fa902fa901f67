/** The thread that answers, over real sockets and a real store: what strangers ask keeps the other thread from nothing. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { makeLog } from "@enerlink/service/log";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { alone, signing } from "../../testing/meter-world.ts";
import { makeAlerts } from "../alerts/alerts.ts";
import { makeAccounts } from "../auth/accounts.ts";
import { signIn } from "../auth/client.ts";
import type { Meter } from "../chain/mirror.ts";
import { makeCommands } from "../commands/commands.ts";
import { type Events, makeEvents } from "../events/events.ts";
import { makeAudit } from "../keeping/audit.ts";
import { makeReadings } from "../ledger/readings.ts";
import { makeSettlements } from "../ledger/settlements.ts";
import { makeHolds } from "../meters/holds.ts";
import { makePresence, type Presence } from "../meters/presence.ts";
import { makeMetrics } from "../metrics.ts";
import { makeByHand } from "../settlement/by-hand.ts";
import { makeHistory } from "../settlement/history.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { makeActs } from "./acts.ts";
import { type Server, startServer } from "./server.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const ORIGIN = "http://localhost:5173";
const owner = privateKeyToAccount(`0x${"1".repeat(64)}`);
const strangers = Array.from({ length: 8 }, (_, index) =>
  privateKeyToAccount(`0x${String(index + 2).repeat(64)}`),
);
const nobody = "0x00000000000000000000000000000000000000C0";
const METERS = 200;
const WINDOWS = 50;
const MINUTE = 60;

const meters = Array.from(
  { length: METERS },
  (_, index): Meter => ({
    ...signing,
    serial: `home-${String(index).padStart(3, "0")}`,
    key: undefined,
    owner: index === 0 ? owner.address : nobody,
    trust: "C",
  }),
);

const chain = { chainId: domain.chainId, genesisHash: "0x01" } as const;
const log = makeLog({ level: "error" });

/** Holds the store that each test has a copy of. */
let village: string;
let folder: string;
let database: Database;
let server: Server;
let url: string;
let events: Events;
let presence: Presence;
const registered: ((meter: Meter) => void)[] = [];

/** A village's worth of readings, each reported. */
function fill(database: Database): void {
  const readings = makeReadings(database);
  const settlements = makeSettlements({ database, interval: MINUTE });
  database.transaction(() => {
    for (const meter of meters)
      for (let window = 1; window <= WINDOWS; window++) {
        const timestamp = window * MINUTE;
        const registers = { exportWh: BigInt(window), importWh: 1n, storedWh: 0n };
        const reading = {
          serial: meter.serial,
          epoch: 1,
          sequence: BigInt(timestamp),
          timestamp,
          ...registers,
        };
        settlements.byHand(meter, readings.insert({ ...reading, signature: undefined }, Date.now()));
      }
  })();
}

beforeAll(() => {
  village = mkdtempSync(join(tmpdir(), "server-village-"));
  const filled = openDatabase(village, chain, log);
  fill(filled);
  filled.close();
});
afterAll(() => rmSync(village, { recursive: true }));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "server-"));
  cpSync(village, folder, { recursive: true });
  database = openDatabase(folder, chain, log);
  const metrics = makeMetrics();
  events = makeEvents({ database });
  const alerts = makeAlerts({ database, webhook: false, events, metrics, log });
  const readings = makeReadings(database);
  const holds = makeHolds({ database, alerts, metrics, log });
  const settlements = makeSettlements({ database, interval: MINUTE });
  presence = makePresence({ interval: () => 30, alerts, metrics, log });
  const commands = makeCommands({
    database,
    domain,
    signer: owner,
    publish: async () => {},
    leads: () => true,
    quorum: alone,
    metrics,
    log,
  });
  const byHand = makeByHand({
    meterOf: (serial) => meters.find((one) => one.serial === serial),
    readings,
    holds,
    settlements,
    history: makeHistory(database),
    settler: { flush: () => {} },
  });
  const accounts = makeAccounts({ database, operators: [] });
  server = await startServer(
    {
      node: "test",
      production: false,
      shard: { number: 1, count: 1 },
      openReadings: false,
      frontendUrls: [ORIGIN],
      trustedProxies: [],
      relay: undefined,
      domain,
      dataDir: folder,
      rpcUrls: ["http://127.0.0.1:9"],
      operators: [],
      publicUrl: undefined,
      host: "0.0.0.0",
      port: 0,
      settlementInterval: MINUTE,
    },
    {
      mirror: { meters: () => meters, onMeter: (listener) => void registered.push(listener) },
      presence,
      events,
      acts: makeActs({
        audit: makeAudit({ database, log }),
        accounts,
        commands,
        byHand,
        relay: undefined,
        obstacles: () => [],
        metrics,
      }),
      log,
    },
  );
  url = `http://localhost:${server.port}`;
  await vi.waitFor(async () =>
    expect((await fetch(`${url}/api/v1/device/status/home-000`)).status).toBe(200),
  );
});
afterEach(async () => {
  await server.stop();
  database.close();
  rmSync(folder, { recursive: true });
});

type Asked = { from?: string; path?: string; cookie?: string; query?: string; accept?: string };
/** Asks from an own address of this machine. */
function ask({ from = "127.0.0.1", path = "/graphql", cookie, query, accept }: Asked) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asking = request(
      {
        host: "127.0.0.1",
        port: server.port,
        localAddress: from,
        path,
        method: query === undefined ? "GET" : "POST",
        headers: {
          ...(query === undefined ? {} : { "content-type": "application/json" }),
          ...(cookie ? { cookie } : {}),
          ...(accept ? { accept } : {}),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (data) => (text += data));
        response.on("end", () => resolve({ status: response.statusCode!, text }));
        response.on("error", () => resolve({ status: response.statusCode!, text }));
        if (accept === "text/event-stream" && response.statusCode === 200) resolve({ status: 200, text });
      },
    );
    asking.on("error", reject);
    asking.end(query === undefined ? undefined : JSON.stringify({ query }));
  });
}

/** As much as one question may cost. */
const LARGE = `{ devices(limit: 100) { meterId state commands { id name } settlements(limit: 20) {
  id meterId epoch timestamp exportKwh importKwh storedKwh signed status } } }`;

test("a burst of all that may be asked does not hold up the thread that settles", async () => {
  // Whoever asks is another thread: what is measured here is the node's own work.
  const crowd = new Worker(
    `const { request } = require("node:http"); const { parentPort, workerData: { port, body } } = require("node:worker_threads");
     const ask = (from) => new Promise((resolve) => {
       const asking = request({ host: "127.0.0.1", port, localAddress: from, path: "/graphql", method: "POST",
         headers: { "content-type": "application/json" } }, (response) => {
           let bytes = 0;
           response.on("data", (data) => (bytes += data.length)).on("end", () => resolve({ status: response.statusCode, bytes }));
         });
       asking.on("error", () => resolve({ status: 0, bytes: 0 })); asking.end(body);
     });
     const all = []; for (let i = 0; i < 40; i++) for (let host = 1; host <= 4; host++) all.push(ask("127.0." + host + ".1"));
     Promise.all(all).then((answers) => parentPort.postMessage(answers));`,
    { eval: true, workerData: { port: server.port, body: JSON.stringify({ query: LARGE }) } },
  );
  const asked = new Promise<{ status: number; bytes: number }[]>((resolve) => crowd.once("message", resolve));
  const settlements = makeSettlements({ database, interval: MINUTE });
  const readings = makeReadings(database);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const [own, all] = [process.threadCpuUsage(), process.cpuUsage()];
  let settled = 0;
  let answers: Awaited<typeof asked> | undefined;
  void asked.then((all) => {
    answers = all;
  });
  while (answers === undefined) {
    const timestamp = (WINDOWS + 1 + settled) * MINUTE;
    const registers = { exportWh: BigInt(WINDOWS + settled), importWh: 1n, storedWh: 0n };
    const reading = { serial: "home-001", epoch: 1, sequence: BigInt(timestamp), timestamp, ...registers };
    const stored = readings.insert({ ...reading, signature: undefined }, Date.now());
    expect(settlements.byHand(meters[1]!, stored)).toHaveProperty("reading");
    settled++;
    await sleep(10);
  }
  const took = performance.now() - began;
  delay.disable();
  const spent = ({ user, system }: NodeJS.CpuUsage) => user + system;
  const share = spent(process.threadCpuUsage(own)) / spent(process.cpuUsage(all));
  const answered = answers.filter(({ status, bytes }) => status === 200 && bytes > 300_000).length;
  expect(answered).toBeGreaterThan(20);
  expect(answers.filter(({ status }) => ![200, 429].includes(status))).toEqual([]);
  expect(took).toBeGreaterThan(1_000);
  expect(delay.max / 1e6).toBeLessThan(took / 4);
  // Whatever else the machine does: the answers were another thread's work.
  expect(share).toBeLessThan(0.5);
  expect(settled).toBeGreaterThan(answered);
  await crowd.terminate();
});

const loopback = (count: number) => Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
const statusesOf = async (asked: Asked[]) => (await Promise.all(asked.map(ask))).map(({ status }) => status);
const served = (statuses: number[]) => statuses.filter((status) => status === 200).length;

test("many addresses of one network ask no more than four, and keep no owner out", async () => {
  const cookie = await signIn(url, owner);
  const path = "/api/v1/auth/nonce";
  const statuses = await statusesOf(loopback(41).flatMap((from) => Array(5).fill({ from, path })));
  // Two steps of the owner's sign-in count as well; a token or two come back meanwhile.
  expect(served(statuses)).toBeLessThanOrEqual(4 * 20);
  expect(served(statuses)).toBeGreaterThanOrEqual(4 * 20 - 2);
  expect(await statusesOf([{ cookie, path }])).toEqual([200]);
});

test("many accounts of one address share what it may ask, and the owner beside them has the own", async () => {
  const cookies = [];
  for (const account of strangers) cookies.push(await signIn(url, account));
  const path = "/api/v1/energy/settlements?limit=500";
  const began = performance.now();
  const asked = cookies.flatMap((cookie) => Array.from({ length: 20 }, () => ({ cookie, path })));
  const statuses = await statusesOf(asked);
  const refilled = ((performance.now() - began) / 1_000) * 30;
  expect(statuses.length).toBe(160);
  // A page of 500 rows is worth five requests; the last one may begin with less than that, which is paid off first.
  expect(served(statuses)).toBeLessThanOrEqual((300 + refilled + 4) / 5);
  expect(statuses).toContain(429);
  const own = await signIn(url, owner);
  expect(await statusesOf(Array(10).fill({ cookie: own, path }))).toEqual(Array(10).fill(200));
});

test("what is new reaches the thread that answers, and a thread that ends is started again", async () => {
  const cookie = await signIn(url, owner);
  const path = "/api/v1/device/status/home-000";
  const state = async () => JSON.parse((await ask({ path, cookie })).text).state;
  expect(await state()).toBe("unknown");
  presence.heard("home-000");
  await vi.waitFor(async () => expect(await state()).toBe("online"));
  for (const changed of registered) changed({ ...meters[0]!, serial: "new-01" });
  await vi.waitFor(async () =>
    expect((await ask({ path: "/api/v1/device/status/new-01" })).status).toBe(200),
  );
  const settle = { method: "POST", headers: { cookie } };
  expect((await fetch(`${url}/api/v1/energy/settle/home-000`, settle)).status).toBe(202);
  expect((await fetch(`${url}/api/v1/energy/settle/home-001`, settle)).status).toBe(403);
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const told: string[] = [];
  socket.onmessage = ({ data }) => told.push(JSON.parse(String(data)).event);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  events.emit("order_matched", {});
  await vi.waitFor(() => expect(told).toEqual(["order_matched"]));
  const closed = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  await server.end();
  await closed;
  await vi.waitFor(async () => expect(await state()).toBe("online"));
});
