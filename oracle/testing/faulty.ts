/** Three members, two of which must sign; one of them is faulty and sends nothing but valid messages. */
import { setTimeout as sleep } from "node:timers/promises";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, test } from "vitest";
import { type Members, makeMembers } from "../src/committee/members.ts";
import { type StrategyName, strategies } from "./faulty-member.ts";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

/** The meters report every hour, and every second report ends a window. */
const WINDOW = 7_200;
const START = Date.UTC(2026, 0, 5) / 1_000;
const TAKEOVER = 1_000;
/** Windows that each strategy is played in at least. The last of them is one that the faulty member is to lead. */
const WINDOWS = 2;
const FAULTY = 2;
const MIDDLE = 200;
/** Seconds in which a window is settled: two turns of the faulty member, and what an honest one's takes. */
const WITHIN = 8;

export function faultyMember() {
  let system: TestSystem;
  let replay: Replay;
  /** As the faulty member sees it. */
  let members: Members;
  const settings = {
    TAKEOVER_AFTER: String(TAKEOVER),
    SETTLEMENT_INTERVAL: String(WINDOW),
    LOG_LEVEL: "debug",
  };

  beforeAll(async () => {
    system = await startTestSystem(START - 3_600, { nodes: 3 });
    await Promise.all([0, 1, FAULTY].map((node) => system.startOracle(settings, node)));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, START);
    await replay.hour();
    await replay.settled();
    await system.stopOracle("SIGTERM", FAULTY);
    const addresses = system.memberKeys.map((key) => privateKeyToAccount(key).address);
    addresses.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    members = makeMembers({
      self: privateKeyToAccount(system.memberKeys[FAULTY]!).address,
      committee: () => ({ members: addresses, quorum: 2, configuration: 1 }),
      takeover: TAKEOVER,
      // Everybody is there, and it is the first one's turn.
      now: () => 0,
    });
  });
  afterAll(() => system?.stop());

  test.each(Object.keys(strategies) as StrategyName[])("nothing waits for one that %s", async (name) => {
    await system.startOracle({ ...settings, STRATEGY: name }, FAULTY, {
      program: "oracle/testing/faulty-member.ts",
    });
    const times: number[] = [];
    try {
      for (let led = false; times.length < WINDOWS || !led; ) {
        await replay.hour();
        // Time for the faulty member to do what it does in the middle of a window.
        await sleep(MIDDLE);
        await replay.hour();
        led = members.leads(`window ${replay.time()}`, 0);
        const began = Date.now();
        await replay.settled(undefined, WITHIN);
        times.push(Date.now() - began);
      }
    } finally {
      await system.stopOracle("SIGKILL", FAULTY);
      console.info(`${name}: settled after ${times.join(", ")} ms`);
    }
    await checkLaw(system, replay);
  });
}
