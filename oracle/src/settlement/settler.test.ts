/** What the settler does with what the committee and the chain answer; a real committee, outbox and chain are `testing/`'s. */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Item } from "@enerlink/protocol/wire/committee";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import type { Abi, PublicClient, TransactionReceipt } from "viem";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refusal } from "../../simulation/contracts.ts";
import { domain, INTERVAL, key, log, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Agreement } from "../committee/round.ts";
import type { StoredTransaction, TransactionHandler } from "../transactions/outbox.ts";
import type { Slot } from "./clearing.ts";
import { makeOutcomes } from "./outcomes.ts";
import { makeSettler } from "./settler.ts";

/** A window begins there. */
const START = 1_800_000_000;
const WINDOWS = 4;
const CONTRACT = "0x00000000000000000000000000000000000000cc";
const MEMBER = "0x00000000000000000000000000000000000000aa";

/** What was proposed, and what was sent, each as the readings' windows. */
let proposed: number[][];
let sent: number[][];
let answer: (items: Item[]) => Agreement;
/** The function of each call that was tried out before it was sent. */
let tried: string[];
/** Has a call that is tried out revert, with what it throws. */
let revert: (functionName: string) => Error | undefined;
/** What is cleared with a batch, where it could be, and what was. */
let completed: Slot | undefined;
let cleared: Slot[];
/** Of what was sent. */
let gas: bigint;
let full: boolean;
/** How often all that waited was gone through: its count is noted at the end. */
let runs: number;
let warnings: string[];
let handler: TransactionHandler;
let world: ReturnType<typeof openMeterWorld>;
let settler: ReturnType<typeof makeSettler>;

const agreed: Agreement = { outcome: "agreed", reports: [], deadline: 0n, signatures: [] };
const windowOf = (timestamp: number) => (timestamp - START) / INTERVAL;

beforeEach(() => {
  [proposed, sent, warnings] = [[], [], []];
  [full, answer, runs] = [false, () => agreed, 0];
  [tried, revert, completed, cleared, gas] = [[], () => undefined, undefined, [], 0n];
  // The chain knows the meter, so that none of its reports has to wait for an earlier one.
  const settled = { timestamp: START, epoch: 1, exportWh: 0n, importWh: 0n, storedWh: 0n };
  world = openMeterWorld({
    meter: () => signing,
    settled: () => settled,
    now: () => (START + WINDOWS * INTERVAL) * 1_000,
  });
  const { database, settlements, metrics } = world;
  const waiting = () => {
    runs++;
    return settlements.waiting();
  };
  for (let window = 1; window <= WINDOWS; window++) {
    const registers = { exportWh: BigInt(window), importWh: 0n, storedWh: 0n };
    const meant = { serial: signing.serial, epoch: 1, sequence: BigInt(window), ...registers };
    const reading = signReading(domain, { ...meant, timestamp: START + window * INTERVAL }, key.privateKey);
    world.intake.take(reading, true, { kind: "member", sender: MEMBER });
  }
  const telling = { ...log, warn: (...said: unknown[]) => void warnings.push(String(said.at(-1))) };
  settler = makeSettler({
    ...{
      database,
      settlements: { ...settlements, waiting },
      takeover: 3_000,
      linger: 0,
      log: telling as typeof log,
    },
    client: {
      simulateContract: async ({ functionName }: { functionName: string }) => {
        tried.push(functionName);
        const error = revert(functionName);
        if (error) throw error;
      },
    } as unknown as PublicClient,
    deployment: { contracts: { oracleCommittee: CONTRACT } } as unknown as Deployment,
    mirror: { ...world.mirror, meters: () => [signing] } as never,
    outcomes: makeOutcomes({
      database,
      energyConverter: CONTRACT,
      settlements,
      metrics,
      log: telling as typeof log,
    }),
    cleared: { onLogs: () => [] },
    clearing: { completedBy: () => completed, bind: (_, slot) => void cleared.push(slot) },
    order: { waits: () => false },
    committee: {
      portion: (items) => items.length,
      agree: async (items) => {
        // What is proposed again and again at once would keep a test from its end.
        if (proposed.length >= 20) throw new Error("proposed for ever");
        proposed.push(items.map(({ reading }) => windowOf(reading.timestamp)));
        return answer([...items]);
      },
    },
    members: { leader: () => undefined, leads: () => true },
    isExpected: () => true,
    started: () => {},
    outbox: {
      handle: (_: string, one: TransactionHandler) => {
        handler = one;
      },
      full: () => full,
      sender: MEMBER,
      submit: async (call: { gas: bigint }, bind: (id: bigint) => void) => {
        gas = call.gas;
        const id = storeTransaction();
        bind(id);
        sent.push(settlements.of(id).map(({ reading }) => windowOf(reading.timestamp)));
        return { id, hash: "0x01" };
      },
    } as never,
  });
});
afterEach(async () => {
  await settler.stop();
  world.stop();
});

/** A row for the settlements to stand by. */
function storeTransaction(): bigint {
  const count = world.database
    .prepare<[], { count: bigint }>("SELECT count(*) AS count FROM transactions")
    .get()!;
  const { lastInsertRowid } = world.database
    .prepare(
      "INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, created_at) VALUES ('settle', ?, ?, ?, '0x', 1, 'pending', 1)",
    )
    .run(MEMBER, count.count, CONTRACT);
  return BigInt(lastInsertRowid);
}

const states = () =>
  world.database
    .prepare<[], { timestamp: bigint; state: string }>(
      "SELECT timestamp, state FROM settlements ORDER BY timestamp",
    )
    .all()
    .map(({ timestamp, state }) => [windowOf(Number(timestamp)), state]);
const all = (state: string) => states().map(([window]) => [window, state]);

/** Has everything that waits settled, and returns when there is nothing more to do. */
async function run(): Promise<void> {
  const before = runs;
  settler.flush();
  await vi.waitFor(() => expect(runs).toBeGreaterThan(before));
}

test("what the committee signs goes into one transaction, and is not proposed again", async () => {
  await run();
  expect(sent).toEqual([states().map(([window]) => window)]);
  expect(states()).toEqual(all("submitted"));
  await run();
  expect(proposed).toHaveLength(1);
});

test("while too few members answer, everything waits, and that is said once", async () => {
  answer = () => ({ outcome: "silent" });
  await run();
  await run();
  expect(sent).toEqual([]);
  expect(states()).toEqual(all("pending"));
  expect(warnings).toEqual(["settlements wait: too few members of the committee answer"]);
  answer = () => agreed;
  await run();
  expect(states()).toEqual(all("submitted"));
});

test("what no committee will sign keeps nothing else from the chain", async () => {
  const isBad = ({ reading }: Item) => windowOf(reading.timestamp) === 2;
  answer = (items) =>
    items.some(isBad)
      ? {
          outcome: "refused",
          parts: [items.filter((item) => !isBad(item))],
          early: [],
          hopeless: items.filter(isBad),
        }
      : agreed;
  await run();
  const others = states().filter(([window]) => window !== 2);
  expect(others.length).toBeGreaterThan(0);
  expect(sent).toEqual([others.map(([window]) => window)]);
  expect(states()).toEqual(states().map(([window]) => [window, window === 2 ? "pending" : "submitted"]));
});

test("what is only too early for the members is proposed again a moment later, as if it had not been", async () => {
  const isEarly = ({ reading }: Item) => windowOf(reading.timestamp) === 2;
  let early = true;
  answer = (items) =>
    early && items.some(isEarly)
      ? {
          outcome: "refused",
          parts: [items.filter((item) => !isEarly(item))],
          early: items.filter(isEarly),
          hopeless: [],
        }
      : agreed;
  await run();
  // Often, as while a chain's node is behind: what is tried in vain would not be waited for by the clearing any more.
  for (let moment = 1; moment <= 4; moment++) {
    vi.useFakeTimers({ now: Date.now() + moment * 1_100, toFake: ["Date"] });
    await run().finally(() => vi.useRealTimers());
  }
  expect(world.settlements.underWay([signing.serial], START + 2 * INTERVAL, START + 2 * INTERVAL)).toEqual([
    expect.objectContaining({ state: "pending" }),
  ]);
  early = false;
  vi.useFakeTimers({ now: Date.now() + 6_000, toFake: ["Date"] });
  await run().finally(() => vi.useRealTimers());
  expect(sent.at(-1)).toEqual([2]);
});

test("a batch that failed as a whole is tried again in halves", async () => {
  await run();
  const [first] = sent;
  const receipt = { status: "reverted", logs: [] } as unknown as TransactionReceipt;
  handler.mined({ id: 1n, kind: "settle", nonce: 0, hash: "0x01" } as StoredTransaction, receipt);
  expect(states()).toEqual(all("pending"));
  vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
  await run().finally(() => vi.useRealTimers());
  const half = Math.floor(first!.length / 2);
  expect(sent.slice(1).map(({ length }) => length)[0]).toBe(half);
  expect(sent.slice(1).flat().toSorted()).toEqual(first!.toSorted());
});

test("nothing is proposed that the account could not send", async () => {
  full = true;
  await run();
  expect(proposed).toEqual([]);
  expect(states()).toEqual(all("pending"));
});

test("parts of a refused batch that different members sign are proposed each by itself", async () => {
  answer = (items) => {
    if (items.length <= 2) return agreed;
    return { outcome: "refused", parts: [items.slice(0, 2), items.slice(2)], early: [], hopeless: [] };
  };
  await run();
  const windows = states().map(([window]) => window);
  expect(windows.length).toBeGreaterThan(2);
  expect(sent).toEqual([windows.slice(0, 2), windows.slice(2)]);
  expect(states()).toEqual(all("submitted"));
});

test("what was in a transaction whose nonce went to another is settled in the next, in halves where it could not be mined", async () => {
  await run();
  const [first] = sent;
  const later = async () => {
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
    await run().finally(() => vi.useRealTimers());
  };
  handler.replaced({ id: 1n, kind: "settle", nonce: 0, hash: "0x01" }, false);
  expect(states()).toEqual(all("pending"));
  await later();
  expect(sent).toEqual([first, first]);
  handler.replaced({ id: 2n, kind: "settle", nonce: 1, hash: "0x01" }, true);
  await later();
  expect(sent[2]).toHaveLength(Math.floor(first!.length / 2));
});

test("what the contract would refuse is not sent, waits, and is named as what stands in the way", async () => {
  const refusal = new Refusal(oracleCommitteeAbi as Abi, "BatchExpired", [1n, 2n]);
  revert = () => refusal.error;
  await run();
  expect(tried).toEqual(["submit"]);
  expect(sent).toEqual([]);
  expect(states()).toEqual(all("pending"));
  expect(settler.obstacle()).toBe("the contract does not settle now: BatchExpired");
});

test("what would revert for no reason that is known is tried in ever smaller parts, until it waits alone", async () => {
  const isBad = () => proposed.at(-1)!.includes(2);
  revert = () => (isBad() ? new Error("execution reverted") : undefined);
  await run();
  expect(states()).toEqual(states().map(([window]) => [window, window === 2 ? "pending" : "submitted"]));
  expect(sent.flat().toSorted()).toEqual(
    states()
      .map(([window]) => window)
      .filter((window) => window !== 2),
  );
});

const slot: Slot = { communityId: 1, slotEnd: START, gas: 500_000n };

test("a slot is cleared in the transaction of the batch that completes it", async () => {
  completed = slot;
  await run();
  expect(tried).toEqual(["submitAndClear"]);
  expect(cleared).toEqual([slot]);
  expect(states()).toEqual(all("submitted"));
});

test("settling never waits for clearing", async () => {
  completed = slot;
  revert = (functionName) =>
    functionName === "submitAndClear" ? new Error("execution reverted") : undefined;
  await run();
  expect(tried).toEqual(["submitAndClear", "submit"]);
  expect(cleared).toEqual([]);
  expect(states()).toEqual(all("submitted"));
});

test("a slot that would make the transaction larger than any may be is not cleared with the batch", async () => {
  const most = 16_777_216n;
  completed = { ...slot, gas: most };
  await run();
  expect(tried).toEqual(["submit"]);
  expect(gas).toBeLessThanOrEqual(most);
  expect(cleared).toEqual([]);
});
