/** What a program needs beside orders: what is there, for which block an answer stands, its money, its own permissions. */
import { formatKwh } from "@enerlink/protocol";
import { maxUint256 } from "viem";
import { expect, test } from "vitest";
import type { Answer } from "./harness.ts";
import type { World } from "./index.service.test.ts";

/** One whom nothing else lets trade. */
const BOT = 6;

export const programs = (world: World) => () => {
  const bot = () => world.harness.address(BOT);
  const ok = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const { status, answer } = await world.harness.rest(method, path, body);
    expect(status, `${method} ${path} ${JSON.stringify(answer)}`).toBe(200);
    return answer;
  };
  const refused = async (status: number, method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await world.harness.rest(method, path, body);
    expect(answer.status, `${method} ${path} ${JSON.stringify(answer.answer)}`).toBe(status);
    return answer.answer;
  };
  const fieldOf = ({ errors }: Answer) => errors[0]?.field;
  const balance = (): Promise<[bigint, bigint]> => world.harness.read("market", "tradingBalance", [bot()]);
  const order = { side: "buy", pricePerKwh: "1", energyAmount: "0.1" };

  test("what there is: clocks, contracts, and what may be ordered", async () => {
    const { harness } = world;
    const time = await ok("GET", "/time");
    expect(BigInt(time.block)).toBe(await harness.client.getBlockNumber({ cacheTime: 0 }));
    expect(Date.parse(time.blockTime) / 1_000).toBe(await harness.now());
    const { contracts, chainId } = await ok("GET", "/contracts");
    expect([contracts.energyMarket, chainId]).toEqual([
      harness.contracts.market.address,
      harness.deployment.chainId,
    ]);
    const market = await ok("GET", "/market");
    expect(market).toMatchObject({
      orderBook: { paused: false, smallestOrder: "0.1", highestPrice: "65535", priceStep: "1" },
      offers: { enabled: true, priceStep: "0.001", deliveryGraceSeconds: 7_200 },
      tokens: { ETK: { decimals: 3 }, IDRS: { decimals: 6 } },
    });
    const minimum: bigint = BigInt(await harness.read("market", "minimumPrice"));
    expect(market.offers.lowestPrice).toBe(formatKwh(minimum > 0n ? minimum : 1n));
  });

  test("an answer says its block, and waits for the one that is asked for", async () => {
    const { harness } = world;
    const { blockNumber, transactionHash } = await harness.send(
      BOT,
      "market",
      "placeOrder",
      [0, 1, 100, 3, 0],
    );
    const path = `/api/v1/trading/orders?transaction=${transactionHash}&atLeastBlock=${blockNumber}`;
    const found = await fetch(`${harness.url}${path}`);
    expect((await found.json()).items).toMatchObject([{ blockchainTxHash: transactionHash }]);
    expect(BigInt(found.headers.get("enerlink-block")!)).toBeGreaterThanOrEqual(blockNumber);
    expect(found.headers.get("access-control-expose-headers")).toContain("enerlink-block");
    const query = await fetch(`${harness.url}/graphql?atLeastBlock=${blockNumber}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: `{ orders(where: { transactionHash: "${transactionHash}" }) { totalCount } }`,
      }),
    });
    expect((await query.json()).data.orders.totalCount).toBe(1);
    expect(fieldOf(await refused(400, "GET", "/time?atLeastBlock=latest"))).toBe("atLeastBlock");
    const late = await fetch(`${harness.url}/api/v1/time?atLeastBlock=${blockNumber + 1_000n}`);
    expect([late.status, Number(late.headers.get("retry-after"))]).toEqual([503, 1]);
    expect((await late.json()).detail).toMatch(/^The index has read block \d+, not \d+ yet/);
  });

  test("all own orders are taken back in one transaction", async () => {
    const { harness } = world;
    await harness.send(BOT, "market", "placeOrder", [0, 2, 200, 3, 0]);
    await harness.caughtUp();
    const [, before] = await balance();
    const all = await ok("DELETE", `/trading/orders?from=${bot()}`);
    expect(all.result).toEqual({ orders: "2", returnedEnergy: "0", returnedIdr: "0.5" });
    expect(fieldOf(await refused(400, "DELETE", "/trading/orders"))).toBe("from");
    await refused(404, "DELETE", `/trading/orders?from=${bot()}&side=sell`);
    await harness.sign(BOT, all);
    expect((await balance())[1] - before).toBe(500_000n);
    await refused(404, "DELETE", `/trading/orders?from=${bot()}`);
  });

  test("money goes into the market and out again, for oneself and for somebody else", async () => {
    const { harness } = world;
    const [, before] = await balance();
    const deposit = await ok("POST", "/trading/deposit", { from: bot(), amount: "12.5" });
    expect(deposit.effect).toBe("Moves 12.5 IDR from the wallet to the trading balance");
    await harness.sign(BOT, deposit);
    expect((await balance())[1]).toBe(before + 12_500_000n);
    const other = harness.address(1);
    const [, theirs]: [bigint, bigint] = await harness.read("market", "tradingBalance", [other]);
    await harness.sign(BOT, await ok("POST", "/trading/deposit", { from: bot(), amount: 1, account: other }));
    expect((await harness.read("market", "tradingBalance", [other]))[1]).toBe(theirs + 1_000_000n);
    await harness.sign(BOT, await ok("POST", "/trading/withdraw", { from: bot(), amount: "12.5" }));
    expect((await balance())[1]).toBe(before);
    const much = await refused(422, "POST", "/trading/withdraw", { from: bot(), energyAmount: "999999" });
    expect(fieldOf(much)).toBe("from");
    expect(much.detail).toMatch(
      /^from must have the amount free in its trading balance, and has [\d.]+ kWh and/,
    );
    const nobody = { from: bot(), amount: 1, account: `0x${"0".repeat(40)}` };
    expect(fieldOf(await refused(422, "POST", "/trading/deposit", nobody))).toBe("account");
    expect(fieldOf(await refused(400, "POST", "/trading/deposit", { from: bot() }))).toBe("amount");
  });

  test("an order brings its own permission to pull what it needs", async () => {
    const { harness } = world;
    const market = harness.contracts.market.address;
    await harness.send(BOT, "rupiah", "approve", [market, 0n]);
    const [energyWh, idrs] = await balance();
    if (energyWh > 0n || idrs > 0n) await harness.send(BOT, "market", "withdraw", [energyWh, idrs]);
    await harness.caughtUp();
    const alone = await refused(422, "POST", "/trading/order", { ...order, from: bot() });
    expect(alone.contractError.name).toBe("ERC20InsufficientAllowance");
    const asked = await ok("POST", "/trading/permit", { from: bot(), token: "IDRS", amount: "0.1" });
    expect(asked).toMatchObject({ allowance: "0", effect: expect.stringContaining("(0 IDRS)") });
    const signature = await harness.people[BOT]!.signTypedData(asked.typedData);
    const permit = { ...asked.permit, signature };
    const placed = await ok("POST", "/trading/order", { ...order, from: bot(), permit });
    expect(placed.result).toMatchObject({ filledAmount: "0" });
    await harness.sign(BOT, placed);
    expect(await ok("GET", `/trading/orders/${placed.result.orderId}`)).toMatchObject({ status: "open" });
    await harness.sign(BOT, await ok("DELETE", `/trading/orders?from=${bot()}`));
    const past = new Date(((await harness.now()) - 60) * 1_000).toISOString();
    const late = { from: bot(), token: "IDRS", amount: "0.1", deadline: past };
    expect(fieldOf(await refused(422, "POST", "/trading/permit", late))).toBe("deadline");
    const forged = { ...permit, amount: "0.2" };
    const wrong = await refused(422, "POST", "/trading/order", {
      ...order,
      pricePerKwh: "2",
      from: bot(),
      permit: forged,
    });
    expect(fieldOf(wrong)).toBe("permit.signature");
    expect(
      fieldOf(
        await refused(400, "POST", "/trading/order", { ...order, from: bot(), permit: { ...permit, v: 1 } }),
      ),
    ).toBe("permit.v");
    await harness.send(BOT, "rupiah", "approve", [market, maxUint256]);
    await harness.caughtUp();
    // Where the market may pull as much already it would pass over what is wrong: here it is said.
    const again = await ok("POST", "/trading/permit", { from: bot(), token: "IDRS", amount: "0.1" });
    const sign = async (changed: Answer, person = BOT) => {
      const message = { ...again.typedData.message, ...changed };
      return harness.people[person]!.signTypedData({ ...again.typedData, message });
    };
    const good = { ...again.permit, signature: await sign({}) };
    for (const [status, field, changed] of [
      [422, "permit.deadline", { deadline: past }],
      [400, "permit.token", { token: "ETK" }],
      [422, "permit.signature", { amount: "0.11" }],
      [422, "permit.signature", { signature: await sign({ spender: harness.address(1) }) }],
      [422, "permit.signature", { signature: await sign({ owner: harness.address(1) }) }],
      [422, "permit.signature", { signature: await sign({}, 1) }],
      [422, "permit.signature", { signature: await sign({ nonce: "77" }) }],
    ] as const) {
      const asked = { ...order, from: bot(), permit: { ...good, ...changed } };
      const answer = await refused(status, "POST", "/trading/order", asked);
      expect([field, fieldOf(answer)]).toEqual([field, field]);
    }
    await ok("POST", "/trading/order", { ...order, from: bot(), permit: good });
    const much = { ...order, energyAmount: "0.5", from: bot(), permit: good };
    const little = await refused(422, "POST", "/trading/order", much);
    expect([fieldOf(little), little.detail]).toEqual([
      "permit.amount",
      expect.stringMatching(/^permit\.amount must be at least what is pulled, 0\.\d+ IDR$/),
    ]);
    const unlimited = await ok("POST", "/trading/permit", { from: bot(), token: "IDRS", amount: "0.1" });
    expect(unlimited).toMatchObject({ allowance: null, effect: expect.stringContaining("(without limit)") });
  });

  test("a quote is what an order would get", async () => {
    for (const side of ["buy", "sell"] as const) {
      for (const energyAmount of ["0.1", "3", "4000000"]) {
        const quote = await ok(
          "GET",
          `/trading/quote?side=${side}&energyAmount=${energyAmount}&maxSteps=65535`,
        );
        const levels: Answer[] = await world.harness.read("market", "depth", [
          side === "buy" ? 1 : 0,
          1_000n,
        ]);
        let left = BigInt(Number(energyAmount) * 1_000);
        let cost = 0n;
        for (const { tick, wattHours } of levels) {
          const taken = wattHours < left ? wattHours : left;
          left -= taken;
          cost += taken * BigInt(tick) * 1_000n;
        }
        expect([quote.restAmount, Math.round(Number(quote.cost) * 1e6)]).toEqual([
          formatKwh(left),
          Number(cost),
        ]);
        expect(quote.bestPrice).toBe(levels[0] ? String(levels[0].tick) : null);
      }
    }
    const none = await ok("GET", "/trading/quote?side=buy&energyAmount=1&pricePerKwh=1");
    expect(none).toMatchObject({ filledAmount: "0", restAmount: "1", averagePrice: null, worstPrice: null });
  });
};
