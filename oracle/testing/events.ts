/** What three nodes tell, whoever brought it to the chain: each event of the chain once, across restarts and reorganisations. */
import { follow } from "@enerlink/client";
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  formatIdr,
  formatKwh,
  rupiahTokenAbi,
  Side,
  serialOf,
  TimeInForce,
} from "@enerlink/protocol";
import { type Abi, keccak256, maxUint256, stringToHex } from "viem";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { signIn } from "../src/auth/client.ts";
import { makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const FINALITY = 8;
const NODES = [0, 1, 2] as const;
const KILLED = 2;
const TICK = 1_200;

// biome-ignore lint/suspicious/noExplicitAny: what the assertions below are about.
type Told = { id: string; event: string; data: Record<string, any> };

export function events() {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 27 * 3_600;
  const settings = { TAKEOVER_AFTER: "1000", FINALITY_BLOCKS: String(FINALITY), POLL_INTERVAL: "50" };
  let system: TestSystem;
  let replay: Replay;
  /** By node, what its socket said, over all its lives. */
  const heard: Told[][] = NODES.map(() => []);
  /** What one program heard of the stream of the node that is killed, which it follows all the time. */
  const followed: Told[] = [];
  const following = new AbortController();
  let losses = 0;

  async function followKilled(): Promise<void> {
    const { signal } = following;
    const stream = `${system.urlOf(KILLED)}/api/v1/stream?after=0`;
    for await (const told of follow(stream, { signal, lost: () => void losses++ }))
      if (told.event !== "ready") followed.push(told as Told);
  }

  async function begin(node: number): Promise<void> {
    await system.startOracle(settings, node);
    const socket = new WebSocket(`${system.urlOf(node).replace("http", "ws")}/ws`);
    socket.onmessage = ({ data }) => heard[node]!.push(JSON.parse(String(data)));
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
  }

  async function send(
    index: number,
    address: `0x${string}`,
    abi: Abi,
    functionName: string,
    args: unknown[],
  ) {
    const wallet = system.walletOf(index);
    const hash = await wallet.writeContract({ address, abi, functionName, args, gas: 1_000_000n });
    await replay.mine();
    expect((await system.chain.getTransactionReceipt({ hash })).status).toBe("success");
  }
  /** The grid has energy to sell at any hour. */
  const [SELLER, BUYER] = [4, 6];
  const order = (index: number, side: number, wattHours: number, timeInForce: number) =>
    send(index, system.deployment.contracts.energyMarket, energyMarketAbi as Abi, "placeOrder", [
      side,
      TICK,
      wattHours,
      timeInForce,
      10,
    ]);

  /** An ask that rests, and a bid that takes it in a later block. */
  async function trade(wattHours: number): Promise<void> {
    await order(SELLER, Side.Ask, wattHours, TimeInForce.GTC);
    await order(BUYER, Side.Bid, wattHours, TimeInForce.IOC);
  }

  async function items(node: number, path: string): Promise<Told[]> {
    const all: Told[] = [];
    for (let next = ""; ; ) {
      const page = await (await fetch(`${system.urlOf(node)}/api/v1/${path}${next}`)).json();
      all.push(...(page as { items: Told[] }).items);
      const cursor = (page as { next: string | null }).next;
      if (cursor === null) return all;
      next = `&${path.startsWith("events") ? "after" : "before"}=${cursor}`;
    }
  }
  const kept = (node: number) => items(node, "events?limit=50");

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { nodes: 3 });
    await Promise.all(NODES.map(begin));
    void followKilled();
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    for (let hour = 0; hour < 10; hour++) {
      await replay.hour();
      await replay.settled();
    }
    const { energyMarket, energyToken, rupiahToken } = system.deployment.contracts;
    const money = [system.walletOf(BUYER).account.address, 10n ** 12n, keccak256(stringToHex("a deposit"))];
    await send(0, rupiahToken, rupiahTokenAbi as Abi, "deposit", money);
    const everything = [energyMarket, maxUint256];
    await send(BUYER, rupiahToken, energyTokenAbi as Abi, "approve", everything);
    await send(SELLER, energyToken, energyTokenAbi as Abi, "approve", everything);
  });
  afterAll(async () => {
    following.abort();
    await system?.stop();
  });

  test("what happens while all are there, one is away, and the chain changes its mind", async () => {
    await trade(300);
    // By hand, at one node.
    const cookie = await signIn(system.urlOf(1), system.owner);
    const settle = `${system.urlOf(1)}/api/v1/energy/settle/home-01`;
    expect((await fetch(settle, { method: "POST", headers: { cookie } })).status).toBe(202);

    await vi.waitFor(() => expect(followed.length).toBeGreaterThan(0));
    await system.stopOracle("SIGKILL", KILLED);
    await replay.hour();
    await replay.settled();
    await trade(200);
    await begin(KILLED);
    await replay.hour();
    await replay.settled();

    // Orders meet, and a window is settled, in blocks that others replace: the window is settled again, the orders not.
    await order(SELLER, Side.Ask, 150, TimeInForce.GTC);
    const id = await system.chain.snapshot();
    await order(BUYER, Side.Bid, 150, TimeInForce.IOC);
    await replay.hour();
    await replay.settled();
    await system.chain.revert({ id });
    await system.chain.setAutomine(false);
    await replay.block();
    await replay.settled();
    await order(BUYER, Side.Bid, 120, TimeInForce.IOC);
    for (let block = 0; block <= FINALITY; block++) await replay.block();
  });

  test("is told by each node as the chain has it, each event once", async () => {
    const { chain, deployment } = system;
    const all = { fromBlock: 0n, strict: true } as const;
    const settled = await chain.getContractEvents({
      ...all,
      address: deployment.contracts.energyConverter,
      abi: energyConverterAbi,
      eventName: "MeterSettled",
    });
    const filled = await chain.getContractEvents({
      ...all,
      address: deployment.contracts.energyMarket,
      abi: energyMarketAbi,
      eventName: "OrderFilled",
    });
    // Two nodes may lead one window after each other: the later one's reports are skipped, and its transaction is told too.
    const reported = (
      await chain.getContractEvents({
        ...all,
        address: deployment.contracts.energyConverter,
        abi: energyConverterAbi,
      })
    ).filter(({ eventName }) => eventName === "MeterSettled" || eventName === "ReportSkipped");
    const reports = settled.map(({ args, transactionHash }) => ({
      meterId: serialOf(args.meterId),
      epoch: args.epoch,
      timestamp: new Date(args.timestamp * 1_000).toISOString(),
      exportKwh: formatKwh(args.exportWh),
      importKwh: formatKwh(args.importWh),
      tokensKwh: formatKwh(args.tokensWh),
      debtKwh: formatKwh(args.debtWh),
      transactionHash,
    }));
    expect(reports.length).toBeGreaterThan(60);
    const [buyer, seller] = [BUYER, SELLER].map((index) => system.walletOf(index).account.address);
    const sales = [300, 200, 120].map((wattHours, index) => ({
      buyerId: buyer,
      sellerId: seller,
      takerSide: "buy",
      energyAmount: formatKwh(BigInt(wattHours)),
      pricePerKwh: String(TICK),
      totalPrice: formatIdr(BigInt(wattHours) * BigInt(TICK) * 1_000n),
      transactionHash: filled[index]!.transactionHash,
    }));
    expect(filled).toHaveLength(sales.length);
    const senders = new Set<string>();

    for (const node of NODES) {
      await vi.waitFor(
        async () => {
          const told = await kept(node);
          const of = (name: string) => told.filter(({ event }) => event === name).map(({ data }) => data);
          expect([node, of("settlement_completed").length]).toEqual([node, reports.length]);
          expect(of("settlement_completed")).toMatchObject(reports);
          expect(of("order_matched")).toMatchObject(sales);
          const successes = of("transaction_success");
          const hashes = [...new Set(reported.map(({ transactionHash }) => transactionHash))];
          expect(successes.map(({ transactionHash }) => transactionHash)).toEqual(hashes);
          for (const { sender } of successes) senders.add(sender);
          const started = of("settlement_started").map(({ settlementId }) => settlementId);
          expect(started.toSorted()).toEqual(
            of("settlement_completed")
              .map(({ settlementId }) => settlementId)
              .toSorted(),
          );
        },
        { interval: 500 },
      );
    }
    // Not one node's doing alone.
    expect(senders.size).toBeGreaterThan(1);
  });

  test("was heard by whoever listened, and what was missed can be asked for", async () => {
    for (const node of NODES) {
      const told = await kept(node);
      const ids = heard[node]!.map(({ id }) => id);
      expect([node, new Set(ids).size]).toEqual([node, ids.length]);
      const byId = new Map(told.map((one) => [one.id, one]));
      for (const one of heard[node]!) expect(byId.get(one.id)).toEqual(one);
      if (node !== KILLED) expect(ids).toEqual(told.map(({ id }) => id));
      else expect(ids.length).toBeLessThan(told.length);
    }
  });

  test("was heard without a gap, and once, by who followed the stream of the node that was killed", async () => {
    await vi.waitFor(async () => expect(followed).toEqual(await kept(KILLED)), {
      interval: 500,
    });
    expect(losses).toBeGreaterThan(0);
    // Some of it happened while the node was away.
    expect(followed.length).toBeGreaterThan(heard[KILLED]!.length);
  });

  test("stands in each node's history, with the chain's amounts", async () => {
    const told = (await kept(0)).filter(({ event }) => event === "settlement_completed");
    const wanted = new Map(told.map(({ data }) => [data.settlementId, data]));
    const histories = await Promise.all(NODES.map((node) => items(node, "energy/settlements?limit=50")));
    for (const history of histories) {
      const settled = history.filter((one) => (one as never as { status: string }).status === "settled");
      expect(settled.map(({ id }) => id).toSorted()).toEqual([...wanted.keys()].toSorted());
      for (const one of settled) {
        const { tokensKwh, debtKwh, exportKwh, transactionHash } = wanted.get(one.id)!;
        expect(one).toMatchObject({ tokensKwh, debtKwh, exportKwh, transactionHash, final: true });
      }
    }
  });
}
