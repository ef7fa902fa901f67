/** Every fault that the doctor looks for, put into what a healthy part says: it is found, and nothing else is. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textOf as indexText, type Standing } from "../../indexer/src/api/standing.ts";
import { type Metrics, makeMetrics } from "../../oracle/src/metrics.ts";
import { VERSION } from "../../oracle/src/version.ts";
import { lasts } from "./certificate.ts";
import { type ChainSeen, chainChecks } from "./chain.ts";
import { type DoorSeen, doorChecks } from "./doors.ts";
import { indexChecks } from "./energy-index.ts";
import { readFigures } from "./figures.ts";
import { type Check, examine, isWell, type State, textOf } from "./finding.ts";
import { type FolderSeen, folderChecks } from "./folder.ts";
import { type NodeSeen, nodeChecks } from "./node.ts";
import { seeSettings, settingsChecks } from "./settings.ts";

const DAY = 86_400;
const now = 1_795_000_000;
type Expected = [State, check: string, found: RegExp];

/** What is not good, which has to say what to do. */
function faultsOf<Seen>(checks: readonly Check<Seen>[], seen: Seen) {
  const findings = examine("it", checks, seen);
  for (const { state, todo } of findings)
    expect(todo === undefined, `${state}: ${todo}`).toBe(state === "good");
  return findings.filter(({ state }) => state !== "good");
}

function finds<Seen>(checks: readonly Check<Seen>[], seen: Seen, [state, check, found]: Expected): void {
  const faults = faultsOf(checks, seen);
  expect(faults).toMatchObject([{ state, check, found: expect.stringMatching(found) }]);
  expect(isWell(faults)).toBe(state === "behind");
}

/** What a node of three members shows when all is well, but for what `plant` does. */
async function nodeWith(
  plant: (metrics: Metrics) => void,
  more: Partial<NodeSeen> = {},
  reasons: string[] = [],
) {
  const metrics = makeMetrics();
  metrics.brokerConnected.set(1);
  metrics.membersThere.set(3);
  metrics.balance.set({ account: "submitter" }, 1);
  metrics.lastBackup.set(now - DAY);
  metrics.diskFree.set(50e9);
  plant(metrics);
  const answer = { reasons, figures: readFigures(await metrics.text()) };
  const committee = { members: 3, quorum: 2 };
  return { answer, failure: "", version: VERSION, committee, now, ...more } satisfies NodeSeen;
}

test("of a node that is well there is nothing to be done", async () => {
  expect(faultsOf(nodeChecks, await nodeWith(() => {}))).toEqual([]);
});

test.each<[Expected, (metrics: Metrics) => void]>([
  [["unsafe", "chain", /took back/], ({ halted }) => halted.set(1)],
  [["missing", "broker", /not connected/], ({ brokerConnected }) => brokerConnected.set(0)],
  [["behind", "committee", /2 of 3 members there/], ({ membersThere }) => membersThere.set(2)],
  [
    ["missing", "committee", /1 of 3 members there, 2 have to sign/],
    ({ membersThere }) => membersThere.set(1),
  ],
  [["unsafe", "clock", /600 s behind/], ({ clockOffset }) => clockOffset.set(600)],
  [["unsafe", "clock", /600 s ahead/], ({ clockOffset }) => clockOffset.set(-600)],
  [["behind", "ether", /relay 0.01 ether/], ({ balance }) => balance.set({ account: "relay" }, 0.01)],
  [["missing", "ether", /submitter 0 ether/], ({ balance }) => balance.set({ account: "submitter" }, 0)],
  [["missing", "copies", /no copy/], ({ lastBackup }) => lastBackup.set(0)],
  [["behind", "copies", /3 d old/], ({ lastBackup }) => lastBackup.set(now - 3 * DAY)],
  [["unsafe", "disk", /0.5 GB/], ({ diskFree }) => diskFree.set(5e8)],
  [["behind", "signs", /nothing of windows/], ({ signsFrom }) => signsFrom.set(now + 600)],
  [["behind", "slots", /2 could/], ({ slotsOverdue }) => slotsOverdue.set(2)],
  [["behind", "alerts", /3 held/], ({ alertsOpen }) => alertsOpen.set({ kind: "held" }, 3)],
])("%j is found in a node's figures", async (expected, plant) => {
  finds(nodeChecks, await nodeWith(plant), expected);
});

test("a node that is silent, not ready, old, or another program is found", async () => {
  const silent = { answer: undefined, failure: "http://node/ready: no answer" };
  finds(nodeChecks, await nodeWith(() => {}, silent), ["missing", "answers", /no answer/]);
  const waiting = await nodeWith(() => {}, {}, ["the chain brings no new block"]);
  finds(nodeChecks, waiting, ["missing", "ready", /no new block/]);
  const newer = await nodeWith(() => {}, { version: "9.9.9" });
  finds(nodeChecks, newer, ["behind", "version", /9\.9\.9/]);
  const another = { answer: { reasons: [], figures: readFigures("up 1\n") } };
  const faults = faultsOf(nodeChecks, await nodeWith(() => {}, another));
  expect(faults.map(({ check }) => check)).toContain("broker");
  expect(isWell(faults)).toBe(false);
});

const standing: Standing = {
  stored: { value: { block: 90n, time: BigInt(now - 5), complete: true } },
  head: { value: 91n },
  now,
};
const indexSeen = (more: Partial<Standing>) => ({
  figures: readFigures(indexText({ ...standing, ...more })),
  failure: "",
});
test.each<[Expected | undefined, Partial<Standing>]>([
  [undefined, {}],
  [["behind", "behind", /1 blocks, 10 min/], { now: now + 595 }],
  [["behind", "behind", /history/], { stored: { value: { ...standing.stored.value!, complete: false } } }],
  [["missing", "chain", /does not answer/], { head: { failure: "gone" } }],
])("%j is found at the index", (expected, more) => {
  if (expected) finds(indexChecks, indexSeen(more), expected);
  else expect(faultsOf(indexChecks, indexSeen(more))).toEqual([]);
});

test("an index without a database, or none at all, is found", () => {
  const faults = faultsOf(indexChecks, indexSeen({ stored: { failure: "refused" } }));
  expect(faults[0]).toMatchObject({ state: "missing", check: "database" });
  finds(indexChecks, { figures: undefined, failure: "no answer" }, ["missing", "answers", /no answer/]);
});

const deployed: NonNullable<ChainSeen["deployed"]> = {
  head: now - 2,
  chainId: 7_100,
  empty: [],
  members: ["0x01", "0x02", "0x03"],
  quorum: 2,
  settles: true,
  paused: [],
};
const chainNode = { url: "https://node.example/secret", chainId: 7_100, block: 1n };
const healthyChain: ChainSeen = { nodes: [chainNode], expected: 7_100, deployed, failure: "", now };
const silentNode = { url: "https://other.example/secret", chainId: undefined, block: undefined };
test.each<[Expected | undefined, Partial<ChainSeen>]>([
  [undefined, {}],
  [["missing", "nodes", /^other\.example: no answer/], { nodes: [silentNode], deployed: undefined }],
  [["behind", "nodes", /1 of 2 answer, not other\.example$/], { nodes: [chainNode, silentNode] }],
  [["unsafe", "one chain", /7100, 1$/], { nodes: [chainNode, { ...chainNode, chainId: 1 }] }],
  [["missing", "deployment", /not recorded/], { deployed: undefined, failure: "not recorded" }],
  [["missing", "deployment", /energyMarket/], { deployed: { ...deployed, empty: ["energyMarket"] } }],
  [["behind", "newest block", /10 min old/], { deployed: { ...deployed, head: now - 600 } }],
  [["unsafe", "committee", /1 of 3/], { deployed: { ...deployed, quorum: 1 } }],
  [["behind", "committee", /3 of 3/], { deployed: { ...deployed, quorum: 3 } }],
  [["missing", "settlement", /no reporter/], { deployed: { ...deployed, settles: false } }],
  [["behind", "market", /board/], { deployed: { ...deployed, paused: ["board"] } }],
  [
    undefined,
    {
      expected: 31_337,
      nodes: [{ ...chainNode, chainId: 31_337 }],
      deployed: { ...deployed, chainId: 31_337, head: 0, quorum: 1 },
    },
  ],
])("%j is found of the chain", (expected, more) => {
  const seen = { ...healthyChain, ...more };
  if (expected) finds(chainChecks, seen, expected);
  else expect(faultsOf(chainChecks, seen)).toEqual([]);
});

const door: DoorSeen = {
  end: now + 300 * DAY,
  problem: undefined,
  web: { open: [], strict: true },
  now,
};
test.each<[Expected | undefined, Partial<DoorSeen>]>([
  [undefined, {}],
  [["missing", "answers", /refused/], { end: undefined, problem: "refused", web: undefined }],
  [["unsafe", "trusted", /self-signed/], { problem: "self-signed" }],
  [["behind", "certificate", /10 d/], { end: now + 10 * DAY }],
  [["missing", "certificate", /ended on/], { end: now - DAY }],
  [["unsafe", "inner paths", /\/metrics answered/], { web: { open: ["/metrics"], strict: true } }],
  [["behind", "browsers", /Strict-Transport/], { web: { open: [], strict: false } }],
])("%j is found at what strangers reach", (expected, more) => {
  const seen = { ...door, ...more };
  if (expected) finds(doorChecks, seen, expected);
  else expect(faultsOf(doorChecks, seen)).toEqual([]);
});

test("what lasts long enough is good", () => expect(lasts(now + 61 * DAY, now).state).toBe("good"));

const healthyFolder: FolderSeen = {
  open: [],
  hidden: [],
  authorityHere: false,
  deployed: true,
  configured: true,
  signers: ["0x01", "0x02"],
  members: ["0x01", "0x02"],
  copies: [{ member: "oracle-1", name: "oracle-2026.sqlite", problem: undefined }],
};
test.each<[Expected | undefined, Partial<FolderSeen>]>([
  [undefined, {}],
  [["unsafe", "rights", /signer\.json/], { open: ["member-1/signer.json"] }],
  [["missing", "rights", /passwords/], { hidden: ["broker/passwords"] }],
  [["behind", "authority", /ca\.key/], { authorityHere: true }],
  [["missing", "contracts", /none recorded/], { deployed: false }],
  [["missing", "contracts", /config\.json/], { configured: false }],
  [["missing", "keys", /1 of 2/], { signers: ["0x01", undefined] }],
  [["missing", "keys", /0x02: no member/], { members: ["0x01"] }],
  [
    ["missing", "copies", /oracle-1/],
    { copies: [{ member: "oracle-1", name: undefined, problem: undefined }] },
  ],
  [["unsafe", "copies", /damaged/], { copies: [{ member: "oracle-1", name: "x", problem: "x is damaged" }] }],
])("%j is found in an installation's folder", (expected, more) => {
  const seen = { ...healthyFolder, ...more };
  if (expected) finds(folderChecks, seen, expected);
  else expect(faultsOf(folderChecks, seen)).toEqual([]);
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "doctor-"));
  writeFileSync(join(folder, "password"), "a long enough password\n", { mode: 0o600 });
  for (const name of ["signer", "submitter"]) writeFileSync(join(folder, name), "{}", { mode: 0o600 });
  writeFileSync(join(folder, "open"), "{}", { mode: 0o644 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = () => ({
  NODE_ENV: "production",
  CHAIN_ID: "7100",
  RPC_URL: "https://node.example,https://other.example",
  MQTT_BROKER_URL: "mqtts://broker.example:8883",
  MQTT_USERNAME: "oracle-1",
  MQTT_PASSWORD: "of the broker",
  SIGNER_KEYSTORE: join(folder, "signer"),
  SIGNER_PASSWORD_FILE: join(folder, "password"),
  SUBMITTER_KEYSTORE: join(folder, "submitter"),
  SUBMITTER_PASSWORD_FILE: join(folder, "password"),
  BACKUP_DIR: join(folder, "not there yet"),
  FRONTEND_URL: "https://enerlink.example",
  PUBLIC_URL: "https://oracle.enerlink.example",
  TRUSTED_PROXIES: "10.0.0.0/8",
  ALERT_WEBHOOK_URL: "https://alerts.example",
  ALERT_WEBHOOK_SECRET: "a secret of the webhook",
});
const KEY = `0x${"11".repeat(32)}`;
test.each<[Expected | undefined, () => Record<string, string | undefined>]>([
  [undefined, () => ({})],
  [["missing", "readable", /PORT/], () => ({ PORT: "70000" })],
  [["unsafe", "readable", /mode 0644/], () => ({ SIGNER_PASSWORD_FILE: join(folder, "open") })],
  [["unsafe", "NODE_ENV", /not production/], () => ({ NODE_ENV: "development" })],
  [["unsafe", "keys", /SIGNER_KEY/], () => ({ SIGNER_KEYSTORE: undefined, SIGNER_KEY: KEY })],
  [["unsafe", "keys", /one key/], () => ({ SUBMITTER_KEYSTORE: join(folder, "signer") })],
  [["unsafe", "key files", /mode 0644/], () => ({ SIGNER_KEYSTORE: join(folder, "open") })],
  [["unsafe", "broker", /in the open/], () => ({ MQTT_BROKER_URL: "mqtt://broker.example" })],
  [["unsafe", "broker", /no user/], () => ({ MQTT_USERNAME: undefined })],
  [undefined, () => ({ MQTT_BROKER_URL: "mqtt://broker:1883" })],
  [["unsafe", "chain", /node\.example over http/], () => ({ RPC_URL: "http://node.example" })],
  [["behind", "chain", /one node/], () => ({ RPC_URL: "https://node.example" })],
  [["missing", "copies", /none/], () => ({ BACKUP_DIR: undefined })],
  [["behind", "copies", /own disk/], () => ({ BACKUP_DIR: folder, DATA_DIR: folder })],
  [["unsafe", "readings", /everybody/], () => ({ OPEN_READINGS: "true" })],
  [["missing", "address", /none/], () => ({ PUBLIC_URL: undefined })],
  [["behind", "pages", /localhost/], () => ({ FRONTEND_URL: undefined })],
  [["behind", "proxies", /none/], () => ({ TRUSTED_PROXIES: undefined })],
  [["behind", "webhook", /none/], () => ({ ALERT_WEBHOOK_URL: undefined })],
  // What is needed where money is real is nobody's concern on a development chain.
  [
    undefined,
    () => ({ CHAIN_ID: "31337", NODE_ENV: undefined, BACKUP_DIR: undefined, MQTT_USERNAME: undefined }),
  ],
])("%j is found in a node's settings", (expected, more) => {
  const file = join(folder, "oracle.env");
  const lines = Object.entries({ ...settings(), ...more() }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}\n`,
  );
  writeFileSync(file, lines.join(""));
  const seen = seeSettings(file, 7_100);
  if (expected) finds(settingsChecks, seen, expected);
  else expect(faultsOf(settingsChecks, seen)).toEqual([]);
  expect(JSON.stringify(examine(file, settingsChecks, seen))).not.toContain(KEY);
});

test("people read what to do below what was found, and counts at the end", () => {
  const { nodes } = healthyChain;
  const findings = examine("chain", chainChecks, { ...healthyChain, nodes: [...nodes, silentNode] });
  const lines = textOf(findings).split("\n");
  expect(lines[1]).toMatch(/^ {2}behind +nodes +1 of 2 answer, not other\.example$/);
  expect(lines[2]).toMatch(/^ +→ replace it in RPC_URL$/);
  expect(lines.at(-1)).toBe(`1 behind, ${findings.length - 1} good`);
});
