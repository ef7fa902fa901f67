/** The HTTP surface over a real socket: who may see and do what, the document, GraphQL, events, and limits. */

import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { follow, type Told } from "@enerlink/client";
import { MOST_OF_ONE } from "@enerlink/edge";
import { meterId, rootFrom } from "@enerlink/protocol";
import { commandSigner, parseCommand } from "@enerlink/protocol/wire/command";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { makeLog } from "@enerlink/service/log";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket as Client } from "ws";
import { type Asked, documentedBy, operationsOf, sendTo } from "../../../test/documented.ts";
import { whole } from "../../../test/whole.ts";
import { alone, domain, key, signedCommand, signing } from "../../testing/meter-world.ts";
import { type Alerts, makeAlertLog, makeAlerts } from "../alerts/alerts.ts";
import { makeAccounts } from "../auth/accounts.ts";
import { signedMessage, signIn as signInAt } from "../auth/client.ts";
import { UncheckedError } from "../auth/contract-signatures.ts";
import { makeSignIn } from "../auth/sign-in.ts";
import type { Meter } from "../chain/mirror.ts";
import { type Commands, makeCommands } from "../commands/commands.ts";
import { makeCommandLedger } from "../commands/ledger.ts";
import { makeWishes } from "../commands/wish.ts";
import { type Events, makeEventLog, makeEvents } from "../events/events.ts";
import { type Intake, makeIntake } from "../intake/intake.ts";
import { makeRejectLog } from "../intake/rejects.ts";
import { auditRows, makeAudit, verifyAudit } from "../keeping/audit.ts";
import { makeRollups, type Rollups } from "../keeping/rollups.ts";
import { makeClearedLog } from "../ledger/cleared.ts";
import { makeReadings } from "../ledger/readings.ts";
import { makeRootLog, makeRoots, treeOf } from "../ledger/roots.ts";
import { makeSettlements } from "../ledger/settlements.ts";
import { makeHolds } from "../meters/holds.ts";
import { makeLevelStore } from "../meters/level-store.ts";
import { tellOffline } from "../meters/offline.ts";
import { makePower } from "../meters/power.ts";
import { makePresence, type Presence } from "../meters/presence.ts";
import { makeMetrics } from "../metrics.ts";
import { makeByHand } from "../settlement/by-hand.ts";
import { makeHistory } from "../settlement/history.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { makeActs } from "./acts.ts";
import { makeApi } from "./api.ts";
import { hostOf, type Listening, listen } from "./listen.ts";
import { commandBody } from "./views.ts";

const ORIGIN = "http://localhost:5173";
/** A contract says that it signed this; of the other the chain says nothing. */
const [BY_CONTRACT, UNCHECKED] = ["0xc0de", "0xdead"];
const log = makeLog({ level: "error" });
const [owner, stranger, operator, member] = [1, 2, 3, 4].map((digit) =>
  privateKeyToAccount(`0x${String(digit).repeat(64)}`),
) as [Account, Account, Account, Account];
type Account = ReturnType<typeof privateKeyToAccount>;

const meter: Meter = { ...signing, owner: owner.address };
const slots = { communityId: 3, length: 900, tolerance: 120, patience: 600, since: 0 };
const meters = [meter, { ...meter, serial: "home-02", owner: stranger.address, key: undefined, slots }];

let folder: string;
let database: Database;
let server: Listening;
let url: string;
let intake: Intake;
let presence: Presence;
let events: Events;
let alerts: Alerts;
let commands: Commands;
let rollups: Rollups;
let published: { serial: string; text: string }[];
let relayed: string[];

async function start({ openReadings = false, production = false, trustedProxies = [] as string[] } = {}) {
  const metrics = makeMetrics();
  events = makeEvents({ database });
  alerts = makeAlerts({ database, webhook: false, events, metrics, log });
  const readings = makeReadings(database);
  const holds = makeHolds({ database, alerts, metrics, log });
  rollups = makeRollups({ database, retentionDays: undefined });
  const settlements = makeSettlements({ database, interval: 900 });
  presence = makePresence({ interval: () => 30, alerts, metrics, log });
  tellOffline(events, presence);
  const mirror = {
    meter: (serial: string) => meters.find((one) => one.serial === serial),
    meters: () => meters,
    settled: () => undefined,
  };
  published = [];
  relayed = [];
  commands = makeCommands({
    database,
    domain,
    signer: member,
    publish: async (serial, text) => published.push({ serial, text }),
    leads: () => true,
    quorum: alone,
    metrics,
    log,
  });
  commands.onConcluded((command) => events.emit("command_concluded", commandBody(command)));
  intake = makeIntake({
    database,
    domain,
    mirror,
    readings,
    holds,
    levels: makeLevelStore(database),
    settlements,
    power: makePower(),
    interval: 900,
    metrics,
    log,
  });
  const accounts = makeAccounts({ database, operators: [operator.address] });
  const history = makeHistory(database);
  const api = makeApi({
    domain,
    mirror,
    readings,
    holds,
    presence,
    rollups,
    settlements,
    history,
    clearedSlots: makeClearedLog(database),
    roots: makeRootLog(database),
    commands,
    wishes: makeWishes({
      domain,
      isOperator: accounts.isOperator,
      hashSignedBy: async (_, __, signature) => {
        if (signature === UNCHECKED) throw new UncheckedError("the chain does not answer");
        return signature === BY_CONTRACT;
      },
      ledger: makeCommandLedger(database),
    }),
    alerts: makeAlertLog(database),
    rejects: makeRejectLog(database),
    accounts,
    signIn: makeSignIn({
      signedByContract: async () => false,
      chainId: domain.chainId,
      origins: [ORIGIN],
      node: () => url,
    }),
    settings: {
      node: "test",
      production,
      shard: { number: 1, count: 1 },
      openReadings,
      frontendUrls: [ORIGIN],
      trustedProxies,
      relay: { payer: operator.address, budget: { most: 1n, daily: 1n, dailyTotal: 1n } },
    },
    relayed: { find: () => undefined },
    acts: makeActs({
      audit: makeAudit({ database, log }),
      relay: {
        take: async ({ account }) => {
          relayed.push(account);
          return { done: { hash: "0x12" } };
        },
        recover: async ({ account }) => {
          relayed.push(`recovery of ${account}`);
          return { done: { hash: "0x13" } };
        },
      },
      accounts,
      commands,
      byHand: makeByHand({
        meterOf: mirror.meter,
        readings,
        holds,
        settlements,
        history,
        settler: { flush: () => {} },
      }),
      obstacles: () => [],
      metrics,
    }),
    events,
    eventLog: makeEventLog(database),
    failed: (error) => log.error({ err: error }, "failed"),
  });
  server = await listen(api.fetch, "127.0.0.1", 0);
  url = `http://${hostOf(server)}`;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "api-"));
  database = openDatabase(folder, { chainId: domain.chainId, genesisHash: "0x01" }, log);
  await start();
});
afterEach(() => {
  server.stop();
  database.close();
  rmSync(folder, { recursive: true });
});

// biome-ignore lint/suspicious/noExplicitAny: what the assertions below are about.
type Answer = { status: number; body: any; headers: Headers };
type Request = { cookie?: string; body?: unknown; method?: string; headers?: Record<string, string> };

async function ask(path: string, { cookie, body, method, headers }: Request = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(cookie ? { cookie } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

const signed = (account: Account) => signedMessage(url, account);
const signIn = (account: Account) => signInAt(url, account);

/** A signed reading of home-01, taken in. */
async function take(timestamp: number, exportWh: bigint) {
  const values = { serial: "home-01", epoch: 1, sequence: BigInt(timestamp), timestamp };
  const reading = signReading(
    domain,
    { ...values, exportWh, importWh: 5_000n, storedWh: 0n },
    key.privateKey,
  );
  const payload = Buffer.from(JSON.stringify(readingJson(reading)));
  const message = { topic: "enerlink/v1/home-01/reading", payload, retained: false };
  expect(intake.reading(message, "home-01", await intake.open(message, "home-01"))).toBeDefined();
}
const windowEnd = () => Math.floor(Date.now() / 900_000) * 900;

describe("keys of programs", () => {
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  async function make(scopes: string[], account = owner, more = {}) {
    const cookie = await signIn(account);
    const body = { name: "Home Assistant", scopes, ...more };
    return { cookie, ...(await ask("/api/v1/auth/keys", { cookie, body })) };
  }

  test("is shown once, kept as a hash, and does what its scopes say, with its account's meters alone", async () => {
    await take(windowEnd(), 1_000n);
    const { body, status } = await make(["readings"]);
    expect([status, body]).toMatchObject([201, { name: "Home Assistant", scopes: ["readings"], id: "1" }]);
    const { key, ...kept } = body;
    expect(key).toMatch(/^enerlink_[\w-]{43}$/);
    const list = await ask("/api/v1/auth/keys", { cookie: await signIn(owner) });
    expect(list.body).toEqual({ items: [kept] });
    expect(
      JSON.stringify(database.prepare("SELECT * FROM api_keys").all(), (_, value) => String(value)),
    ).not.toContain(key);

    const readings = "/api/v1/device/readings";
    expect((await ask(`${readings}/home-01`)).status).toBe(401);
    expect((await ask(`${readings}/home-01`, bearer(key))).status).toBe(200);
    expect((await ask(`${readings}/home-02`, bearer(key))).body.detail).toContain("belongs to");
    expect((await ask("/api/v1/auth/me", bearer(key))).body).toMatchObject({ address: owner.address });
    const command = { ...bearer(key), body: { name: "display-reset" } };
    expect(await ask("/api/v1/device/command/home-01", command)).toMatchObject({
      status: 403,
      body: { detail: "The key may not do this: it needs the scope command" },
    });
    expect(
      (await ask("/api/v1/energy/settle/home-01", { ...bearer(key), method: "POST" })).body.detail,
    ).toContain("scope settle");
    expect(published).toEqual([]);
  });

  test("without the scope readings sees what strangers see, and hears no alerts", async () => {
    await take(windowEnd(), 1_000n);
    const { body } = await make(["command"]);
    const { key } = body;
    expect((await ask("/api/v1/device/readings/home-01", bearer(key))).body.detail).toContain(
      "scope readings",
    );
    expect((await ask("/api/v1/alerts", bearer(key))).status).toBe(403);
    const status = (await ask("/api/v1/device/status/home-01", bearer(key))).body;
    expect(status).toEqual((await ask("/api/v1/device/status/home-01")).body);
    const query = "subscription { alertRaised { kind } }";
    const headers = { ...bearer(key).headers, accept: "text/event-stream" };
    expect((await ask("/graphql", { headers, body: { query } })).body).toContain("scope readings");
    const sent = await ask("/api/v1/device/command/home-01", {
      ...bearer(key),
      body: { name: "display-reset" },
    });
    expect(sent.status).toBe(202);
  });

  test("an operator's key does what an operator may, within its scopes", async () => {
    await take(windowEnd(), 1_000n);
    const { key } = (await make(["readings"], operator)).body;
    expect((await ask("/api/v1/device/readings/home-01", bearer(key))).status).toBe(200);
    expect(
      (await ask("/api/v1/device/command/home-01", { ...bearer(key), body: { name: "display-reset" } }))
        .status,
    ).toBe(403);
  });

  test("has its own account's signed calls paid for, an operator's anybody's, with the scope relay alone", async () => {
    const relay = (account: string, key?: string) =>
      ask("/api/v1/relay", {
        ...(key === undefined ? {} : bearer(key)),
        body: { account, calls: [{ to: account, data: "0x" }], nonce: "0", deadline: 1, signature: "0x12" },
      });
    const { key } = (await make(["relay"])).body;
    const without = (await make(["readings", "settle", "command"])).body.key;
    const operators = (await make(["relay"], operator)).body.key;
    expect((await relay(owner.address, without)).body).toMatchObject({
      status: 403,
      detail: "The key may not do this: it needs the scope relay",
    });
    expect((await relay(stranger.address, key)).body).toMatchObject({
      status: 403,
      detail: `The key is ${owner.address}'s, and may not relay for ${stranger.address}`,
    });
    expect(relayed).toEqual([]);
    expect((await relay(owner.address, key)).body).toEqual({ id: null, state: "mined", hash: "0x12" });
    expect((await relay(stranger.address, operators)).status).toBe(202);
    // Whoever signed it, anybody may bring it.
    expect((await relay(stranger.address)).status).toBe(202);
    expect(relayed).toEqual([owner.address, stranger.address, stranger.address]);

    const recovery = (account: string, key?: string) =>
      ask("/api/v1/relay/recovery", {
        ...(key === undefined ? {} : bearer(key)),
        body: { account, signer: "0x1234" },
      });
    expect((await recovery(stranger.address, key)).status).toBe(403);
    expect((await recovery(stranger.address)).body).toEqual({ id: null, state: "mined", hash: "0x13" });
    expect(relayed.slice(3)).toEqual([`recovery of ${stranger.address}`]);
  });

  test("ends when it is revoked by its owner, or its time is over; then it opens nothing", async () => {
    const { body, cookie } = await make(["readings"]);
    const { key, id } = body;
    const other = await signIn(stranger);
    expect((await ask(`/api/v1/auth/keys/${id}`, { cookie: other, method: "DELETE" })).status).toBe(404);
    expect((await ask("/api/v1/auth/me", bearer(key))).status).toBe(200);
    expect((await ask(`/api/v1/auth/keys/${id}`, { cookie, method: "DELETE" })).status).toBe(200);
    for (const wrong of [key, "enerlink_nonsense", ""])
      expect(await ask("/api/v1/auth/me", bearer(wrong))).toMatchObject({
        status: 401,
        body: { title: "Unknown key", errors: [{ field: "authorization" }] },
      });
    const second = (await make(["readings"], owner, { days: 1 })).body;
    expect((await ask("/api/v1/auth/me", bearer(second.key))).status).toBe(200);
    database.prepare("UPDATE api_keys SET expires_at = ?").run(Date.now());
    expect((await ask("/api/v1/auth/me", bearer(second.key))).status).toBe(401);
    expect((await ask("/api/v1/auth/keys", { cookie })).body).toEqual({ items: [] });
  });

  test("makes and revokes no keys; what is asked of one is checked, and an account has twenty at most", async () => {
    const { body, cookie } = await make(["readings", "settle", "command", "relay"]);
    const asked = { body: { name: "mine", scopes: ["command"] } };
    expect((await ask("/api/v1/auth/keys", { ...bearer(body.key), ...asked })).status).toBe(403);
    expect((await ask("/api/v1/auth/keys", bearer(body.key))).status).toBe(403);
    expect(
      (await ask(`/api/v1/auth/keys/${body.id}`, { ...bearer(body.key), method: "DELETE" })).status,
    ).toBe(403);
    expect((await ask("/api/v1/auth/keys", asked)).status).toBe(401);
    const wrong = { name: " ", scopes: ["everything"], days: 366 };
    const { errors } = (await ask("/api/v1/auth/keys", { cookie, body: wrong })).body;
    expect(errors).toEqual([
      { field: "name", message: "must be 1 to 64 characters" },
      { field: "scopes.0", message: "must be some of readings, settle, command, relay" },
      { field: "days", message: "must be 1 to 365" },
    ]);
    for (let made = 1; made < 20; made++)
      expect((await ask("/api/v1/auth/keys", { cookie, ...asked })).status).toBe(201);
    expect(await ask("/api/v1/auth/keys", { cookie, ...asked })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("20 keys") },
    });
  });
});

describe("signing in", () => {
  test("registers once, then logs in; the session ends with logout", async () => {
    const first = await signed(owner);
    expect(first.registered).toBe(false);
    expect((await ask("/api/v1/auth/login", first)).status).toBe(404);
    const second = await signed(owner);
    const registered = await ask("/api/v1/auth/register", {
      ...second,
      body: { ...second.body, name: "Sari" },
    });
    expect([registered.status, registered.body]).toMatchObject([
      201,
      { address: owner.address, name: "Sari", roles: ["owner"], meters: ["home-01"] },
    ]);
    expect((await ask("/api/v1/auth/register", await signed(owner))).status).toBe(409);
    const cookie = await signIn(owner);
    expect((await ask("/api/v1/auth/me", { cookie })).body).toMatchObject({ name: "Sari", roles: ["owner"] });
    expect((await ask("/api/v1/auth/logout", { cookie, method: "POST" })).status).toBe(200);
    expect((await ask("/api/v1/auth/me", { cookie })).body).toMatchObject({ address: null, roles: [] });
  });

  test("forgets an account that its holder erases: name, sessions and keys, by a session and by no key", async () => {
    const cookie = await signIn(owner);
    const elsewhere = await signIn(owner);
    const { key } = (await ask("/api/v1/auth/keys", { cookie, body: { name: "mine", scopes: ["readings"] } }))
      .body;
    const erase = { method: "DELETE" };
    expect((await ask("/api/v1/auth/account", erase)).status).toBe(401);
    const byKey = { ...erase, headers: { authorization: `Bearer ${key}` } };
    expect((await ask("/api/v1/auth/account", byKey)).status).toBe(403);
    expect((await ask("/api/v1/auth/account", { ...erase, cookie })).status).toBe(200);
    for (const former of [cookie, elsewhere])
      expect((await ask("/api/v1/auth/me", { cookie: former })).body.address).toBeNull();
    expect((await ask("/api/v1/auth/me", { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
    for (const table of ["accounts", "sessions", "api_keys"])
      expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0n);
    // Nothing keeps anybody from coming back.
    expect((await ask("/api/v1/auth/register", await signed(owner))).status).toBe(201);
  });

  test("notes what people with a say do, a row after the other, and nothing of what they only look at", async () => {
    await take(windowEnd(), 1_000n);
    const cookie = await signIn(operator);
    await ask("/api/v1/device/status/home-01", { cookie });
    const { id } = (await ask("/api/v1/auth/keys", { cookie, body: { name: "mine", scopes: ["command"] } }))
      .body;
    const sent = await ask("/api/v1/device/command/home-01", { cookie, body: { name: "display-reset" } });
    await ask("/api/v1/energy/settle/home-01", { cookie, method: "POST" });
    await ask(`/api/v1/auth/keys/${id}`, { cookie, method: "DELETE" });
    await ask("/api/v1/auth/account", { cookie, method: "DELETE" });
    await signIn(stranger);
    const rows = auditRows(database, 100).map(({ actor, act, subject, detail }) => [
      actor,
      act,
      subject,
      detail,
    ]);
    const who = operator.address;
    expect(rows).toEqual([
      [who, "operator-signed-in", "", ""],
      [who, "key-made", id, "command"],
      [who, "command", "home-01", `display-reset ${sent.body.id}`],
      [who, "settlement-by-hand", "home-01", ""],
      [who, "key-revoked", id, ""],
      [who, "account-erased", "", ""],
    ]);
    expect(verifyAudit(database)).toMatchObject({ rows: 6, broken: undefined });
  });

  test("gives a cookie that scripts and other sites cannot use, and that only this browser's nonce opens", async () => {
    const { body, cookie } = await signed(owner);
    expect((await ask("/api/v1/auth/register", { body })).status).toBe(401);
    const again = await signed(owner);
    const stolen = await ask("/api/v1/auth/register", { body: again.body, cookie });
    expect([stolen.status, stolen.body.errors[0].field]).toEqual([401, "nonce"]);
    const mine = await signed(owner);
    const answer = await ask("/api/v1/auth/register", mine);
    const set = answer.headers.getSetCookie().find((one) => one.startsWith("enerlink-session-test="))!;
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    expect((await ask("/api/v1/auth/login", mine)).status).toBe(401);
  });

  test("is over TLS only in production, and no stored secret opens a session", async () => {
    server.stop();
    await start({ production: true });
    const answer = await ask("/api/v1/auth/register", await signed(owner));
    expect(answer.headers.getSetCookie().every((one) => one.includes("Secure"))).toBe(true);
    const hash = database.prepare("SELECT hash FROM sessions").pluck().get() as string;
    const me = await ask("/api/v1/auth/me", { cookie: `enerlink-session-test=${hash}` });
    expect(me.body.address).toBeNull();
  });
});

describe("who sees what", () => {
  test("everybody sees a meter's place in the registry, its owner and operators what it says", async () => {
    await take(windowEnd(), 10_000n);
    presence.heard("home-01");
    const path = "/api/v1/device/status/home-01";
    const hidden = { access: "public", telemetry: null, lastReading: null, commands: [] };
    // Not even whether it is on: a home's outages and absences are its own.
    expect((await ask(path)).body).toMatchObject({
      ...hidden,
      owner: owner.address,
      state: "unknown",
      lastHeard: null,
    });
    expect((await ask(path, { cookie: await signIn(stranger) })).body).toMatchObject(hidden);
    for (const account of [owner, operator])
      expect((await ask(path, { cookie: await signIn(account) })).body).toMatchObject({
        access: "full",
        state: "online",
        lastHeard: expect.any(String),
        lastReading: { exportKwh: "10", signed: true },
        commands: [],
      });
    const readings = "/api/v1/device/readings/home-01";
    expect((await ask(readings)).status).toBe(401);
    expect((await ask(readings, { cookie: await signIn(stranger) })).status).toBe(403);
    expect((await ask(readings, { cookie: await signIn(owner) })).body.items).toMatchObject([
      { exportKwh: "10" },
    ]);
    rollups.sumUp();
    const history = "/api/v1/device/history/home-01?span=1h";
    expect((await ask(history)).status).toBe(401);
    expect((await ask(history, { cookie: await signIn(owner) })).body.items).toMatchObject([
      { exportKwh: "10", readings: 1 },
    ]);
    expect((await ask("/api/v1/meters/home-01/signed-reading")).body.reading).toMatchObject({
      exportWh: 10_000,
    });
    expect((await ask("/api/v1/energy/settlements")).body.items).toMatchObject([{ meterId: "home-01" }]);
  });

  test("what was refused of a meter, and why, its owner and operators see", async () => {
    const refuse = database.prepare(
      "INSERT INTO rejects (received_at, topic, serial, reason, detail, payload) VALUES (?, ?, ?, ?, ?, ?)",
    );
    const about = database.prepare("UPDATE rejects SET field = ?, settings = ? WHERE detail = ?");
    const detail = "ENERGY.Total: is missing";
    refuse.run(1_000, "tele/plug/SENSOR", "home-01", "malformed", detail, Buffer.from('{"ENERGY":{}}'));
    refuse.run(2_000, "tele/plug/SENSOR", "home-01", "oversized", "too long", Buffer.from([0xff, 0x00]));
    refuse.run(3_000, "tele/other/SENSOR", "home-02", "malformed", "of another", Buffer.alloc(0));
    about.run("ENERGY.Total", "fields byException of-a-later-version", detail);
    const path = "/api/v1/device/rejects/home-01";
    expect((await ask(path)).status).toBe(401);
    expect((await ask(path, { cookie: await signIn(stranger) })).status).toBe(403);
    for (const account of [owner, operator])
      expect((await ask(path, { cookie: await signIn(account) })).body.items).toMatchObject([
        {
          ...{ reason: "oversized", payload: "ff00", encoding: "hex", at: "1970-01-01T00:00:02.000Z" },
          ...{ field: null, settings: [] },
        },
        {
          ...{ reason: "malformed", detail, payload: '{"ENERGY":{}}', encoding: "text" },
          ...{ field: "ENERGY.Total", settings: ["byException", "fields"] },
        },
      ]);
    presence.empty("home-01", "tele/plug/SENSOR");
    presence.unheard("home-01", ["deye/total"]);
    const status = "/api/v1/device/status/home-01";
    const shown = { lastEmptyTopic: null, unheardTopics: [] };
    expect((await ask(status)).body).toMatchObject({ refused: null, lastEmpty: null, ...shown });
    const { refused, lastEmpty, ...full } = (await ask(status, { cookie: await signIn(owner) })).body;
    expect(full).toMatchObject({ lastEmptyTopic: "tele/plug/SENSOR", unheardTopics: ["deye/total"] });
    expect(refused).toMatchObject({ reason: "oversized", topic: "tele/plug/SENSOR", detail: "too long" });
    expect(lastEmpty).toMatch(/^20/);
  });

  test("what became of the last report, and why it was skipped, the owner is told", async () => {
    await take(windowEnd(), 10_000n);
    const status = "/api/v1/device/status/home-01";
    const owned = async () => (await ask(status, { cookie: await signIn(owner) })).body.lastReport;
    expect(await owned()).toMatchObject({ status: "pending", reason: null });
    database.prepare("UPDATE settlements SET state = 'skipped', reason = 'waits: for time'").run();
    expect(await owned()).toEqual({
      timestamp: new Date(windowEnd() * 1_000).toISOString(),
      ...{ status: "skipped", reason: "waits: for time" },
    });
    expect((await ask(status)).body.lastReport).toBeNull();
  });

  test("on a development chain everybody sees it, and still nobody else commands or settles", async () => {
    server.stop();
    await start({ openReadings: true });
    await take(windowEnd(), 10_000n);
    expect((await ask("/api/v1/device/status/home-01")).body).toMatchObject({ access: "full", commands: [] });
    expect((await ask("/api/v1/device/readings/home-01")).status).toBe(200);
    expect((await ask("/api/v1/energy/settle/home-01", { method: "POST" })).status).toBe(401);
    for (const body of [{ name: "display-reset" }, { name: "relay", arguments: { state: "off" } }])
      expect((await ask("/api/v1/device/command/home-01", { body })).status).toBe(401);
    expect(published).toEqual([]);
  });

  test("an owner settles an own meter at once, and another's not", async () => {
    const cookie = await signIn(owner);
    const settle = (serial: string) => ask(`/api/v1/energy/settle/${serial}`, { cookie, method: "POST" });
    expect(await settle("home-01")).toMatchObject({ status: 409, body: { title: "No reading" } });
    await take(windowEnd() - 100, 10_000n);
    expect(await settle("home-01")).toMatchObject({
      status: 202,
      body: { status: "pending", windowEnd: null },
    });
    expect((await settle("home-02")).status).toBe(403);
    expect((await settle("nobody")).status).toBe(404);
  });

  test("alerts of own meters, all of them to operators", async () => {
    alerts.raise("offline", "home-01", "silent");
    alerts.raise("offline", "home-02", "silent");
    alerts.raise("backup", undefined, "no room");
    alerts.end("offline", "home-01");
    const seen = async (account: Account, query = "") =>
      (await ask(`/api/v1/alerts${query}`, { cookie: await signIn(account) })).body.items.map(
        ({ meterId }: { meterId: string | null }) => meterId,
      );
    expect((await ask("/api/v1/alerts")).status).toBe(401);
    expect(await seen(owner)).toEqual(["home-01"]);
    expect(await seen(owner, "?open=true")).toEqual([]);
    expect(await seen(operator)).toEqual([null, "home-02", "home-01"]);
  });
});

describe("a command", () => {
  const path = "/api/v1/device/command/home-01";

  /** The owner's nonces and the operators' grow together. */
  let nonce = 0n;
  const wish = async (by: Account, name: "grid" | "relay", values: Record<string, string>) => {
    nonce = nonce === 0n ? BigInt(Date.now()) : nonce + 1n;
    return signedCommand(by, "home-01", { name, arguments: values }, nonce);
  };
  beforeEach(() => {
    nonce = 0n;
  });

  test("of an operator stands: an owner closes what is open, and opens nothing that an operator closed", async () => {
    const grid = async (by: Account, mode: string) => ask(path, { body: await wish(by, "grid", { mode }) });
    expect((await grid(owner, "off")).status).toBe(202);
    expect((await grid(owner, "both")).status).toBe(202);
    expect((await grid(operator, "export")).status).toBe(202);
    expect(await grid(owner, "both")).toMatchObject({
      status: 403,
      body: { detail: "home-01: an operator has set grid to export, and an operator alone opens it" },
    });
    expect((await grid(owner, "off")).status).toBe(202);
    expect((await grid(owner, "both")).status).toBe(403);
    expect((await grid(operator, "both")).status).toBe(202);
    expect((await grid(owner, "import")).status).toBe(202);
    const [mine, operators] = [await signIn(owner), await signIn(operator)];
    const epoch = (cookie: string) => ask(path, { cookie, body: { name: "epoch", arguments: { epoch: 2 } } });
    expect((await epoch(mine)).status).toBe(403);
    expect((await epoch(operators)).status).toBe(202);
  });

  test("that switches power needs a signature over just that, and no session; nobody is signed in by it", async () => {
    const cookie = await signIn(owner);
    const bare = { name: "relay", arguments: { state: "off" } };
    for (const asked of [{ cookie }, { cookie: await signIn(operator) }])
      expect(await ask(path, { ...asked, body: bare })).toMatchObject({
        status: 400,
        body: {
          errors: [{ field: "signed", message: expect.stringContaining("relay switches a house's power") }],
        },
      });
    const body = await wish(owner, "relay", { state: "off" });
    const { signed } = body;
    const refused = async (change: object) => {
      const answer = await ask(path, { body: { ...body, ...change } });
      return [answer.status, answer.body.errors?.[0]?.field ?? answer.body.title];
    };
    const of = (change: object) => ({ signed: { ...signed, ...change } });
    expect(await refused({ arguments: { state: "on" } })).toEqual([400, "signed.signature"]);
    expect(await refused({ name: "grid", arguments: { mode: "off" } })).toEqual([400, "signed.signature"]);
    expect(await refused({ seconds: 301 })).toEqual([400, "signed.signature"]);
    expect(await refused(of({ nonce: String(BigInt(signed.nonce) - 1n) }))).toEqual([
      400,
      "signed.signature",
    ]);
    expect(await refused(of({ nonce: String(Date.now() + 400_000) }))).toEqual([400, "signed.nonce"]);
    expect(await refused(of({ nonce: String(Date.now() - 301_000) }))).toEqual([400, "seconds"]);
    expect(await refused(of({ by: stranger.address }))).toEqual([403, "Forbidden"]);
    expect(await refused(of({ by: operator.address }))).toEqual([400, "signed.signature"]);
    expect(await refused(of({ signature: "0x12" }))).toEqual([400, "signed.signature"]);
    expect(await refused(of({ signature: UNCHECKED }))).toEqual([503, "Not checked"]);
    expect(await refused({ name: "interval", arguments: { seconds: 60 } })).toEqual([400, "name"]);
    expect(await refused({ name: "committee", arguments: {} })).toEqual([400, "name"]);
    expect((await ask(path.replace("01", "02"), { body })).status).toBe(403);
    expect((await ask(path.replace("01", "09"), { body })).status).toBe(404);
    expect(published).toEqual([]);

    const taken = await ask(path, { body });
    expect(taken.status).toBe(202);
    expect(taken.headers.get("set-cookie")).toBeNull();
    // The same once more is the same command; an earlier one is overtaken, and what is done is not done again.
    expect((await ask(path, { body })).body.id).toBe(taken.body.id);
    expect(published).toHaveLength(1);
    expect(await refused({ ...(await signedCommand(owner, "home-01", body, nonce - 1n)) })).toEqual([
      400,
      "signed.nonce",
    ]);
    commands.acknowledged("home-01", { id: taken.body.id, state: "done", reason: "", timestamp: 1 });
    expect(await refused({})).toEqual([400, "signed.nonce"]);

    // An account that is a contract says itself whether it signed.
    const contract = { ...(await wish(owner, "relay", { state: "on" })) };
    contract.signed.signature = BY_CONTRACT as typeof signed.signature;
    expect((await ask(path, { body: contract })).status).toBe(202);
    expect(auditRows(database, 10).filter(({ act }) => act === "command")).toMatchObject([
      { actor: owner.address, detail: `relay ${taken.body.id}` },
      { actor: owner.address, detail: `relay ${taken.body.id}` },
      { actor: owner.address },
    ]);
  });

  test("goes out signed, and its answer comes back with its trail", async () => {
    const cookie = await signIn(owner);
    const answer = await ask(path, { body: await wish(owner, "grid", { mode: "off" }) });
    expect(answer.status).toBe(202);
    const { id } = answer.body;
    const sent = parseCommand(Buffer.from(published[0]!.text));
    expect(sent).toMatchObject({ id, name: "grid", arguments: { mode: "off" }, nonce, signatures: [] });
    expect(await commandSigner(domain, "home-01", sent)).toBe(member.address);
    commands.acknowledged("home-01", { id, state: "rejected", reason: "the relay is stuck", timestamp: 1 });
    const { items } = (await ask("/api/v1/device/commands/home-01", { cookie })).body;
    expect(items).toMatchObject([
      {
        id,
        status: "rejected",
        reason: "the relay is stuck",
        requestedBy: owner.address,
        history: [
          { event: "queued", detail: `by ${owner.address}` },
          { event: "sent" },
          { event: "rejected", detail: "the relay is stuck" },
        ],
      },
    ]);
    expect(() => database.exec("DELETE FROM command_events")).toThrow("append-only");
  });

  test.each<[string, unknown, string]>([
    ["an unknown one", { name: "explode" }, "name"],
    ["a missing name", {}, "name"],
    ["a wrong argument", { name: "grid", arguments: { mode: "sideways" } }, "arguments.mode"],
    ["one beyond its range", { name: "discharge", arguments: { wattHours: 0 } }, "arguments.wattHours"],
    ["a deadline too far", { name: "display-reset", seconds: 100_000 }, "seconds"],
  ])("is refused for %s, naming field and range", async (_, body, field) => {
    const answer = await ask(path, { cookie: await signIn(owner), body });
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer).toMatchObject({ status: 400, body: { status: 400, errors: [{ field }] } });
    expect(published).toEqual([]);
  });

  test("is refused when its body is too large, no JSON, or comes from another site's page", async () => {
    const cookie = await signIn(owner);
    const body = { name: "relay", arguments: { state: "on".padEnd(40_000, "n") } };
    expect((await ask(path, { cookie, body })).status).toBe(413);
    expect((await ask(path, { cookie, body: "{" })).status).toBe(400);
    const headers = { origin: "https://evil.example" };
    expect((await ask(path, { cookie, headers, body: { name: "display-reset" } })).status).toBe(403);
    expect(published).toEqual([]);
  });
});

test("the document describes every route, and the page needs no other host", async () => {
  const { paths } = (await ask("/api/openapi.json")).body;
  for (const [path, method] of [
    ["/api/v1/auth/register", "post"],
    ["/api/v1/auth/login", "post"],
    ["/api/v1/energy/settlements", "get"],
    ["/api/v1/energy/settle/{meterId}", "post"],
    ["/api/v1/device/command/{meterId}", "post"],
    ["/api/v1/device/rejects/{meterId}", "get"],
    ["/api/v1/device/status/{meterId}", "get"],
    ["/api/v1/meters/{meterId}/signed-reading", "get"],
  ] as const)
    expect(paths[path]?.[method]?.responses).toBeDefined();
  const operations = Object.values(paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId }) => operationId);
  expect(operations).toContain("getDeviceStatusByMeterId");
  expect(new Set(operations).size).toBe(operations.length);
  const page = (await ask("/api/docs")).body as string;
  expect(page).not.toMatch(/https?:\/\//);
  for (const [, file] of page.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await ask(file!)).status).toBe(200);
  expect((await ask("/api/docs/package.json")).status).toBe(404);
  expect((await ask("/api/v1/wallet/create")).body.detail).toContain(`${ORIGIN}/wallet`);
  expect((await ask("/api/v1/nothing")).body).toMatchObject({ status: 404, title: "Not found" });
});

describe("the document", () => {
  test("every documented example and whatever is near it is answered as documented, and is no failure", async () => {
    await start({ trustedProxies: ["127.0.0.1"] });
    const document = documentedBy((await ask("/api/openapi.json")).body);
    const cookies = [undefined, await signIn(owner), await signIn(operator)];
    let turn = 0;
    const send = (request: Asked) => {
      const cookie = cookies[++turn % cookies.length];
      return sendTo(url, request, turn, cookie === undefined ? {} : { cookie });
    };
    async function check(request: Asked) {
      const answer = await send(request);
      expect(answer.status, `${request.method} ${request.url} ${request.body}: ${answer.text}`).toBeLessThan(
        500,
      );
      document.expectDocumented(request, answer);
      return answer.status;
    }
    for (const one of document.operations) {
      const missing = document.missing(one);
      if (missing === undefined) continue;
      // By one who may see all that there is.
      const { status } = await sendTo(url, missing, ++turn, { cookie: cookies[2]! });
      expect([missing.url, status === 404]).toEqual([missing.url, "404" in one.operation.responses]);
    }
    for (const one of document.operations)
      for (const request of document.examplesOf(one))
        expect(await check(request), `${request.method} ${request.url} ${request.body}`).toBeOneOf([
          200, 201, 202, 401, 403, 404, 409,
        ]);
    await fc.assert(
      fc.asyncProperty(document.nearby, async (request) => {
        await check(request);
      }),
      { numRuns: whole ? 10_000 : 500, endOnFailure: true },
    );
  }, 300_000);
});

describe("a request that is not as it must be", () => {
  /** Every route of the document: method, path with an example, what it takes. */
  async function documented() {
    return operationsOf((await ask("/api/openapi.json")).body).map(({ method, path, operation }) => ({
      method,
      path: path.replace("{meterId}", "home-01"),
      takes: operation.parameters.filter((one) => one.in === "query").map(({ name }) => name),
      body: operation.requestBody !== undefined,
    }));
  }

  test("names a parameter that no route knows, and those that it does", async () => {
    const cookie = await signIn(owner);
    const routes = await documented();
    expect(routes.length).toBeGreaterThanOrEqual(15);
    for (const { method, path, takes } of routes) {
      const answer = await ask(`${path}?sellerID=1`, {
        cookie,
        method,
        body: method === "POST" ? {} : undefined,
      });
      const { status, body } = answer;
      expect([path, status]).toEqual([path, 400]);
      const [error] = body.errors.filter(({ field }: { field: string }) => field === "sellerID");
      for (const name of takes) expect([path, error.message]).toEqual([path, expect.stringContaining(name)]);
    }
    const others = [
      "/health",
      "/ready",
      "/metrics",
      "/api/openapi.json",
      "/api/docs",
      "/api/v1/wallet/create",
    ];
    for (const path of others)
      expect([path, (await ask(`${path}?sellerID=1`)).body.errors]).toEqual([
        path,
        [expect.objectContaining({ field: "sellerID" })],
      ]);
    expect((await ask("/api/v1/energy/settlements?limit=1&limit=2")).body.errors).toEqual([
      { field: "limit", message: "must be given once" },
    ]);
  });

  test("names a field that a body must not have", async () => {
    const cookie = await signIn(owner);
    const refused = async (path: string, body: unknown) => (await ask(path, { cookie, body })).body.errors;
    const extra = { name: "display-reset", second: 60 };
    expect(await refused("/api/v1/device/command/home-01", extra)).toEqual([
      { field: "second", message: expect.stringContaining("allowed: name, arguments, seconds, signed") },
    ]);
    const signed = { by: owner.address, nonce: String(Date.now()), signature: "0x00", at: 1 };
    expect(await refused("/api/v1/device/command/home-01", { name: "relay", signed })).toContainEqual({
      field: "signed.at",
      message: "is not known here; allowed: by, nonce, signature",
    });
    expect(await refused("/api/v1/energy/settle/home-01", { at: 1 })).toEqual([
      { field: "at", message: expect.stringContaining("nothing is taken") },
    ]);
    expect(await refused("/api/v1/energy/settle/home-01", [1])).toMatchObject([{ field: "0" }]);
    expect(await refused("/api/v1/auth/login", { message: "", signature: "", name: "" })).toEqual([
      { field: "name", message: expect.stringContaining("allowed: message, signature") },
    ]);
    const rounded = '{"name":"discharge","arguments":{"wattHours":1.00000000000000000001},"seconds":60}';
    expect(await refused("/api/v1/device/command/home-01", rounded)).toEqual([
      { field: "arguments.wattHours", message: expect.stringContaining("send it as text") },
    ]);
    expect(published).toEqual([]);
    const text = {
      cookie,
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: '{"name":"relay"}',
    };
    expect(await ask("/api/v1/device/command/home-01", text)).toMatchObject({
      status: 415,
      body: { errors: [{ field: "content-type", message: "must be application/json" }] },
    });
  });

  test.each<[method: string, path: string, status: number]>([
    ["GET", "/api/docs/constructor", 404],
    ["GET", "/api/docs/__proto__", 404],
    ["GET", "/api/v1/nothing", 404],
    ["GET", "/%zz", 404],
    ["GET", "/api/v1/device/status/%zz", 400],
    ["GET", "/api/v1/relay/1e3", 400],
    ["GET", "/api/v1/relay/0x1", 400],
    ["GET", "/api/v1/relay/1", 404],
    ["GET", "/ws", 426],
    ["DELETE", "/api/v1/energy/settlements", 405],
    ["GET", "/api/v1/energy/settle/home-01", 405],
    ["PATCH", "/api/v1/device/status/home-01", 405],
    ["PUT", "/graphql", 405],
    ["POST", "/ws", 405],
    ["POST", "/health", 405],
  ])("%s %s is answered with a problem", async (method, path, status) => {
    const answer = await ask(path, { method });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
  });

  test("says nothing of the program, whatever is wrong", async () => {
    const cookie = await signIn(owner);
    const query = (text: string, variables?: object) =>
      ask("/graphql", { cookie, body: { query: text, variables } });
    const stream = { cookie, headers: { accept: "text/event-stream" } };
    const bad = { meterId: { toString: 1 } };
    database.exec("ALTER TABLE readings RENAME TO gone");
    const answers = await Promise.all([
      ask("/api/v1/device/readings/home-01", { cookie }),
      query('{ readings(meterId: "home-01") { id } }'),
      query('{ device(meterId: "home-01") { lastReading { exportKwh } } }'),
      query("query ($meterId: String!) { device(meterId: $meterId) { meterId } }", bad),
      query("subscription { settlementStarted { meterId } commandAcknowledged { id } }"),
      ask("/graphql", {
        ...stream,
        body: { query: 'subscription { deviceOffline(meterId: "0xzz") { meterId } }' },
      }),
      ask("/graphql", {
        ...stream,
        body: {
          query: "subscription ($m: String) { deviceOffline(meterId: $m) { meterId } }",
          variables: { m: [1, 2] },
        },
      }),
      ask("/graphql", { ...stream, body: "{" }),
      ask("/graphql", { body: "[" }),
      ask("/graphql?query=%7Bme"),
      ask("/graphql?extensions=%7B&query=%7Bme%7D"),
      ask("/api/v1/device/command/home-01", { cookie, body: "{" }),
      ask("/api/v1/energy/settle/home-01", { cookie, body: "{" }),
    ]);
    database.exec("ALTER TABLE gone RENAME TO readings");
    for (const { status, body } of answers) {
      const text = JSON.stringify(body);
      expect([text, status < 600 && text.length > 2]).toEqual([text, true]);
      expect(text).not.toMatch(
        /\bat \S+ \(|node_modules|\.ts\b|file:|\/src\/|"stack"|SqliteError|no such table/,
      );
    }
  });

  test("is refused as a problem before it becomes a socket", async () => {
    const refused = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; type: string; body: { detail: string } }>((resolve, reject) => {
        const socket = new Client(`${url.replace("http", "ws")}${path}`, { headers });
        socket.on("open", () => reject(new Error(`${path} opened`)));
        socket.on("error", () => {});
        socket.on("unexpected-response", (_, response) => {
          let text = "";
          response.on("data", (data) => (text += data));
          response.on("end", () => {
            const { statusCode, headers } = response;
            resolve({ status: statusCode!, type: headers["content-type"]!, body: JSON.parse(text) });
          });
        });
      });
    const type = "application/problem+json";
    expect(await refused("/ws", { origin: "https://evil.example" })).toMatchObject({
      status: 403,
      type,
      body: { detail: expect.stringContaining("https://evil.example") },
    });
    expect(await refused("/ws?since=yesterday", {})).toMatchObject({ status: 400, type });
    expect(await refused("/elsewhere", {})).toMatchObject({ status: 404, type });
    const socket = new Client(`${url.replace("http", "ws")}/ws`, { headers: { origin: ORIGIN } });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    socket.close();
    const raw = (...lines: string[]) =>
      new Promise<string>((resolve) => {
        let text = "";
        const plain = connect(server.port, "127.0.0.1", () => plain.write(`${lines.join("\r\n")}\r\n\r\n`));
        plain.on("data", (data) => (text += data)).on("close", () => resolve(text));
      });
    const told = /^HTTP\/1\.1 400 .*application\/problem\+json.*"status":400/s;
    expect(await raw("NOT HTTP AT ALL")).toMatch(told);
    const handshake = ["GET /ws HTTP/1.1", "host: oracle", "connection: Upgrade", "upgrade: websocket"];
    const keyless = await raw(...handshake, "sec-websocket-version: 13");
    expect(keyless).toMatch(told);
    expect(keyless).toContain('"field":"sec-websocket-key"');
    const old = await raw(
      ...handshake,
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-version: 7",
    );
    expect(old).toMatch(told);
    expect(old).toContain("sec-websocket-version: 13, 8");
  });

  test("every answer keeps browsers from guessing, framing and loading", async () => {
    for (const path of ["/health", "/api/v1/nothing", "/api/openapi.json", "/graphql?query=%7Bme%7D"]) {
      const { headers } = await ask(path);
      expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"]);
      expect([path, headers.get("x-frame-options")]).toEqual([path, "DENY"]);
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    }
    for (const path of ["/api/docs", "/graphql"]) {
      const { headers } = await ask(path, { headers: { accept: "text/html" } });
      expect(headers.get("content-security-policy")).toMatch(
        /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
      );
    }
  });
});

test("a meter goes by its serial, and by its id on chain", async () => {
  await take(windowEnd(), 10_000n);
  const cookie = await signIn(owner);
  const id = meterId("home-01");
  const same = async (path: (meter: string) => string, init: Request = {}) => {
    const [bySerial, byId] = await Promise.all(
      ["home-01", id].map((one) => ask(path(one), { cookie, ...init })),
    );
    expect([bySerial!.status, byId!.body]).toEqual([200, bySerial!.body]);
    return byId!.body;
  };
  const settlements = await same((meter) => `/api/v1/energy/settlements?meterId=${meter}`);
  expect(settlements.items).toHaveLength(1);
  await same((meter) => `/api/v1/device/status/${meter}`);
  await same((meter) => `/api/v1/device/readings/${meter}`);
  await same((meter) => `/api/v1/meters/${meter}/signed-reading`);
  for (const field of ["device", "readings", "settlements", "commands"])
    await same(
      (meter) => `/graphql?query=${encodeURIComponent(`{ ${field}(meterId: "${meter}") { meterId } }`)}`,
    );
  for (const wrong of ["home_01", `0x${"ff".repeat(32)}`, "no meter", ""]) {
    const answer = await ask(`/api/v1/energy/settlements?meterId=${encodeURIComponent(wrong)}`);
    expect([wrong, answer.status]).toEqual([wrong, 400]);
  }
  expect((await ask("/api/v1/energy/settlements?meterId=nobody")).status).toBe(404);
});

describe("a list says by Link where it goes on, and only where it does, as JSON and as a table", () => {
  const takeThree = async () => {
    for (const back of [2, 1, 0]) await take(windowEnd() - back * 900, 10_000n + BigInt(2 - back));
  };
  const clearThree = () => {
    const insert = database.prepare(
      "INSERT INTO cleared_slots VALUES (1, ?, 1345000, 360, 500, 720, 4, 3, '0xab', 7, 0)",
    );
    for (const end of [900, 1_800, 2_700]) insert.run(end);
  };
  /** One span of the calendar, in which the epoch changed and a part was not signed. */
  const rollThree = () => {
    const insert = database.prepare("INSERT INTO rollups VALUES (86400, 'home-01', 864000, ?, ?, 1, 1, ?)");
    for (const [readings, place] of [
      [1n, 1n],
      [1n, 0n],
      [2n, 1n],
    ].entries())
      insert.run(...place, readings);
  };
  const refuseThree = () => {
    const insert = database.prepare(
      "INSERT INTO rejects (id, received_at, topic, serial, reason, detail, payload) VALUES (?, 1, 'meters', 'home-01', 'malformed', ?, ?)",
    );
    for (const [id, detail] of ["not JSON", "ended, too early", 'a " too many'].entries())
      insert.run(id, detail, Buffer.from("{"));
  };
  const raiseThree = () => {
    for (const serial of ["home-01", "home-02", "home-03"]) alerts.raise("offline", serial, "silent");
  };
  const commandThrice = async () => {
    const cookie = await signIn(owner);
    for (const seconds of [10, 20, 10])
      await ask("/api/v1/device/command/home-01", {
        cookie,
        body: { name: "interval", arguments: { seconds } },
      });
  };

  test.each<[list: string, column: string, make: () => unknown]>([
    ["energy/settlements?meterId=home-01", "readAt", takeThree],
    ["energy/cleared-slots?communityId=1", "id", clearThree],
    ["device/readings/home-01?", "timestamp", takeThree],
    ["device/history/home-01?span=15m", "start", () => takeThree().then(() => rollups.sumUp())],
    ["device/history/home-01?span=1d", "readings", rollThree],
    ["device/rejects/home-01?", "detail", refuseThree],
    ["device/commands/home-01?", "id", commandThrice],
    ["alerts?open=false", "id", raiseThree],
  ])("%s", async (list, column, make) => {
    await make();
    const path = `/api/v1/${list}`;
    const cookie = await signIn(operator);
    const whole = await ask(path, { cookie });
    const all = whole.body.items.map((item: Record<string, string>) => String(item[column]));
    expect([new Set(all).size, whole.body.next, whole.headers.get("link")]).toEqual([3, null, null]);
    // Three are a whole page and no more.
    expect((await ask(`${path}&limit=3`, { cookie })).body.next).toBeNull();

    for (const format of ["json", "csv"]) {
      const pages: string[][] = [];
      let next: string | undefined = new URL(`${path}&limit=2&format=${format}`, url).search;
      while (next !== undefined) {
        const { headers, body } = await ask(`${path.split("?")[0]}${next}`, { cookie });
        pages.push(
          format === "csv"
            ? columnOf(body, column)
            : body.items.map((item: Record<string, string>) => String(item[column])),
        );
        next = /^<(\?[^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
      }
      expect([format, ...pages]).toEqual([format, all.slice(0, 2), all.slice(2)]);
    }
  });

  /** What a table says in a column; none of the cells that are compared spans a line. */
  function columnOf(table: string, name: string): string[] {
    const [head, ...rows] = table
      .trimEnd()
      .split("\r\n")
      .map((line) =>
        [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
          ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
        ),
      );
    return rows.map((row) => row[head!.indexOf(name)]!);
  }
});

test("a span of time begins with its first moment and ends before its last, and is never empty", async () => {
  const end = windowEnd();
  for (const back of [2, 1, 0]) await take(end - back * 900, 10_000n + BigInt(2 - back));
  const at = (back: number) => encodeURIComponent(new Date((end - back * 900) * 1_000).toISOString());
  const cookie = await signIn(owner);
  rollups.sumUp();
  for (const [path, time] of [
    ["/api/v1/energy/settlements?limit=50", "timestamp"],
    ["/api/v1/device/history/home-01?span=15m", "start"],
  ] as const) {
    const ages = async (query: string) =>
      (await ask(`${path}${query}`, { cookie })).body.items.map(
        (item: Record<string, string>) => (end - Date.parse(item[time]!) / 1_000) / 900,
      );
    expect([path, await ages("")]).toEqual([path, [0, 1, 2]]);
    expect([path, await ages(`&from=${at(1)}`)]).toEqual([path, [0, 1]]);
    expect([path, await ages(`&to=${at(1)}`)]).toEqual([path, [2]]);
    expect([path, await ages(`&from=${at(2)}&to=${at(0)}`)]).toEqual([path, [1, 2]]);
    for (const query of [`&from=${at(1)}&to=${at(1)}`, `&from=${at(0)}&to=${at(1)}`])
      expect((await ask(`${path}${query}`, { cookie })).body.errors).toEqual([
        { field: "from", message: "must be earlier than to" },
      ]);
    // A plus that was not written as %2B.
    const inJakarta = new Date((end - 900 + 7 * 3_600) * 1_000).toISOString().replace(".000Z", "+07:00");
    expect([path, await ages(`&from=${inJakarta}`)]).toEqual([path, [0, 1]]);
    expect((await ask(`${path}&from=yesterday`, { cookie })).body.errors).toMatchObject([{ field: "from" }]);
  }
  const graphql = async (span: string) =>
    (await ask("/graphql", { body: { query: `{ settlements(${span}) { timestamp } }` } })).body;
  const [from, to] = [at(1), at(0)].map(decodeURIComponent);
  expect((await graphql(`from: "${from}", to: "${to}"`)).data.settlements).toEqual([{ timestamp: from }]);
  expect((await graphql(`from: "${to}", to: "${from}"`)).errors[0].message).toBe(
    "from must be earlier than to",
  );
});

test("what was told can be asked for again, by whoever may hear it", async () => {
  alerts.raise("offline", "home-01", "silent");
  for (const number of [1, 2, 2, 3])
    events.tell({
      key: `settled ${number}`,
      event: "settlement_completed",
      data: { meterId: "home-02", number },
    });
  const numbers = async (query: string, cookie?: string) => {
    const { items, next } = (await ask(`/api/v1/events?${query}`, cookie ? { cookie } : {})).body;
    return [
      items.map(({ event, data }: { event: string; data: object }) =>
        "number" in data ? data.number : event,
      ),
      next,
    ];
  };
  expect(await numbers("limit=10")).toEqual([[1, 2, 3], null]);
  expect(await numbers("limit=10", await signIn(owner))).toEqual([["device_offline", 1, 2, 3], null]);
  const [first, next] = await numbers("limit=2");
  expect(first).toEqual([1]);
  expect(await numbers(`limit=2&after=${next}`)).toEqual([[2, 3], null]);
  const { headers } = await ask("/api/v1/events?limit=2");
  expect(headers.get("link")).toBe(`<?limit=2&after=${next}>; rel="next"`);
  expect((await ask("/api/v1/events?after=x")).body.errors).toMatchObject([{ field: "after" }]);
});

test("the stream tells what was missed, then what happens, each once, to whoever may hear it", async () => {
  const tell = (number: number) =>
    events.tell({
      key: `streamed ${number}`,
      event: "settlement_completed",
      data: { meterId: "home-02", number },
    });
  const told: unknown[] = [];
  const listenTo = async (query: string, count: number, headers: Record<string, string> = {}) => {
    const heard: Told[] = [];
    for await (const one of follow(`${url}/api/v1/stream?${query}`, { headers })) {
      heard.push(one);
      told.push(one);
      if (heard.length === count) break;
    }
    return heard;
  };
  const numbers = (heard: Told[]) =>
    heard.map(({ event, data }) => (data as { number?: number }).number ?? event);

  alerts.raise("offline", "home-01", "silent");
  for (const number of [1, 2]) tell(number);
  const missed = listenTo("after=0", 4);
  await vi.waitFor(() => expect(told).toHaveLength(3));
  tell(3);
  expect(numbers(await missed)).toEqual([1, 2, "ready", 3]);
  const [first] = await missed;
  expect(numbers(await listenTo(`topics=settlement_completed&after=${first!.id}`, 3))).toEqual([
    2,
    3,
    "ready",
  ]);
  expect(numbers(await listenTo("", 1))).toEqual(["ready"]);
  // Of another node, or of this one before it lost its store.
  expect(numbers(await listenTo("after=999999", 4))).toEqual([1, 2, 3, "ready"]);
  expect(numbers(await listenTo("topics=order_matched&after=0", 1))).toEqual(["ready"]);
  const own = await listenTo("after=0", 5, { cookie: await signIn(owner) });
  expect(numbers(own)).toEqual(["device_offline", 1, 2, 3, "ready"]);

  const wrong = async (query: string) => (await ask(`/api/v1/stream?${query}`)).body.errors;
  expect(await wrong("topics=alert_raised")).toMatchObject([{ field: "topics" }]);
  expect(await wrong("after=x")).toMatchObject([{ field: "after" }]);
});

test("who asks too often is told when to ask again", async () => {
  const answers = [];
  for (let index = 0; index < 21; index++) answers.push(await ask("/api/v1/auth/nonce"));
  expect(answers.map(({ status }) => status)).toEqual([...Array(20).fill(200), 429]);
  expect(Number(answers.at(-1)!.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask("/health")).status).toBe(200);
  expect((await ask("/api/v1/energy/settlements")).status).toBe(200);
});

test("a proxy's word on who asks counts only where it is trusted", async () => {
  const statuses = async (count: number, ...forwarded: string[]) => {
    const headers = { "x-forwarded-for": forwarded.join(", ") };
    const all = [];
    for (let index = 0; index < count; index++)
      all.push((await ask("/api/v1/auth/nonce", { headers })).status);
    return [...new Set(all)];
  };
  expect(await statuses(20, "10.0.0.1")).toEqual([200]);
  expect(await statuses(1, "10.0.0.2")).toEqual([429]);
  server.stop();
  await start({ trustedProxies: ["127.0.0.1"] });
  expect(await statuses(20, "10.0.0.1")).toEqual([200]);
  expect(await statuses(1, "10.0.0.1")).toEqual([429]);
  // What the client itself wrote before does not help.
  expect(await statuses(1, "10.0.0.9", "10.0.0.1")).toEqual([429]);
  expect(await statuses(1, "10.0.0.2")).toEqual([200]);
});

describe("GraphQL", () => {
  const query = async (text: string, cookie?: string, variables?: object) =>
    (await ask("/graphql", { body: { query: text, variables }, ...(cookie ? { cookie } : {}) })).body;

  test("answers devices, readings, settlements and commands to those who may see them", async () => {
    await take(windowEnd(), 10_000n);
    const everything = `{ me device(meterId: "home-01") { access state lastReading { exportKwh } settlements { status } }
      readings(meterId: "home-01") { sequence } commands(meterId: "home-01") { id } settlements { meterId } }`;
    const cookie = await signIn(owner);
    expect(await query(everything, cookie)).toMatchObject({
      data: {
        me: owner.address,
        device: { access: "full", lastReading: { exportKwh: "10" }, settlements: [{ status: "pending" }] },
        readings: [{ sequence: String(windowEnd()) }],
        settlements: [{ meterId: "home-01" }],
      },
    });
    // What is refused takes nothing else along.
    const half = await query('{ me readings(meterId: "home-01") { id } settlements { meterId } }');
    expect(half).toMatchObject({
      data: { me: null, readings: null, settlements: [{ meterId: "home-01" }] },
      errors: [{ path: ["readings"], extensions: { code: "UNAUTHENTICATED" } }],
    });
    const codes = async (cookie?: string) =>
      (await query('{ readings(meterId: "home-01") { id } }', cookie)).errors[0].extensions.code;
    expect(await codes()).toBe("UNAUTHENTICATED");
    expect(await codes(await signIn(stranger))).toBe("FORBIDDEN");
    const own = await query("{ devices(mine: true) { meterId } }", cookie);
    expect(own.data.devices).toEqual([{ meterId: "home-01" }]);
    expect((await query("{ alerts { id } }")).errors[0].extensions.code).toBe("UNAUTHENTICATED");
  });

  test.each([
    ["what costs too much", "{ devices(limit: 200) { settlements(limit: 200) { id } } }", "lower a limit"],
    [
      "what costs too much by a variable",
      "query ($n: Int!) { devices(limit: $n) { settlements(limit: $n) { id } } }",
      "lower a limit",
    ],
    [
      "too many aliases",
      `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: me`).join(" ")} }`,
      "Aliases limit",
    ],
    ["too many tokens", `{ ${"me ".repeat(1_001)} }`, "1000 tokens"],
    ["a page that is too large", "{ settlements(limit: 201) { id } }", "limit must be 1 to 200"],
    ["a meter without a name", '{ settlements(meterId: "") { id } }', "meterId must be a meter's serial"],
    [
      "to hear of one",
      'subscription { settlementStarted(meterId: "") { meterId } }',
      "meterId must be a meter's serial",
    ],
    [
      "a community that cannot be",
      "{ clearedSlots(communityId: 0) { id } }",
      "communityId must be 1 to 4294967295",
    ],
    ["a place in no list", '{ settlements(before: "x") { id } }', "before must be the `id` of a row"],
    ["batches", [{ query: "{ me }" }, { query: "{ me }" }], "Batching is not supported"],
  ])("refuses %s", async (_, text, message) => {
    const body = typeof text === "string" ? { query: text, variables: { n: 200 } } : text;
    expect(JSON.stringify((await ask("/graphql", { body })).body.errors)).toContain(message);
  });

  test("shows its page and its schema to developers only", async () => {
    const html = { headers: { accept: "text/html" } };
    const page = await ask("/graphql", html);
    expect(page.status).toBe(200);
    expect(page.body).not.toMatch(/(?:src|href)="https?:/);
    expect((await query("{ __schema { queryType { name } } }")).data).toBeDefined();
    server.stop();
    await start({ production: true });
    expect((await ask("/graphql", html)).body).not.toContain("<html");
    expect((await query("{ __schema { queryType { name } } }")).errors[0].message).toContain("introspection");
  });

  /** What a subscription tells, as it comes. Resolves when the server listens for it. */
  function listen(subscription: string, cookie?: string): Promise<unknown[]> {
    const told: unknown[] = [];
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", accept: "text/event-stream" };
      const options = { method: "POST", headers: { ...headers, ...(cookie ? { cookie } : {}) } };
      const posted = request(`${url}/graphql`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("error", () => {});
        response.on("data", (chunk: string) => {
          const parts = (text + chunk).split("\n\n");
          text = parts.pop()!;
          for (const part of parts) {
            const data = part.split("\n").find((line) => line.startsWith("data: {"));
            if (data) told.push(JSON.parse(data.slice(6)).data);
          }
        });
        resolve(told);
      });
      posted.on("error", reject);
      posted.end(JSON.stringify({ query: `subscription { ${subscription} }` }));
    });
  }

  test("takes so many subscriptions of one client, by /ws and GraphQL together, and says so beyond that", async () => {
    const sockets = Array.from(
      { length: MOST_OF_ONE - 1 },
      () => new WebSocket(`${url.replace("http", "ws")}/ws`),
    );
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.addEventListener("open", resolve))),
    );
    await listen("settlementStarted { meterId }");
    const body = { query: "subscription { settlementStarted { meterId } }" };
    const headers = { accept: "text/event-stream" };
    await vi.waitFor(async () => {
      const refused = await ask("/graphql", { headers, body });
      expect([refused.status, JSON.stringify(refused.body)]).toEqual([
        429,
        expect.stringContaining(`a client may have ${MOST_OF_ONE} subscriptions at once`),
      ]);
    });
    const open = () => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
      const told: string[] = [];
      socket.onmessage = ({ data }) => told.push(JSON.parse(String(data)).event);
      return {
        socket,
        told,
        closed: new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve)),
      };
    };
    expect(await open().closed).toMatchObject({ code: 1013, reason: expect.stringContaining("at once") });
    // Somebody else is not affected, and whoever ends one may begin another.
    await listen("settlementStarted { meterId }", await signIn(owner));
    sockets[0]!.close();
    await vi.waitFor(async () => {
      const next = open();
      await new Promise((resolve) => next.socket.addEventListener("open", resolve));
      events.emit("settlement_started", { meterId: "home-01" });
      await vi.waitFor(() => expect(next.told).toEqual(["settlement_started"]), { timeout: 100 });
      next.socket.close();
    });
    for (const socket of sockets) socket.close();
  });

  test("tells subscribers what happens, each what they may hear", async () => {
    const cookie = await signIn(owner);
    const [mine, others, completed, acknowledged] = await Promise.all([
      listen("deviceOffline { meterId }", cookie),
      listen("deviceOffline { meterId }", await signIn(stranger)),
      listen('settlementCompleted(meterId: "home-01") { meterId state }'),
      listen("commandAcknowledged { id status }", cookie),
    ]);
    const status = { bootId: "", uptime: 0, firmware: "", tamper: [] };
    presence.status("home-01", { state: "offline", ...status });
    presence.status("home-02", { state: "offline", ...status });
    for (const meterId of ["home-02", "home-01"])
      events.emit("settlement_completed", { settlementId: "1", meterId, state: "settled" });
    const { body } = await ask("/api/v1/device/command/home-01", { cookie, body: { name: "display-reset" } });
    commands.acknowledged("home-01", { id: body.id, state: "done", reason: "", timestamp: 1 });
    await vi.waitFor(() => {
      expect(mine).toEqual([{ deviceOffline: { meterId: "home-01" } }]);
      expect(completed).toEqual([{ settlementCompleted: { meterId: "home-01", state: "settled" } }]);
      expect(acknowledged).toEqual([{ commandAcknowledged: { id: body.id, status: "done" } }]);
    });
    expect(others).toEqual([{ deviceOffline: { meterId: "home-02" } }]);
  });

  test("says at once to who may not hear of something why, and leaves nobody waiting", async () => {
    const refusal = async (subscription: string, cookie?: string) => {
      const { body } = await ask("/graphql", {
        headers: { accept: "text/event-stream" },
        body: { query: `subscription { ${subscription} }` },
        ...(cookie ? { cookie } : {}),
      });
      const data = String(body)
        .split("\n")
        .find((line) => line.startsWith("data: {"));
      const { errors } = data ? JSON.parse(data.slice(6)) : body;
      return errors[0].extensions.code;
    };
    const private_ = [
      "alertRaised { id }",
      "alertEnded { id }",
      "deviceOffline { meterId }",
      "commandAcknowledged { id }",
      'deviceOffline(meterId: "home-01") { meterId }',
      'commandAcknowledged(meterId: "home-01") { id }',
    ];
    for (const one of private_) expect([one, await refusal(one)]).toEqual([one, "UNAUTHENTICATED"]);
    const cookie = await signIn(stranger);
    for (const one of private_.slice(4))
      expect([one, await refusal(one, cookie)]).toEqual([one, "FORBIDDEN"]);
    expect(await refusal('settlementStarted(meterId: "nobody") { meterId }')).toBe("NOT_FOUND");
    // Where everybody sees what meters say, alerts are still told to those who can do something about them.
    server.stop();
    await start({ openReadings: true });
    for (const one of private_.slice(0, 2))
      expect([one, await refusal(one)]).toEqual([one, "UNAUTHENTICATED"]);
    const [offline, mine, others] = await Promise.all([
      listen("deviceOffline { meterId }"),
      listen("alertRaised { meterId }", await signIn(owner)),
      listen("alertRaised { meterId }", await signIn(stranger)),
    ]);
    presence.status("home-01", { state: "offline", bootId: "", uptime: 0, firmware: "", tamper: [] });
    events.emit("alert_raised", { meterId: "home-01" });
    events.emit("alert_raised", { meterId: "home-02" });
    await vi.waitFor(() => {
      expect(offline).toEqual([{ deviceOffline: { meterId: "home-01" } }]);
      expect(mine).toContainEqual({ alertRaised: { meterId: "home-01" } });
      expect(others).toEqual([{ alertRaised: { meterId: "home-02" } }]);
    });
    expect(JSON.stringify(mine)).not.toContain("home-02");
  });
});

test("the socket keeps to the first version's five names, and to what its listener may hear", async () => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const told: string[] = [];
  socket.onmessage = ({ data }) => told.push(JSON.parse(String(data)).event);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  events.emit("device_offline", { meterId: "home-01" });
  events.emit("alert_raised", { meterId: null });
  events.emit("command_concluded", { meterId: "home-01" });
  for (const event of [
    "settlement_started",
    "settlement_completed",
    "order_matched",
    "transaction_success",
  ] as const)
    events.emit(event, { meterId: "home-01" });
  await vi.waitFor(() =>
    expect(told).toEqual([
      "settlement_started",
      "settlement_completed",
      "order_matched",
      "transaction_success",
    ]),
  );
  socket.close();
});

test("cleared slots are listed newest first, in pages, of one community or all", async () => {
  const insert = database.prepare(
    "INSERT INTO cleared_slots VALUES (?, ?, 1345000, ?, 500, 720, 4, 3, '0xab', 7, 0)",
  );
  for (const [community, end, sharedWh] of [
    [1, 900, 0],
    [1, 1_800, 360],
    [2, 1_800, 360],
  ])
    insert.run(community, end, sharedWh);
  const path = "/api/v1/energy/cleared-slots";
  const { body } = await ask(`${path}?limit=2`);
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["2-1800", "1-1800"]);
  expect(body.items[0]).toEqual({
    id: "2-1800",
    communityId: 2,
    slotEnd: "1970-01-01T00:30:00.000Z",
    pricePerKwh: "1345",
    sharedKwh: "0.36",
    surplusKwh: "0.5",
    needKwh: "0.72",
    members: 4,
    present: 3,
    transactionHash: "0xab",
    blockNumber: "7",
    final: false,
  });
  const rest = (await ask(`${path}?limit=2&before=${body.next}`)).body;
  expect(rest).toMatchObject({ items: [{ id: "1-900", pricePerKwh: null }], next: null });
  const only = await ask(`${path}?communityId=1&from=1970-01-01T00:30:00Z`);
  expect(only.body.items.map(({ id }: { id: string }) => id)).toEqual(["1-1800"]);
  // A place among another community's slots, or another meter's settlements, is none here.
  for (const list of [
    `${path}?communityId=1&before=2-1800`,
    "/api/v1/energy/settlements?meterId=home-01&before=home-02-1-900",
  ])
    expect([list, (await ask(list)).body.errors]).toEqual([
      list,
      [{ field: "before", message: "must be the `next` of an answer of this list" }],
    ]);
  expect((await ask(`${path}?communityId=1&before=1-1800`)).body.items).toMatchObject([{ id: "1-900" }]);
  expect((await ask(`${path}?before=1`)).body.errors).toEqual([
    { field: "before", message: "must be an answer's `next`" },
  ]);
  const query = "{ clearedSlots(limit: 2) { id pricePerKwh } }";
  const answer = await ask("/graphql", { body: { query } });
  expect(answer.body.data.clearedSlots).toEqual([
    { id: "2-1800", pricePerKwh: "1345" },
    { id: "1-1800", pricePerKwh: "1345" },
  ]);
});

test("a meter that shares slots says so, and until when the latest one waits for it", async () => {
  expect((await ask("/api/v1/device/status/home-01")).body.slot).toBeNull();
  const before = Math.floor(Date.now() / 900_000) * 900_000;
  const { slot } = (await ask("/api/v1/device/status/home-02")).body;
  const end = Date.parse(slot.end);
  expect([before, Math.floor(Date.now() / 900_000) * 900_000]).toContain(end);
  expect(slot).toEqual({
    communityId: 3,
    seconds: 900,
    end: new Date(end).toISOString(),
    readUntil: new Date(end + 120_000).toISOString(),
    waitedUntil: new Date(end + 600_000).toISOString(),
  });
});

test("a proof is given to who may see what the meter says, and what stands in roots alone to nobody else", async () => {
  const windowEnd = 1_800_000_000;
  const path = "/api/v1/energy/proof/home-01";
  const cookie = await signIn(owner);
  expect((await ask(path)).status).toBe(401);
  expect((await ask(path, { cookie: await signIn(stranger) })).status).toBe(403);
  expect(await ask(path, { cookie })).toMatchObject({
    status: 404,
    body: { title: "No proof", detail: "home-01 is in no root: none was committed" },
  });
  const roots = makeRoots({
    ...{ database, committee: domain.registry, kept: 1, metrics: makeMetrics(), log },
  });
  const items = ["home-01", "home-02"].map((serial) => ({
    windowEnd,
    reading: {
      ...{ serial, epoch: 1, sequence: 9n, timestamp: windowEnd - 60 },
      ...{ exportWh: 1_200n, importWh: 300n, storedWh: 0n, signature: Buffer.alloc(64) },
    },
  }));
  const { root } = treeOf(items);
  roots.sign(windowEnd, root, items);
  database.prepare("INSERT INTO committed_roots VALUES (?, ?, 1, '0xab', 7, 1)").run(windowEnd, root);
  const { status, body } = await ask(path, { cookie });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ meterId: "home-01", windowEnd: "2027-01-15T08:00:00.000Z", windowEndSeconds: windowEnd, root },
    ...{ reports: 2, transactionHash: "0xab", final: true, settled: false },
    report: { exportWh: "1200", importWh: "300", timestamp: windowEnd - 60 },
  });
  expect(rootFrom(body.leaf, body.proof)).toBe(root);
  const at = (time: string) => ask(`${path}?windowEnd=${time}`, { cookie });
  expect((await at("2027-01-15T08:00:00Z")).body.root).toBe(root);
  expect((await at("2027-01-15T08:15:00Z")).body.detail).toContain("no root was committed for the window");
  // A root of others, of which this node does not know the reports.
  database.prepare("INSERT INTO committed_roots VALUES (?, '0x12', 1, '0xcd', 8, 0)").run(windowEnd + 900);
  expect((await at("2027-01-15T08:15:00Z")).body.detail).toContain("at other nodes");
  expect((await at("yesterday")).status).toBe(400);
  database
    .prepare("INSERT INTO chain_settlements VALUES ('home-01', 1, ?, 900, 0, '0xef', 9, 0, 1200, 300, 0)")
    .run(windowEnd);
  expect((await ask(path, { cookie })).body.settled).toBe(true);
});
