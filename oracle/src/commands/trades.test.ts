/** How a battery's trades are delivered: one at a time, and none waits for another that cannot be. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { energyMarketAbi, meterId } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { makeLog } from "@enerlink/service/log";
import { decodeFunctionData, encodeEventTopics, type Hex, type PublicClient } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../store/database.ts";
import type { Outbox, TransactionHandler } from "../transactions/outbox.ts";
import type { Commands } from "./commands.ts";
import { makeTrades, type Trades } from "./trades.ts";

const market = `0x${"0a".repeat(20)}` as const;
const wattHours = 500;
const now = Math.floor(Date.now() / 1_000);

/** What the market counted for a trade, and what of it was delivered, Wh. */
type Trade = { metered: number; delivered: number };

let folder: string;
let database: Database;
let trades: Trades;
let handler: TransactionHandler;
let board: Map<bigint, Trade>;
/** What the seller has, Wh. */
let held: bigint;
let nextId: bigint;
let commanded: bigint[];
/** What the market may pull of it; undefined: all. */
let allowed: bigint | undefined;
/** Alerts that last, by their meter. */
let alerted: Map<string, string>;

const deliverable = ({ metered, delivered }: Trade) => metered - delivered;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trades-"));
  database = openDatabase(folder, { chainId: 1, genesisHash: "0x01" }, makeLog({ level: "error" }));
  board = new Map();
  [held, nextId, commanded] = [0n, 1n, []];
  allowed = undefined;
  alerted = new Map();
  const answers: Record<string, (args: [bigint]) => unknown> = {
    trade: ([id]) => {
      const { delivered } = board.get(id)!;
      const status = delivered === wattHours ? 3 : 2;
      const times = { availableFrom: now - 60, deliverBy: now + 3_600 };
      return { offerId: id, seller: market, status, wattHours, deliveredWh: delivered, ...times };
    },
    offer: () => ({ batteryId: meterId("battery-01") }),
    deliverable: ([id]) => BigInt(deliverable(board.get(id)!)),
    tradingBalance: () => [0n, 0n],
    balanceOf: () => held,
    allowance: () => allowed ?? held,
  };
  trades = makeTrades({
    owns: () => true,
    database,
    client: {
      readContract: async ({ functionName, args }: { functionName: string; args: [bigint] }) =>
        answers[functionName]!(args),
      simulateContract: async () => {},
    } as unknown as PublicClient,
    deployment: { contracts: { energyMarket: market, energyToken: market } } as unknown as Deployment,
    commands: {
      queue: async ({ tradeId }: { tradeId: bigint }) => void commanded.push(tradeId),
      onConcluded: () => {},
    } as unknown as Commands,
    settlements: { hurry: () => {} },
    outbox: {
      sender: market,
      handle: (_: string, given: TransactionHandler) => {
        handler = given;
      },
      submit: async ({ data }: { data: Hex }, bind: (id: bigint) => void) => {
        const { args } = decodeFunctionData({ abi: energyMarketAbi, data });
        const [id, amount] = args as [bigint, number];
        database
          .prepare(
            "INSERT INTO transactions (id, kind, sender, nonce, target, data, gas, state, created_at) VALUES (?, 'deliver', '', ?, '', '', 0, 'pending', 0)",
          )
          .run(nextId, nextId);
        bind(nextId);
        const trade = board.get(id)!;
        expect(amount).toBeLessThanOrEqual(deliverable(trade));
        trade.delivered += amount;
        held -= BigInt(amount);
        return { id: nextId++ };
      },
    } as unknown as Outbox,
    alerts: {
      raise: (kind, serial, detail) => void alerted.set(`${kind} ${serial}`, detail),
      end: (kind, serial) => void alerted.delete(`${kind} ${serial}`),
    },
    leads: () => true,
    blockTime: () => BigInt(now),
    log: makeLog({ level: "error" }),
  });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** The chain accepts trade `id` in `block`. */
async function accept(id: bigint, block: bigint): Promise<void> {
  board.set(id, { metered: 0, delivered: 0 });
  const topics = encodeEventTopics({
    abi: energyMarketAbi,
    eventName: "TradeAccepted",
    args: { tradeId: id },
  });
  const event = { address: market, topics, data: "0x", blockNumber: block, logIndex: 0 };
  await trades.onLogs([event] as unknown as Parameters<Trades["onLogs"]>[0]);
}
/** Every delivery that is under way is mined. */
function mined(): void {
  for (let id = 1n; id < nextId; id++) handler.mined({ id } as never, {} as never);
}
const deliveredOf = (id: bigint) => board.get(id)!.delivered;

test("what is metered is delivered, one trade of a battery at a time", async () => {
  await accept(9n, 100n);
  board.get(9n)!.metered = 500;
  // The seller has nothing to deliver yet: the trade waits.
  await trades.check();
  await accept(3n, 101n);
  board.get(3n)!.metered = 200;
  // Nor has it for the later one, which is tried all the same.
  await trades.check();
  expect([deliveredOf(9n), deliveredOf(3n)]).toEqual([0, 0]);
  expect(commanded).toEqual([9n, 3n]);
  held = 400n;
  database.exec("UPDATE trades SET not_before = 0 WHERE id = 3");
  await trades.check();
  expect([deliveredOf(9n), deliveredOf(3n)]).toEqual([0, 200]);
  mined();
  board.get(3n)!.metered = 500;
  held = 800n;
  database.exec("UPDATE trades SET not_before = 0");
  for (let round = 0; round < 3; round++) {
    await trades.check();
    // One at a time: a battery's metered Wh count once.
    expect(
      database.prepare("SELECT count(*) FROM trades WHERE delivery_id IS NOT NULL").pluck().get(),
    ).toBeLessThan(2n);
    mined();
  }
  expect([deliveredOf(9n), deliveredOf(3n)]).toEqual([500, 500]);
});

test.each([
  [500n, 0n, "approve the market for its ETK"],
  [0n, 500n, "get ETK"],
])(
  "a seller with %i Wh, %i of them approved, is told while that holds its delivery up",
  async (has, may, means) => {
    await accept(9n, 100n);
    board.get(9n)!.metered = 500;
    [held, allowed] = [has, may];
    await trades.check();
    expect([...alerted]).toEqual([
      [
        "undelivered battery-01",
        `trade 9: 0.5 kWh are metered, but the market can take only 0 kWh from the seller, who must ${means} before the trade expires`,
      ],
    ]);
    [held, allowed] = [500n, 500n];
    database.exec("UPDATE trades SET not_before = 0");
    await trades.check();
    expect([deliveredOf(9n), [...alerted]]).toEqual([500, []]);
  },
);

test("the alert lasts while any trade of the battery waits, and ends with what another node delivers", async () => {
  for (const id of [3n, 9n]) {
    await accept(id, 100n + id);
    board.get(id)!.metered = 500;
    await trades.check();
  }
  await trades.check();
  expect(alerted.size).toBe(1);
  // The whole of one, and what is metered of the other.
  board.get(3n)!.delivered = 500;
  await trades.check();
  expect(alerted.size).toBe(1);
  board.get(9n)!.delivered = 400;
  board.get(9n)!.metered = 400;
  await trades.check();
  expect(alerted.size).toBe(0);
});

test("a trade that a reorganisation has moved takes its new place", async () => {
  await accept(9n, 100n);
  await accept(3n, 101n);
  await accept(9n, 102n);
  const order = database.prepare("SELECT id FROM trades ORDER BY accepted_block, accepted_log").pluck();
  expect(order.all()).toEqual([3n, 9n]);
  // Closed when the chain forgot about it, it goes on.
  database.exec("UPDATE trades SET state = 'closed' WHERE id = 3");
  await accept(3n, 103n);
  expect(order.all()).toEqual([9n, 3n]);
  expect(database.prepare("SELECT state FROM trades WHERE id = 3").pluck().get()).toBe("open");
  await accept(3n, 103n);
});
