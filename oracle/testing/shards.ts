/** Three members with two processes each, of two shards, on one chain and one broker: each meter is one process's, at every member. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { halvesOf, isOf, readShard, type Shard, shardText } from "@enerlink/protocol/wire/shard";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { whole } from "../../test/whole.ts";
import { foundNeighbourhood, mining, type Neighbourhood } from "./neighbourhood.ts";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const MEMBERS = 3;
const HOUR = 3_600;
const settings = { TAKEOVER_AFTER: "1000", SETTLEMENT_LINGER: "500" };
/** The first is of the second shard of two, the others of the first. */
const neighbours = ["home-01", "home-02", "home-03"];

/** Every process that the members have, by its node's number: those of the first shard first. */
const all = (count: number) =>
  Array.from({ length: MEMBERS * count }, (_, node) => ({
    node,
    member: node % MEMBERS,
    shard: { number: Math.floor(node / MEMBERS) + 1, count },
  }));
const of = (member: number, count: number) => all(count).filter((one) => one.member === member);

/** Runs `pnpm enerlink`. @returns what it answered */
async function enerlink<T>(args: string[], environment: Record<string, string> = {}): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, ["cli/enerlink.ts", ...args, "--json"], {
    env: { ...process.env, ...environment },
  });
  return JSON.parse(stdout) as T;
}

export function shards() {
  const start = Math.floor(Date.now() / 3_600_000) * HOUR - 30 * HOUR;
  let system: TestSystem;
  let replay: Replay;
  let homes: Neighbourhood;

  const begin = ({ node, shard }: { node: number; shard: Shard }, extra: Record<string, string> = {}) =>
    system.startOracle({ ...settings, SHARD: shardText(shard), ...extra }, node);
  const folderOf = (node: number) => join(system.folder, `oracle-${node}`);
  function read<T>(folder: string, sql: string): T[] {
    const database = new Sqlite(join(folder, "oracle.sqlite"), { readonly: true });
    try {
      return database.prepare<[], T>(sql).pluck().all();
    } finally {
      database.close();
    }
  }
  /** Every meter that a process has anything of is of its shard. */
  function checkStores(): void {
    for (const { node, shard } of all(2)) {
      const own = system.serials.filter((serial) => isOf(serial, shard)).sort();
      for (const table of ["readings", "signed_reports", "settlements"]) {
        const found = read(folderOf(node), `SELECT DISTINCT serial FROM ${table} ORDER BY serial`);
        expect([node, table, found]).toEqual([node, table, own]);
      }
    }
  }
  /** Meters report, and their reports are settled and cleared. */
  async function hour(): Promise<void> {
    await replay.hour();
    await replay.settled();
    await replay.cleared(homes);
  }
  async function checkAll(): Promise<void> {
    await checkLaw(system, replay);
    await vi.waitFor(checkStores);
    expect(system.output()).not.toContain("does not know all that was signed");
  }
  async function reasons(node: number): Promise<string[]> {
    const answer = await fetch(`${system.urlOf(node)}/ready`);
    return ((await answer.json()) as { reasons: string[] }).reasons;
  }
  const signedBy = (folder: string) => read<number>(folder, "SELECT count(*) FROM signed_reports")[0];

  beforeAll(async () => {
    system = await startTestSystem(start - HOUR, { nodes: MEMBERS, processes: 4, broker: "mosquitto" });
    await Promise.all(all(2).map((one) => begin(one)));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    await replay.hour();
    await replay.settled();
    homes = await mining(system, () => foundNeighbourhood(system, neighbours));
  });
  afterAll(() => system?.stop());

  test("each process takes in, signs and settles the meters of its shard, and neighbours of both are cleared together", async () => {
    for (let hours = 0; hours < 2; hours++) await hour();
    await checkAll();
    // The baselines stand for a slot too, cleared while the last of them joins or after it.
    const slots = (await homes.cleared()).slice(-2);
    expect(slots.map(({ present }) => present)).toEqual([neighbours, neighbours]);
  });

  test.runIf(whole)(
    "one process of a member is killed: its shard goes on by the others, and it comes back",
    async () => {
      const [victim] = all(2);
      await system.stopOracle("SIGKILL", victim!.node);
      await hour();
      await begin(victim!);
      await hour();
      await checkAll();
    },
  );

  test("another shard's store is refused, and of two processes for the same meters neither signs", async () => {
    const [first] = all(2);
    await system.stopOracle("SIGTERM", first!.node);
    await expect(begin({ node: first!.node, shard: readShard("2/2")! })).rejects.toThrow(
      `SHARD: 2/2 is set, but the store ${folderOf(0)}/oracle.sqlite is that of 1/2`,
    );
    await begin(first!);
    // The second member's key once more, with a store of its own, as though there were no shards.
    const stray = { node: 3 * MEMBERS + 1, shard: readShard("1/1")! };
    const strayFolder = join(system.folder, "stray");
    await begin(stray, { DATA_DIR: strayFolder });
    const processes = of(1, 2);
    await vi.waitFor(
      async () => {
        const rival = (shard: string) => expect.stringContaining(`runs as ${shard}, and this one as`);
        expect(await reasons(stray.node)).toContainEqual(rival("1/2 and as 2/2"));
        for (const { node } of processes) expect(await reasons(node)).toContainEqual(rival("1/1"));
      },
      { interval: 200 },
    );
    const signed = processes.map(({ node }) => signedBy(folderOf(node)));
    // The other two members are a quorum.
    await hour();
    expect(processes.map(({ node }) => signedBy(folderOf(node)))).toEqual(signed);
    expect(signedBy(strayFolder)).toBe(0);
    if (!whole) return;
    await system.stopOracle("SIGTERM", stray.node);
    await vi.waitFor(
      async () => {
        for (const { node } of processes) expect(await reasons(node)).toEqual([]);
      },
      { interval: 200 },
    );
    await hour();
    await checkLaw(system, replay);
    await vi.waitFor(checkStores);
  });

  /** Twice as many processes of a member: the steps of docs/production.md. */
  async function grow(member: number): Promise<void> {
    const former = of(member, 2);
    for (const { node, shard } of former) {
      const { username, password } = system.userOf(node + 2 * MEMBERS);
      await enerlink(["store", "session"], {
        ...{ SHARD: shardText(halvesOf(shard)[1]), MQTT_USERNAME: username, MQTT_PASSWORD: password },
        MQTT_BROKER_URL: `mqtt://${new URL(system.brokerUrl).host}`,
      });
    }
    // What comes in from here on the broker keeps, for the new processes from before.
    await replay.hour();
    for (const { node } of former) await system.stopOracle("SIGTERM", node);
    await replay.hour();
    for (const { node, shard } of former) {
      const split = ["store", "split", folderOf(node), folderOf(node + 2 * MEMBERS)];
      expect(await enerlink(split)).toMatchObject({ shards: halvesOf(shard).map(shardText) });
    }
    await Promise.all(of(member, 4).map((one) => begin(one)));
  }

  /** Every reading that a meter sent is in the store of its process, once. */
  async function checkReadings(): Promise<void> {
    const sent = (await replay.log()).map(
      (line) => JSON.parse(line) as { serial: string; timestamp: number },
    );
    for (const { node, shard } of all(4))
      for (const serial of system.serials.filter((one) => isOf(one, shard))) {
        const times = sent.filter((one) => one.serial === serial).map(({ timestamp }) => timestamp);
        const query = `SELECT timestamp FROM readings WHERE serial = '${serial}' ORDER BY timestamp`;
        expect([node, serial, read(folderOf(node), query)]).toEqual([node, serial, times]);
      }
  }

  /** No two of a member's processes have signed different reports of one window. */
  function checkSigned(member: number): void {
    const query = "SELECT serial || ' ' || epoch || ' ' || window_end || ' ' || digest FROM signed_reports";
    const reports = new Set(of(member, 4).flatMap(({ node }) => read<string>(folderOf(node), query)));
    const windows = new Set([...reports].map((report) => report.slice(0, report.lastIndexOf(" "))));
    expect([member, reports.size]).toEqual([member, windows.size]);
  }

  test.runIf(whole)(
    "grows to four while meters report: no reading is missed, and nothing is signed twice",
    { timeout: 300_000 },
    async () => {
      for (let member = 0; member < MEMBERS; member++) {
        await grow(member);
        await hour();
      }
      await hour();
      await checkLaw(system, replay);
      await vi.waitFor(checkReadings);
      for (let member = 0; member < MEMBERS; member++) checkSigned(member);
    },
  );
}
