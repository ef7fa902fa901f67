/** A hundred meters whose window ends at once: the committee agrees on all of them in one batch, through a real broker. */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BrokerKind } from "./broker.ts";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const METERS = 100;
const NODES = [0, 1, 2];

export function hundredMeters(broker: BrokerKind) {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 4 * 3_600;
  let system: TestSystem;
  let replay: Replay;

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { nodes: 3, homes: METERS - 2, broker });
    // Whoever leads waits for all of them, unless somebody is slow.
    const settings = { SETTLEMENT_LINGER: "5000", TAKEOVER_AFTER: "20000" };
    await Promise.all(NODES.map((node) => system.startOracle(settings, node)));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
  });
  afterAll(() => system?.stop());

  test("is settled in one batch of a hundred, and no node is thrown out", async () => {
    for (let hour = 0; hour < 3; hour++) {
      await replay.hour();
      await replay.settled();
    }
    await checkLaw(system, replay);
    const batches = await system.chain.getContractEvents({
      address: system.deployment.contracts.oracleCommittee,
      abi: oracleCommitteeAbi,
      eventName: "BatchSubmitted",
      fromBlock: 0n,
      strict: true,
    });
    expect(batches.map(({ args }) => args.reports)).toContain(METERS);
    expect(system.output().match(/connected to the broker/g)).toHaveLength(NODES.length);
    for (const node of NODES) expect((await fetch(`${system.urlOf(node)}/ready`)).status).toBe(200);
  });
}
