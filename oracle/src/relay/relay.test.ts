/** What a relay's budget holds, and what it keeps of what it paid for: its chain and its outbox are the test's own. */
import type { Deployment } from "@enerlink/protocol/deployment";
import { makeLog } from "@enerlink/service/log";
import { type Address, getAddress, type Hex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeMetrics } from "../metrics.ts";
import { replaceTime } from "../seams/time.ts";
import { type Database, openMemory } from "../store/database.ts";
import { makeRelayLedger } from "./ledger.ts";
import { makeRelay } from "./relay.ts";

const DAY = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 10, 29);
/** As a transaction is estimated; it may use a fifth more. */
const ESTIMATE = 100_000n;
const budget = { most: 200_000n, daily: 300_000n, dailyTotal: 500_000n };
const MARKET = getAddress(`0x${"aa".repeat(20)}`);
const at = (byte: string): Address => getAddress(`0x${byte.repeat(20)}`);
const deployment = {
  contracts: {
    accessManager: at("01"),
    homeAccountFactory: at("02"),
    homeAccount: at("03"),
    energyMarket: MARKET,
  },
  startBlock: 0,
} as unknown as Deployment;

let database: Database;
let now: number;
let relay: ReturnType<typeof makeRelay>;
/** What the outbox tells of a transaction that is mined. */
let mined: (transaction: { id: bigint }, receipt: { gasUsed: bigint; status: "success" }) => void;

beforeEach(() => {
  now = MIDNIGHT - DAY / 2;
  const never = (): never => {
    throw new Error("the relay has no timers");
  };
  replaceTime({ now: () => now, setTimeout: never, setInterval: never, clear: never, turn: never });
  database = openMemory();
  const store = database.prepare<unknown[], { id: bigint }>(
    `INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, created_at)
     VALUES ('relay', '0x', (SELECT count(*) FROM transactions), ?, ?, ?, 'pending', ?) RETURNING id`,
  );
  relay = makeRelay({
    client: { estimateContractGas: async () => ESTIMATE } as never,
    deployment,
    outbox: {
      sender: at("0b"),
      full: () => false,
      obstacle: () => undefined,
      submit: (async (
        { to, data, gas }: { to: Address; data: Hex; gas: bigint },
        stored: (id: bigint) => void,
      ) => {
        const write = database.transaction(() => stored(store.get(to, data, gas, now)!.id));
        write();
      }) as never,
      handle: ((_: string, on: { mined: typeof mined }) => {
        mined = on.mined;
      }) as never,
    },
    ledger: makeRelayLedger(database),
    budget,
    isMember: () => true,
    metrics: makeMetrics(),
    log: makeLog({ level: "silent" }),
  });
});
afterEach(() => replaceTime(undefined));

let nonce = 0n;
const ask = (account: Address) =>
  relay.take({
    ...{ account, nonce: nonce++, deadline: 2 ** 40, signature: "0x12" },
    calls: [{ to: MARKET, value: 0n, data: "0x12345678aabb" }],
  });
const refusalOf = async (account: Address) => {
  const { refusal } = await ask(account);
  return refusal && `${refusal.reason}: ${refusal.detail}`;
};

test("everybody's gas of a day is used up by many households as by one, and is there again after midnight", async () => {
  for (const home of ["11", "22", "33", "44"]) expect(await refusalOf(at(home))).toBeUndefined();
  // 480,000 of 500,000 are spoken for: nobody gets in any more, whoever it is.
  const drained = "budget: everybody's 500000 gas of this day are used up until 2026-11-29T00:00:00.000Z";
  for (const home of ["11", "55"]) expect(await refusalOf(at(home))).toBe(drained);
  now = MIDNIGHT - 1;
  expect(await refusalOf(at("55"))).toBe(drained);
  now = MIDNIGHT;
  expect(await refusalOf(at("55"))).toBeUndefined();
});

test("what a transaction really cost counts in the place of what it was allowed to", async () => {
  const home = at("11");
  expect(await refusalOf(home)).toBeUndefined();
  const second = await ask(home);
  if (!("relayed" in second) || !second.relayed) throw new Error("It was refused.");
  expect(await refusalOf(home)).toMatch(/^budget: the account's 300000 gas/);
  for (const id of [1n, 2n]) mined({ id }, { gasUsed: 60_000n, status: "success" });
  expect(await refusalOf(home)).toBeUndefined();
  expect(await refusalOf(home)).toMatch(/^budget: the account's/);
});

test("what was paid for stands in the record: for whom, which function of which contract, when, and its gas", async () => {
  await ask(at("11"));
  mined({ id: 1n }, { gasUsed: 61_234n, status: "success" });
  const rows = database.prepare("SELECT account, calls, gas, at, transaction_id FROM relayed").all();
  expect(rows).toEqual([
    {
      account: at("11"),
      calls: JSON.stringify([{ to: MARKET, selector: "0x12345678" }]),
      gas: 61_234n,
      at: BigInt(now),
      transaction_id: 1n,
    },
  ]);
});
