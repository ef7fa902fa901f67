/** REST's lists, page by page while rows are added, as tables, and what a row of them says of others. */
import { formatKwh } from "@enerlink/protocol";
import { getAddress } from "viem";
import { expect, test } from "vitest";
import type { Answer } from "./harness.ts";
import type { World } from "./index.service.test.ts";

const BUYER = 5;
const SELLER = 3;

export const pages = (world: World) => () => {
  const get = async (path: string): Promise<Answer> => {
    const { status, answer } = await world.harness.rest("GET", path);
    expect(status, `${path} ${JSON.stringify(answer)}`).toBe(200);
    return answer;
  };
  const table = async (path: string) => {
    const response = await fetch(`${world.harness.url}/api/v1${path}`);
    const text = await response.text();
    return { link: response.headers.get("link"), type: response.headers.get("content-type"), text };
  };
  const who = (person: number) => world.harness.address(person);
  const keyOf = (item: Answer) => item.id ?? `${item.communityId} ${item.meterId} ${item.start}`;
  const near = "latitude=-6.2&longitude=106.8166&status=any";

  /** Each list with its filters; what is added goes on top of those that are newest first. */
  const lists = () => [
    "/trading/orders?",
    "/trading/orders?side=sell&",
    `/trading/orders?ownerId=${who(BUYER)}&status=cancelled&`,
    "/trading/trades?",
    `/trading/trades?participantId=${who(SELLER)}&`,
    "/energy-trading/offers?status=any&",
    `/energy-trading/offers?sellerId=${who(SELLER)}&status=any&`,
    `/energy-trading/offers?${near}&`,
    "/energy-trading/trades?",
    `/energy-trading/trades?participantId=${who(BUYER)}&`,
    "/energy-trading/transactions?",
    "/energy-trading/ratings?",
    `/energy-trading/ratings?ratedId=${who(SELLER)}&`,
    "/meters?",
    "/meters?kind=battery&status=active&",
    "/energy/settlements?",
    "/energy/settlements?meterId=battery-01&",
    `/wallet/${who(BUYER)}/transactions?`,
  ];

  /** Adds a row to each list: a settlement, an order that rests, a fill, an offer and a request. */
  async function add() {
    const { harness, activity } = world;
    const { id: meterId, importWh, epoch } = activity.meters[2]!;
    activity.meters[2]!.exportWh += 100n;
    await harness.pass(120);
    const timestamp = await harness.now();
    const { exportWh } = activity.meters[2]!;
    await harness.settle([{ meterId, exportWh, importWh, storedWh: 900_000n, timestamp, epoch }]);
    await harness.send(BUYER, "market", "placeOrder", [0, 1, 100, 0, 0]);
    await harness.send(BUYER, "market", "placeOrder", [1, 1, 100, 1, 1]);
    const { h3Cell } = (await harness.query(`{ meter(id: "${meterId}") { h3Cell } }`)).meter;
    const until = timestamp + 3_600;
    const offer = [meterId, 100, 1_500_000, BigInt(`0x${h3Cell}`), timestamp, until];
    await harness.send(SELLER, "market", "createOffer", offer);
    const offerId = await harness.read("market", "offerCount");
    await harness.send(BUYER, "market", "requestTrade", [offerId, 100, 1_500_000, until]);
    await harness.caughtUp();
  }

  test("every list, by every filter: each row once, while rows are added", async () => {
    for (const list of lists()) {
      const whole = await get(`${list}limit=1000`);
      expect(whole.next, list).toBeNull();
      expect([list, whole.items.length]).toEqual([list, whole.total]);
      const before = whole.items.map(keyOf);
      const limit = Math.max(1, Math.ceil(before.length / 2));
      const seen: string[] = [];
      for (let next: string | null = ""; next !== null; ) {
        const page: Answer = await get(
          `${list}limit=${limit}${next && `&before=${encodeURIComponent(next)}`}`,
        );
        seen.push(...page.items.map(keyOf));
        next = page.next;
        await add();
      }
      expect(new Set(seen).size, list).toBe(seen.length);
      // A status may have changed meanwhile; nothing else takes a row out of a list.
      const lasting = list.includes("status=cancelled") || !list.includes("status=") || list.includes("any");
      if (lasting) expect(seen, list).toEqual(expect.arrayContaining(before));
    }
  });

  test("a place that is none is refused", async () => {
    for (const path of [
      "/trading/orders?",
      `/energy-trading/offers?${near}&`,
      `/wallet/${who(1)}/transactions?`,
    ]) {
      for (const [query, field] of [
        ["before=nothing", "before"],
        ["limit=1001", "limit"],
        ["format=xml", "format"],
      ]) {
        const { status, answer } = await world.harness.rest("GET", `${path}${query}`);
        expect([path, status, answer.errors[0].field]).toEqual([path, 400, field]);
      }
    }
    const { next } = await get("/trading/orders?limit=1");
    // Lists beside each other may be ordered by columns alike: a place in one is none in the other.
    const nextOf = async (path: string) => (await get(`${path}&limit=1`)).next as string;
    const trade = await nextOf("/energy-trading/trades?");
    const offer = await nextOf("/energy-trading/offers?status=any");
    const close = await nextOf(`/energy-trading/offers?${near}`);
    const mine = await nextOf(`/wallet/${who(BUYER)}/transactions?`);
    const sold = await nextOf("/trading/orders?side=sell");
    for (const [path, before] of [
      ["/energy-trading/offers?status=any", trade],
      ["/energy-trading/trades?", offer],
      [`/energy-trading/trades?buyerId=${who(BUYER)}`, trade],
      [`/energy-trading/offers?${near.replace("-6.2", "-6.3")}`, close],
      [`/energy-trading/offers?${near}&maxPrice=5000`, close],
      [`/wallet/${who(SELLER)}/transactions?`, mine],
      ["/trading/orders?", sold],
    ] as const) {
      const place = `${path}&before=${encodeURIComponent(before)}`;
      const { status, answer } = await world.harness.rest("GET", place);
      expect([path, status, answer.errors?.[0]]).toEqual([
        path,
        400,
        {
          field: "before",
          message: "must be the `next` of an answer of this list, asked for with the same filters",
        },
      ]);
    }
    for (const path of ["/trading/trades", "/energy-trading/offers", `/wallet/${who(1)}/transactions`])
      expect((await world.harness.rest("GET", `${path}?before=${next}`)).status, path).toBe(400);
    const both = await world.harness.rest("GET", `/trading/orders?before=${next}&offset=1`);
    expect([both.status, both.answer.errors[0].field]).toEqual([400, "offset"]);
  });

  test("every list is there as a table, which says where it goes on", async () => {
    for (const list of lists()) {
      const { items, total } = await get(`${list}limit=2`);
      const { link, type, text } = await table(`${list}limit=2&format=csv`);
      const [names, ...lines] = text.trimEnd().split("\r\n");
      const [id] = names!.split(",");
      expect([list, type, id, lines.length]).toEqual([list, "text/csv; charset=utf-8", "id", items.length]);
      expect(lines.map((line) => line.split(",")[0])).toEqual(items.map((item: Answer) => item.id));
      expect([list, link !== null]).toEqual([list, total > items.length]);
      if (!link) continue;
      const [, query] = /^<\?(.+)>; rel="next"$/.exec(link)!;
      expect(new URLSearchParams(query).get("format")).toBe("csv");
      const path = list.slice(0, list.indexOf("?"));
      expect((await table(`${path}?${query}`)).text).toContain(`${names}\r\n`);
    }
  });

  test("every meter and rating is listed as it stands in its table", async () => {
    const { meters, ratings } = await world.harness.query(
      `{ meters(orderBy: "number", limit: 1000) { items { id serial owner kind debtWh } }
         ratings(limit: 1000) { items { id rater rated stars tradeId } } }`,
    );
    const { items } = await get("/meters?limit=1000");
    expect(
      items.map(({ id, chainId, ownerId, kind, debtKwh }: Answer) => [id, chainId, ownerId, kind, debtKwh]),
    ).toEqual(
      meters.items.map(({ id, serial, owner, kind, debtWh }: Answer) => [
        serial,
        id,
        owner === null ? null : getAddress(owner),
        kind.toLowerCase(),
        formatKwh(BigInt(debtWh)),
      ]),
    );
    for (const meter of items) {
      expect(await get(`/meters/${meter.id}`)).toEqual(meter);
      expect(await get(`/meters/${meter.chainId}`)).toEqual(meter);
    }
    const own = await get(`/meters?ownerId=${who(SELLER)}`);
    expect(own.items).toEqual(items.filter(({ ownerId }: Answer) => ownerId === who(SELLER)));
    expect((await get("/meters?communityId=4000000000")).items).toEqual([]);
    const told = (await get("/energy-trading/ratings?limit=1000")).items;
    expect(told.length).toBeGreaterThan(0);
    const inTables = ratings.items.map(({ id, rater, rated, stars, tradeId }: Answer) => [
      id,
      getAddress(rater),
      getAddress(rated),
      stars,
      tradeId,
    ]);
    expect(
      told
        .map(({ id, raterId, ratedId, stars, tradeId }: Answer) => [id, raterId, ratedId, stars, tradeId])
        .toSorted(),
    ).toEqual(inTables.toSorted());
  });

  test("a row of a wallet's history says who was on the other side", async () => {
    const { fills } = await world.harness.query("{ fills(limit: 5) { items { id buyer seller } } }");
    for (const { id, buyer, seller } of fills.items) {
      for (const [one, other] of [
        [buyer, seller],
        [seller, buyer],
      ]) {
        const { items } = await get(`/wallet/${one}/transactions?limit=1000`);
        const found = items.find(
          (item: Answer) => item.reference === id && (buyer !== seller || item.type === "sold"),
        );
        expect(found.counterparty.toLowerCase()).toBe(other);
      }
    }
    const { trades } = await world.harness.query(
      "{ trades(where: { status: COMPLETED }, limit: 3) { items { id buyer seller } } }",
    );
    for (const { id, buyer, seller } of trades.items) {
      const { items } = await get(`/wallet/${buyer}/transactions?limit=1000`);
      const held = items.filter((item: Answer) => item.reference === id);
      expect(held.length).toBeGreaterThan(1);
      for (const { counterparty } of held) expect(counterparty.toLowerCase()).toBe(seller);
    }
  });

  test("an order is found by its id, and by the transaction that placed it", async () => {
    const { items } = await get("/trading/orders?limit=1000");
    const rested = items.find(({ id }: Answer) => !id.startsWith("0x"));
    const atOnce = items.find(({ id }: Answer) => id.startsWith("0x"));
    for (const order of [rested, atOnce]) {
      expect(await get(`/trading/orders/${order.id}`)).toEqual(order);
      const found = await get(`/trading/orders?transaction=${order.blockchainTxHash}`);
      expect(found.items).toEqual([order]);
    }
    const gone = await world.harness.rest("DELETE", `/trading/orders/${atOnce.id}?from=${who(BUYER)}`);
    expect([gone.status, gone.answer.detail]).toEqual([
      422,
      "an order that was filled at once never rested in the book",
    ]);
    expect((await world.harness.rest("GET", "/trading/orders/5")).status).toBe(404);
    expect((await world.harness.rest("GET", "/trading/orders/five")).status).toBe(400);
  });
};
