/** Neighbours who share slots, settled and cleared by three nodes on a real chain, through a real broker. */
import { setTimeout as sleep } from "node:timers/promises";
import { oracleCommitteeAbi } from "@enerlink/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { foundNeighbourhood, type Neighbourhood } from "./neighbourhood.ts";
import { makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const HOUR = 3_600;

export function slots() {
  const start = Math.floor(Date.now() / 3_600_000) * HOUR - 60 * HOUR;
  const settings = { TAKEOVER_AFTER: "1000", SETTLEMENT_LINGER: "1000" };
  let system: TestSystem;
  let replay: Replay;
  let homes: Neighbourhood;

  const begin = (node: number) => system.startOracle(settings, node);

  /** Mines until the slot that ends at `slotEnd` is cleared. */
  async function cleared(slotEnd: number, seconds = 30): Promise<void> {
    const late = Date.now() + seconds * 1_000;
    while ((await homes.clearedTo()) < slotEnd) {
      if (Date.now() > late)
        throw new Error(`the slot at ${slotEnd} is not cleared:\n${system.output().slice(-6_000)}`);
      await replay.mine();
      await sleep(15);
    }
  }

  beforeAll(async () => {
    system = await startTestSystem(start - HOUR, { nodes: 3, homes: 4 });
    await Promise.all([0, 1, 2].map(begin));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    await replay.hour();
    await replay.settled();
    await system.chain.setAutomine(true);
    homes = await foundNeighbourhood(system, ["home-01", "home-02", "home-03"]);
    await system.chain.setAutomine(false);
  }, 120_000);
  afterAll(() => system?.stop(), 30_000);

  test("each slot is cleared in the transaction that settles it, once", { timeout: 120_000 }, async () => {
    for (let hour = 0; hour < 4; hour++) {
      await replay.hour();
      await replay.settled();
      await cleared(replay.time());
    }
    // The baselines stand at a slot's end as well: that one is cleared as soon as there are members.
    const all = (await homes.cleared()).filter(({ slotEnd }) => slotEnd > start);
    expect(all.map(({ slotEnd }) => slotEnd)).toEqual([1, 2, 3, 4].map((hour) => start + hour * HOUR));
    for (const { present, members } of all) expect([present.length, members]).toEqual([3, 3]);
    const batches = await system.chain.getContractEvents({
      address: system.deployment.contracts.oracleCommittee,
      abi: oracleCommitteeAbi,
      eventName: "BatchSubmitted",
      fromBlock: 0n,
    });
    const carrying = new Set(batches.map(({ transactionHash }) => transactionHash));
    expect(all.filter(({ hash }) => carrying.has(hash))).toEqual(all);
  });
}
