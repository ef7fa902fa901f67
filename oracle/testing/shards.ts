/** Three members with two processes each, of two shards, on one chain and one broker: each meter is one process's, at every member. */
import { join } from "node:path";
import { isOf, readShard, type Shard, shardText } from "@enerlink/protocol/wire/shard";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const MEMBERS = 3;
const HOUR = 3_600;
const settings = { TAKEOVER_AFTER: "1000", SETTLEMENT_LINGER: "500" };

export function shards() {
  const start = Math.floor(Date.now() / 3_600_000) * HOUR - 30 * HOUR;
  let system: TestSystem;
  let replay: Replay;

  /** The process of a member for a shard: those of the first shard are the first nodes. */
  const nodeOf = (member: number, { number }: Shard) => (number - 1) * MEMBERS + member;
  const begin = (member: number, shard: Shard, extra = {}) =>
    system.startOracle({ ...settings, SHARD: shardText(shard), ...extra }, nodeOf(member, shard));
  const all = (count: number) =>
    Array.from({ length: MEMBERS * count }, (_, index) => ({
      member: index % MEMBERS,
      shard: { number: Math.floor(index / MEMBERS) + 1, count },
    }));
  const storeOf = (node: number) => join(system.folder, `oracle-${node}`, "oracle.sqlite");
  function read<T>(node: number, sql: string): T[] {
    const database = new Sqlite(storeOf(node), { readonly: true });
    try {
      return database.prepare(sql).pluck().all() as T[];
    } finally {
      database.close();
    }
  }
  /** Every meter that a process has anything of is of its shard. */
  function checkStores(count: number): void {
    for (const { member, shard } of all(count)) {
      const own = system.serials.filter((serial) => isOf(serial, shard)).sort();
      for (const table of ["readings", "signed_reports", "settlements"]) {
        const found = read<string>(
          nodeOf(member, shard),
          `SELECT DISTINCT serial FROM ${table} ORDER BY serial`,
        );
        expect([shardText(shard), table, found]).toEqual([shardText(shard), table, own]);
      }
    }
  }

  beforeAll(async () => {
    system = await startTestSystem(start - HOUR, { nodes: MEMBERS, processes: 4 });
    await Promise.all(all(2).map(({ member, shard }) => begin(member, shard)));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    await replay.hour();
    await replay.settled();
  }, 180_000);
  afterAll(() => system?.stop(), 30_000);

  test("each process takes in, signs and settles the meters of its shard, and no other", {
    timeout: 60_000,
  }, async () => {
    for (let hour = 0; hour < 2; hour++) {
      await replay.hour();
      await replay.settled();
    }
    await checkLaw(system, replay);
    await vi.waitFor(() => checkStores(2), { timeout: 5_000 });
    expect(system.output()).not.toContain("does not know all that was signed");
  });

  test("one process of a member is killed: its shard goes on by the others, and it comes back", {
    timeout: 60_000,
  }, async () => {
    const [victim] = all(2);
    await system.stopOracle("SIGKILL", nodeOf(victim!.member, victim!.shard));
    await replay.hour();
    await replay.settled();
    await begin(victim!.member, victim!.shard);
    await replay.hour();
    await replay.settled();
    await checkLaw(system, replay);
    await vi.waitFor(() => checkStores(2), { timeout: 5_000 });
    expect(system.output()).not.toContain("does not know all that was signed");
  });

  test("with another SHARD its store is refused, and with a store of its own it signs nothing beside the one that is there", {
    timeout: 60_000,
  }, async () => {
    const shard = readShard("1/2")!;
    await system.stopOracle("SIGTERM", nodeOf(0, shard));
    for (const wrong of ["2/2", "1/4", "1/1"])
      await expect(system.startOracle({ ...settings, SHARD: wrong }, nodeOf(0, shard))).rejects.toThrow(
        `SHARD: ${wrong} is set, but the store`,
      );
    await begin(0, shard);
    // A node beyond the members': the second's key, once more, as though there were no shards.
    const stray = 2 * MEMBERS + 1;
    await system.startOracle({ ...settings, SHARD: "1/1" }, stray);
    const reasons = async (node: number): Promise<string[]> => {
      const { reasons } = (await (await fetch(`${system.urlOf(node)}/ready`)).json()) as {
        reasons: string[];
      };
      return reasons;
    };
    const rival = (shard: string) => expect.stringContaining(`runs as ${shard}, and this one as`);
    await vi.waitFor(
      async () => {
        expect(await reasons(stray)).toContainEqual(rival("2/2"));
        for (const number of [1, 2])
          expect(await reasons(nodeOf(1, { number, count: 2 }))).toContainEqual(rival("1/1"));
      },
      { timeout: 15_000, interval: 200 },
    );
    // The other two members are a quorum.
    await replay.hour();
    await replay.settled();
    expect(read(stray, "SELECT serial FROM signed_reports")).toEqual([]);
    await system.stopOracle("SIGTERM", stray);
    await vi.waitFor(
      async () => {
        for (const number of [1, 2]) expect(await reasons(nodeOf(1, { number, count: 2 }))).toEqual([]);
      },
      { timeout: 15_000, interval: 200 },
    );
    await replay.hour();
    await replay.settled();
    await checkLaw(system, replay);
  });
}
