import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeEvents } from "../events/events.ts";
import { makeMetrics } from "../metrics.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { makeAlertLog, makeAlerts } from "./alerts.ts";
import { makeObstacles } from "./obstacles.ts";
import { makeWebhook, signatureOf } from "./webhook.ts";

const log = makeLog({ level: "error" });
let folder: string;
let database: Database;
let server: Server;
let received: { timestamp: string; signature: string; body: string }[];
let answer: number;
let time: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "alerts-"));
  database = openDatabase(folder, { chainId: 31_337, genesisHash: "0x01" }, makeLog({ level: "error" }));
  received = [];
  answer = 204;
  time = 1_000_000;
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const header = (name: string) => String(request.headers[name]);
      received.push({
        timestamp: header("x-enerlink-timestamp"),
        signature: header("x-enerlink-signature"),
        body,
      });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  database.close();
  rmSync(folder, { recursive: true });
});

function start() {
  const events = makeEvents({ database });
  const heard: string[] = [];
  events.subscribe(({ event, data }) => heard.push(`${event} ${data.kind} ${data.meterId}`));
  const now = () => time;
  const metrics = makeMetrics();
  const alerts = makeAlerts({ database, webhook: true, events, metrics, log, now });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  return {
    alerts,
    heard,
    metrics,
    webhook: makeWebhook({ database, url, secret: "s3cret", metrics, log: makeLog({ level: "error" }), now }),
  };
}

test("an alert is raised once while it lasts, over a restart as well", () => {
  const first = start();
  first.alerts.raise("offline", "home-01", "silent");
  first.alerts.raise("offline", "home-01", "still silent");
  const second = start();
  second.alerts.raise("offline", "home-01", "silent again");
  second.alerts.end("offline", "home-01");
  second.alerts.end("offline", "home-01");
  second.alerts.raise("offline", "home-01", "once more");
  expect(first.heard).toEqual(["alert_raised offline home-01"]);
  expect(second.heard).toEqual(["alert_ended offline home-01", "alert_raised offline home-01"]);
});

test("alerts are listed by meter, by whether they last, and in pages", () => {
  const { alerts } = start();
  alerts.raise("offline", "home-01", "a");
  alerts.raise("held", "home-02", "b");
  alerts.raise("backup", undefined, "c");
  alerts.end("offline", "home-01");
  const details = (serials: string[] | undefined, open = false, before = 100n, limit = 10) =>
    makeAlertLog(database)
      .page(serials, open, before, limit)
      .map(({ detail }) => detail);
  expect(details(undefined)).toEqual(["c", "b", "a"]);
  expect(details(undefined, true)).toEqual(["c", "b"]);
  expect(details(["home-01", "home-02"])).toEqual(["b", "a"]);
  expect(details([])).toEqual([]);
  expect(details(undefined, false, 3n, 1)).toEqual(["b"]);
});

test("the webhook hears of each alert and its end, signed, and again until it has answered well", async () => {
  const { alerts, webhook, metrics } = start();
  answer = 500;
  alerts.raise("offline", "home-01", "silent");
  await webhook.check();
  await webhook.check();
  expect(received).toHaveLength(1);
  expect(await metrics.text()).toContain("enerlink_webhook_failures_total 1\n");
  answer = 204;
  time += 2_000;
  await webhook.check();
  time += 100_000;
  await webhook.check();
  expect(received).toHaveLength(2);
  const { timestamp, signature, body } = received[1]!;
  expect(JSON.parse(body)).toMatchObject({ kind: "offline", meterId: "home-01", endedAt: null });
  expect(signature).toBe(signatureOf("s3cret", timestamp, body));
  expect(signature).not.toBe(signatureOf("another", timestamp, body));
  alerts.end("offline", "home-01");
  await webhook.check();
  expect(JSON.parse(received[2]!.body).endedAt).not.toBeNull();
});

test("what stops the node is said at once, and alerts when it lasts", () => {
  const reasons: Record<string, string | undefined> = {};
  const told: string[] = [];
  let time = 0;
  const reason = (kind: string) => () => reasons[kind];
  const obstacles = makeObstacles(
    {
      halted: reason("halted"),
      chain: reason("chain"),
      broker: reason("broker"),
      committee: reason("committee"),
      clock: reason("clock"),
      transactions: reason("transactions"),
    },
    {
      alerts: {
        raise: (kind, _, detail) => void told.push(`${kind}: ${detail}`),
        end: () => {},
      },
      now: () => time,
    },
  );
  reasons.chain = "the chain does not answer";
  reasons.halted = "a fork";
  obstacles.check();
  expect(obstacles.reasons()).toEqual(["a fork", "the chain does not answer"]);
  expect(told).toEqual(["halted: a fork"]);
  reasons.chain = undefined;
  time = 5_000;
  obstacles.check();
  reasons.chain = "the chain does not answer";
  for (time of [9_000, 18_999]) obstacles.check();
  expect(told.filter((one) => one.startsWith("chain"))).toEqual([]);
  time = 19_000;
  obstacles.check();
  expect(told.at(-1)).toBe("chain: the chain does not answer");
});
