/** The stream: everything once, in order, whatever is lost on the way. */
import { connect, createServer, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import type { Answer } from "./chain.ts";
import type { World } from "./index.service.test.ts";
import { type Listener, listen } from "./listener.ts";

const BUYER = 5;
const SELLER = 3;

/** A network between a client and the index that can be cut. */
export async function startWire(target: string) {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  let up = true;
  const server = createServer((client) => {
    if (!up) return client.destroy();
    const index = connect(Number(port), hostname);
    for (const socket of [client, index]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        index.destroy();
      });
    }
    client.pipe(index).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut: () => {
      up = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      up = true;
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** All of one kind that the index has, oldest first, by its id. */
export async function idsOf(world: World, list: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ""; ; ) {
    const { [list]: page } = await world.harness.query(
      `{ ${list}(limit: 1000, orderBy: "id"${after}) { items { id } pageInfo { hasNextPage endCursor } } }`,
    );
    ids.push(...page.items.map(({ id }: Answer) => id));
    if (!page.pageInfo.hasNextPage) return ids.sort();
    after = `, after: "${page.pageInfo.endCursor}"`;
  }
}

/** That a listener who was told from the beginning has each fill and settlement once, and nothing else. */
export async function expectWhole(world: World, listener: Listener): Promise<void> {
  await world.harness.caughtUp();
  for (const [topic, list] of [
    ["fills", "fills"],
    ["settlements", "settlements"],
  ] as const) {
    const right = await idsOf(world, list);
    const told = () => listener.items(topic).map(({ id }) => id as string);
    await world.harness.until(`${list} are told`, async () => told().length >= right.length);
    expect(told().sort()).toEqual(right);
  }
  expect(listener.disorder()).toEqual([]);
}

export const stream = (world: World) => () => {
  const who = (person: number) => world.harness.address(person);
  const listeners: Listener[] = [];
  const listenTo = (query: string, after?: string) => {
    const listener = listen(world.harness.url, query, after);
    listeners.push(listener);
    return listener;
  };
  afterAll(async () => {
    for (const listener of listeners) await listener.stop();
  });
  const untilReady = (listener: Listener) =>
    world.harness.until("all is told", async () => listener.counts().ready > 0);

  test("GET /stream from the chain's beginning tells everything, as the lists have it", async () => {
    const listener = listenTo("after=0");
    await untilReady(listener);
    await expectWhole(world, listener);
    const { changes } = await world.harness.query("{ changes { totalCount } }");
    expect(listener.items("changes")).toHaveLength(changes.totalCount);
    const trades = new Set(listener.items("trades").map(({ id }) => id));
    expect(trades.size).toBe(Number(await world.harness.read("market", "tradeCount")));
    const offers = listener.events("offers").filter((event) => event === "OfferCreated");
    expect(offers).toHaveLength(Number(await world.harness.read("market", "offerCount")));
    for (const [movements, kinds] of [
      [listener.events("balances").filter((event) => event === "Deposited"), "DEPOSITED"],
      [listener.events("balances").filter((event) => event === "Withdrawn"), "WITHDRAWN"],
    ] as const) {
      const { movements: kept } = await world.harness.query(
        `{ movements(where: { kind: ${kinds} }) { totalCount } }`,
      );
      expect(movements).toHaveLength(kept.totalCount);
    }
    // Each is as REST has it.
    const fill = listener.items("fills").at(-1)!;
    const { answer } = await world.harness.rest("GET", "/trading/trades?limit=1");
    expect(fill).toEqual(answer.items[0]);
    const { orders } = await world.harness.query(
      `{ orders(where: { id: "0x${BigInt(fill.makerOrderId).toString(16)}" }) { items { orderId } } }`,
    );
    expect(orders.items).toEqual([{ orderId: fill.makerOrderId }]);
  });

  test("an order, its fill and a deposit are told while they happen, to whom they concern", async () => {
    const { harness, activity } = world;
    await activity.emptyBook();
    await harness.caughtUp();
    const buyer = listenTo(`topics=orders,fills,balances&account=${who(BUYER)}`);
    const stranger = listenTo(`account=${who(1)}&topics=fills,orders`);
    await untilReady(buyer);
    await untilReady(stranger);
    // Enough for the order, which pulls nothing more then.
    await harness.send(BUYER, "market", "deposit", [0n, 1_000_000_000n]);
    await harness.send(BUYER, "market", "placeOrder", [0, 3_333, 100, 3, 0]);
    await harness.send(SELLER, "market", "placeOrder", [1, 3_333, 100, 1, 1]);
    await harness.until("it is told", async () => buyer.items("fills").length > 0);
    expect(buyer.told().map(({ event, data }) => [event, (data as Answer).event])).toEqual([
      ["balances", "Deposited"],
      ["orders", "OrderPlaced"],
      ["fills", "OrderFilled"],
    ]);
    expect(buyer.items("orders")[0]).toMatchObject({ ownerId: who(BUYER), pricePerKwh: "3333" });
    expect(buyer.items("fills")[0]).toMatchObject({
      makerOrderId: buyer.items("orders")[0]!.id,
      sellerId: who(SELLER),
      energyAmount: "0.1",
    });
    expect(stranger.told()).toEqual([]);
  });

  test("who goes on behind an event hears what came after it, and nothing else", async () => {
    const all = listenTo("topics=fills&after=0");
    await untilReady(all);
    const [middle] = all.told().slice(all.told().length >> 1);
    const rest = listenTo("topics=fills", middle!.id);
    await untilReady(rest);
    expect(rest.counts().voided).toBe(0);
    expect(rest.told()).toEqual(all.told().slice((all.told().length >> 1) + 1));
  });

  test("who heard last of a block that is gone hears all that is true since, however long ago that was", async () => {
    const all = listenTo("topics=fills,settlements&after=0");
    await untilReady(all);
    const before = all.told().slice(0, all.told().length >> 1);
    const late = listenTo("topics=fills,settlements", before.at(-1)!.id.replace(/.{8}$/, "00000000"));
    late.begin(before);
    await untilReady(late);
    expect(late.counts().voided).toBe(1);
    await expectWhole(world, late);
  });

  test("a cut network loses nothing", async () => {
    const { harness, activity } = world;
    const wire = await startWire(harness.url);
    const listener = listen(wire.url, "topics=fills,settlements&after=0");
    listeners.push(listener);
    try {
      await untilReady(listener);
      wire.cut();
      await activity.act(15);
      await harness.until("the client has noticed", async () => listener.counts().losses > 0);
      wire.mend();
      await harness.until("it is back", async () => listener.counts().ready > 1);
      await expectWhole(world, listener);
      expect(listener.counts().voided).toBe(0);
    } finally {
      wire.stop();
    }
  });

  test("what is wrong is said at once", async () => {
    for (const [query, field, message] of [
      ["topics=fills,cheese", "topics", /must be one or more of orders,.*not cheese/],
      ["account=me", "account", /address/],
      ["after=yesterday", "after", /must be the id of an event/],
      ["topic=fills", "topic", /is not known here; allowed: topics, account, after/],
    ] as const) {
      const { status, answer } = await world.harness.rest("GET", `/stream?${query}`);
      expect([status, answer.errors[0]]).toEqual([400, { field, message: expect.stringMatching(message) }]);
    }
  });
};
