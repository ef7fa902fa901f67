/** What a relay's budget holds, and what it keeps of what it paid for: its chain and its outbox are the test's own. */
import { homeAccountAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { makeLog } from "@enerlink/service/log";
import { type Address, concat, encodeFunctionData, getAddress, type Hex, zeroAddress, zeroHash } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
/** An account with a key and no code. */
const WALLET = at("0f");
const CLONE = concat(["0x363d3d373d3d3d363d73", at("03"), "0x5af43d82803e903d91602b57fd5bf3"]);

let database: Database;
/** By account; nobody unless it stands here. */
let guardians: Record<Address, Address>;
/** Who own no meter. */
let strangers: Address[];
let now: number;
let relay: ReturnType<typeof makeRelay>;
/** What the outbox tells of a transaction that is mined. */
let mined: (transaction: { id: bigint }, receipt: { gasUsed: bigint; status: "success" }) => void;

beforeEach(() => {
  now = MIDNIGHT - DAY / 2;
  guardians = {};
  strangers = [];
  const never = (): never => {
    throw new Error("the relay has no timers");
  };
  replaceTime({
    now: () => now,
    elapsed: () => now,
    setTimeout: never,
    setInterval: never,
    clear: never,
    turn: never,
  });
  database = openMemory();
  const store = database.prepare<unknown[], { id: bigint }>(
    `INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, created_at)
     VALUES ('relay', '0x', (SELECT count(*) FROM transactions), ?, ?, ?, 'pending', ?) RETURNING id`,
  );
  relay = makeRelay({
    client: {
      estimateContractGas: async () => ESTIMATE,
      getCode: async ({ address }: { address: Address }) =>
        address === MARKET ? "0x60" : address === WALLET ? undefined : CLONE,
      readContract: async ({ address }: { address: Address }) => guardians[address] ?? zeroAddress,
    } as never,
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
    isMember: (account) => !strangers.includes(account),
    metrics: makeMetrics(),
    log: makeLog({ level: "silent" }),
  });
});
afterEach(() => replaceTime(undefined));

let nonce = 0n;
type Asked = { to: Address; value: bigint; data: Hex };
const onMarket: Asked = { to: MARKET, value: 0n, data: "0x12345678aabb" };
const ask = (account: Address, calls = [onMarket]) =>
  relay.take({ ...{ account, nonce: nonce++, deadline: 2 ** 40, signature: "0x12" }, calls });
const refusalOf = async (account: Address, calls?: Asked[]) => {
  const { refusal } = await ask(account, calls);
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

test("an account that checks no signature has nothing paid, a meter's owner's as little as a guardian's", async () => {
  const refusal = `not-sponsored: account: ${WALLET} is no household's account: \`create\` is needed where it is not there yet`;
  expect(await refusalOf(WALLET)).toBe(refusal);
  strangers.push(WALLET);
  const household = at("21");
  guardians[household] = WALLET;
  const recover = encodeFunctionData({ abi: homeAccountAbi, functionName: "recover", args: ["0x12"] });
  expect(await refusalOf(WALLET, [{ to: household, value: 0n, data: recover }])).toBe(refusal);
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

describe("a guardian who owns no meter", () => {
  const [guardian, home, other] = [at("11"), at("22"), at("33")];
  const calling = (
    to: Address,
    functionName: "proposeRecovery" | "recover" | "addSigner" = "proposeRecovery",
  ) => ({
    ...{ to, value: 0n },
    data: encodeFunctionData({ abi: homeAccountAbi, functionName, args: [zeroHash] }),
  });
  const notMember = `not-a-member: ${guardian} owns no meter here, and none waits for it to accept`;
  beforeEach(() => {
    strangers = [guardian];
    guardians[home] = guardian;
  });

  test("proposes and completes the recovery of a household out of that household's gas", async () => {
    expect(await refusalOf(guardian, [calling(home)])).toBeUndefined();
    mined({ id: 1n }, { gasUsed: 60_000n, status: "success" });
    // 60,000 of the household's 300,000 are gone: two of its own calls find room, no third one.
    expect([await refusalOf(home), await refusalOf(home)]).toEqual([undefined, undefined]);
    expect(await refusalOf(home)).toMatch(/^budget: the account's 300000 gas/);
    expect(await refusalOf(guardian, [calling(home)])).toMatch(/^budget: the account's 300000 gas/);
    now = MIDNIGHT;
    expect(await refusalOf(guardian, [calling(home, "recover")])).toBeUndefined();
    const rows = database.prepare("SELECT account, paid_for FROM relayed WHERE at >= ?").all(MIDNIGHT);
    expect(rows).toEqual([{ account: guardian, paid_for: home }]);
  });

  test("proposes again and again out of half of its gas: the household can always refuse", async () => {
    expect(await refusalOf(guardian, [calling(home)])).toBeUndefined();
    const drained =
      "budget: its guardian's 150000 gas of this day are used up until 2026-11-29T00:00:00.000Z";
    for (let again = 0; again < 3; again++) expect(await refusalOf(guardian, [calling(home)])).toBe(drained);
    expect(await refusalOf(home)).toBeUndefined();
    // What the household itself spent is none of the guardian's half.
    now = MIDNIGHT;
    expect(await refusalOf(home)).toBeUndefined();
    expect(await refusalOf(guardian, [calling(home)])).toBeUndefined();
  });

  test("has nothing else paid, and nobody else has that", async () => {
    const two = [calling(home), calling(home)];
    for (const calls of [
      [calling(home, "addSigner")],
      [calling(other)],
      [onMarket],
      [calling(guardian)],
      two,
      [{ ...calling(home), value: 1n }],
      [{ ...calling(home), data: "0x" as const }],
    ])
      expect(await refusalOf(guardian, calls)).toBe(notMember);

    // Who is not its guardian by the chain, or not any more.
    guardians[home] = other;
    expect(await refusalOf(guardian, [calling(home)])).toBe(notMember);
    // The household owns no meter either.
    guardians[home] = guardian;
    strangers.push(home);
    expect(await refusalOf(guardian, [calling(home)])).toBe(notMember);
    expect(database.prepare("SELECT count(*) AS n FROM relayed").get()).toEqual({ n: 0n });
  });

  test("with a meter pays out of its own gas, as for everything", async () => {
    strangers = [];
    for (let again = 0; again < 2; again++)
      expect(await refusalOf(guardian, [calling(home)])).toBeUndefined();
    expect(await refusalOf(guardian, [calling(home)])).toMatch(/^budget: the account's/);
    expect(await refusalOf(home)).toBeUndefined();
  });
});
