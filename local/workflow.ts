/**
 * `pnpm workflow`: a seller's battery and a buyer trade from offer to statistics, with REST, GraphQL and two private
 * keys alone. Every answer is compared with what must follow from the step before; a mismatch ends it, non-zero.
 *
 *   pnpm workflow     against what `pnpm start` runs; settings:
 *
 *   INDEXER_URL       http://localhost:42069
 *   RPC_URL           http://127.0.0.1:8545, to send what the wallets signed
 *   SELLER_KEY        owner of a battery; of the local market's, one whose battery is least busy
 *   BUYER_KEY         somebody else; a home of the local market that keeps to tokens and has no battery
 *   WORKFLOW_SECONDS  how long a battery may take to discharge a part, 900
 */
import { setTimeout as sleep } from "node:timers/promises";
import { formatIdr, formatKwh, formatPrice, parseKwh } from "@enerlink/protocol";
import {
  INDEXER_URL_IS,
  privateKey,
  RPC_URL_IS,
  readSettings,
  rpcNodes,
  secret,
  url,
  whole,
} from "@enerlink/service/settings";
import { createWalletClient, defineChain, type Hex, http, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { homes } from "./accounts.ts";
import { isNeighbour } from "./neighbourhood.ts";
import { say } from "./output.ts";
import { localSettings } from "./settings.ts";
import { batteryOf } from "./setup.ts";

/** Two parts of the least that can be traded. */
const PART_WH = 100n;
const OFFER_WH = 2n * PART_WH;
/** milli-IDR per kWh; above what neighbours ask, so that nobody else buys it meanwhile. */
const PRICE = 1_999_000n;
const OFFER_SECONDS = 6 * 3_600;

export const workflowSettings = z.object({
  INDEXER_URL: url("http", "https").optional().describe(INDEXER_URL_IS),
  RPC_URL: rpcNodes.optional().describe(RPC_URL_IS),
  SELLER_KEY: secret(
    privateKey.optional(),
    "Who sells in `enerlink workflow`: a battery's owner; by default the local home whose battery is least promised.",
  ),
  BUYER_KEY: secret(privateKey.optional(), "Who buys there; by default a local home without a battery."),
  WORKFLOW_SECONDS: whole(1, 86_400)
    .default(900)
    .describe("Seconds that a battery may take there to discharge what was sold."),
});

// biome-ignore lint/suspicious/noExplicitAny: what a server answers, compared field by field
type Answer = any;

class Mismatch extends Error {}

function expectEqual(what: string, found: unknown, expected: unknown) {
  if (found !== expected) throw new Mismatch(`${what} is ${found}, and must be ${expected}`);
}
function expectAtLeast(what: string, found: bigint, least: bigint) {
  if (found < least) throw new Mismatch(`${what} is ${found}, and must be at least ${least}`);
}

/** @returns what was traded, for people and for programs. @throws at the first step that does not come out as it must */
export function workflow(): Promise<{ text: string; data: object }> {
  return goThrough().catch((error: Error) => {
    throw new Error(`FAILED: ${error.message}`);
  });
}

async function goThrough() {
  const settings = readSettings(workflowSettings);
  const { CHAIN_PORT, INDEXER_PORT } = readSettings(localSettings);
  const index = makeIndex(
    settings.INDEXER_URL ?? `http://localhost:${INDEXER_PORT}`,
    settings.RPC_URL?.[0] ?? `http://127.0.0.1:${CHAIN_PORT}`,
  );
  const buyer =
    settings.BUYER_KEY ??
    homes.find((home) => !isNeighbour(home) && batteryOf(home) === undefined)!.privateKey;
  const run: Run = {
    ...index,
    seller: privateKeyToAccount(settings.SELLER_KEY ?? (await leastBusy(index))),
    buyer: privateKeyToAccount(buyer),
    patience: settings.WORKFLOW_SECONDS,
  };
  const battery = await batteryOfSeller(run);
  const before = await run.ok("GET", "/energy-trading/statistics");
  const boughtBefore = await bought(run);
  say("workflow", `seller ${run.seller.address} with ${battery.serial}, buyer ${run.buyer.address}`);

  await until(300, `${battery.serial} has ${OFFER_WH} Wh to offer`, () => hasRoom(run));
  const offerId = await createOffer(run, battery.serial);
  await findNearby(run, offerId);
  const trades = [await tradePart(run, offerId, "a part"), await tradePart(run, offerId, "the rest")];
  const sold = await run.ok("GET", offerPath(offerId));
  expectEqual("the offer's status", sold.status, "completed");
  expectEqual("what remains of the offer", sold.remainingAmount, "0");
  done("sold out", `offer ${offerId} is completed`);
  const soldWh = await account(run, trades);
  await count(run, before, boughtBefore);
  const costIdrs = soldWh * PRICE;
  return {
    text: `offer ${offerId} went its whole way: ${formatKwh(soldWh)} kWh for ${formatIdr(costIdrs)} IDR`,
    data: { offerId, trades, soldWh, costIdrs },
  };
}

type Person = ReturnType<typeof privateKeyToAccount>;
type Index = ReturnType<typeof makeIndex>;
type Run = Index & {
  seller: Person;
  buyer: Person;
  /** How long a battery may take to discharge a part, seconds. */
  patience: number;
};

function offerPath(id: string): string {
  return `/energy-trading/offers/${id}`;
}

/** The index as a program uses it: REST, GraphQL, and what REST prepared, signed and sent. */
function makeIndex(url: string, rpcUrl: string) {
  async function rest(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; answer: Answer }> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, answer: await response.json() };
  }

  async function ok(method: string, path: string, body?: object): Promise<Answer> {
    const { status, answer } = await rest(method, path, body);
    if (status !== 200) throw new Mismatch(`${method} ${path} answers ${status}: ${answer.detail}`);
    return answer;
  }

  async function graphql(query: string, variables: object = {}): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer;
    if (errors) throw new Mismatch(`GraphQL answers ${errors[0].message}`);
    return data;
  }

  /** Signs what REST prepared with the person's key, sends it, and waits until the index knows it. */
  async function sign(person: Person, { transaction }: Answer): Promise<boolean> {
    const { to, data, gas, chainId } = transaction;
    const chain = defineChain({
      id: chainId,
      name: "EnerLink",
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    });
    const wallet = createWalletClient({
      account: person,
      chain,
      transport: http(),
      pollingInterval: 250,
    }).extend(publicActions);
    const hash = await wallet.sendTransaction({ to, data, gas: (BigInt(gas) * 3n) / 2n });
    const { status, blockNumber } = await wallet.waitForTransactionReceipt({ hash });
    await until(60, `block ${blockNumber} is indexed`, async () => {
      const { chain: indexed } = (await (await fetch(`${url}/status`)).json()) as Answer;
      return indexed.block.number >= Number(blockNumber);
    });
    return status === "success";
  }

  /** A write of REST, signed and sent; approves `token` first where the market may not pull it yet. */
  async function write(person: Person, token: "IDRS" | "ETK", path: string, body: object): Promise<Answer> {
    const given = { from: person.address, ...body };
    let { status, answer } = await rest("POST", path, given);
    if (answer.contractError?.name === "ERC20InsufficientAllowance") {
      const approval = { from: person.address, token, amount: "1000000000" };
      await sign(person, await ok("POST", "/trading/approve", approval));
      ({ status, answer } = await rest("POST", path, given));
    }
    if (status !== 200) throw new Mismatch(`POST ${path} answers ${status}: ${answer.detail}`);
    if (!(await sign(person, answer))) throw new Mismatch(`POST ${path}: its transaction reverted`);
    return answer;
  }

  /** A change of a trade's status that somebody else may do first, or that may come too early. */
  async function attempt(person: Person, path: string, status: string) {
    const { status: code, answer } = await rest("PUT", path, { from: person.address, status });
    if (code === 200) await sign(person, answer);
    else if (code !== 422) throw new Mismatch(`PUT ${path} answers ${code}: ${answer.detail}`);
  }

  return { rest, ok, graphql, sign, write, attempt };
}

/** The key of the local home with the battery that owes least, of those with room for the offer. */
async function leastBusy({ graphql }: Index): Promise<Hex> {
  const { meters } = await graphql(`{
    meters(where: { kind: BATTERY, status: ACTIVE }) {
      items { owner storedWh debtWh promisedWh offers(where: { status: ACTIVE }) { items { remainingWh } } } } }`);
  const batteries = meters.items.map(({ owner, storedWh, debtWh, promisedWh, offers }: Answer) => {
    const offeredWh = offers.items.reduce((sum: bigint, row: Answer) => sum + BigInt(row.remainingWh), 0n);
    const owedWh = BigInt(promisedWh) - offeredWh;
    return { owner, owedWh, roomWh: BigInt(storedWh) - BigInt(debtWh) - owedWh };
  });
  const [best] = batteries
    .filter(({ roomWh }: Answer) => roomWh >= OFFER_WH)
    .sort((a: Answer, b: Answer) => Number(a.owedWh - b.owedWh));
  const home = homes.find(({ account }) => account.address.toLowerCase() === best?.owner);
  if (home) return home.privateKey;
  throw new Mismatch("no battery of the local market has energy left to offer: set SELLER_KEY");
}

async function batteryOfSeller({ graphql, seller }: Run): Promise<Answer> {
  const { meters } = await graphql(
    `query ($owner: String!) {
      meters(where: { owner: $owner, kind: BATTERY, status: ACTIVE }) {
        items { id serial storedWh capacityWh debtWh promisedWh } } }`,
    { owner: seller.address.toLowerCase() },
  );
  if (meters.items.length > 0) return meters.items[0];
  throw new Mismatch(`${seller.address} has no battery: set SELLER_KEY to a battery's owner`);
}

/** What the buyer has bought so far, Wh. */
async function bought({ graphql, buyer }: Run): Promise<bigint> {
  const { portfolio } = await graphql("query ($who: String!) { portfolio(address: $who) { boughtWh } }", {
    who: buyer.address,
  });
  return BigInt(portfolio.boughtWh);
}

/**
 * Takes as much from the seller's other offers of the battery as the new one needs.
 * @returns whether there is room now; an offer that has just expired holds its part until somebody closes it
 */
async function hasRoom(run: Run): Promise<boolean> {
  const { id: meter, storedWh, capacityWh, debtWh, promisedWh } = await batteryOfSeller(run);
  const freeWh = least(BigInt(storedWh), BigInt(capacityWh)) - BigInt(debtWh) - BigInt(promisedWh);
  if (freeWh >= OFFER_WH) return true;
  const { offers } = await run.graphql(
    `query ($meter: String!) {
      offers(where: { batteryId: $meter, status: ACTIVE }, limit: 1000) {
        items { id remainingWh currentStatus } } }`,
    { meter },
  );
  const open = offers.items.find(
    ({ remainingWh, currentStatus }: Answer) => currentStatus === "ACTIVE" && BigInt(remainingWh) > 0n,
  );
  if (!open) return false;
  const left = BigInt(open.remainingWh) - (OFFER_WH - freeWh);
  const from = run.seller.address;
  const { status, answer } =
    left >= PART_WH
      ? await run.rest("PUT", offerPath(open.id), { from, energyAmount: formatKwh(left) })
      : await run.rest("DELETE", `${offerPath(open.id)}?from=${from}`);
  if (status === 200) await run.sign(run.seller, answer);
  return false;
}

/** @returns the offer's id */
async function createOffer({ graphql, write, ok, seller }: Run, batteryId: string): Promise<string> {
  const { chainTime } = await graphql("{ chainTime }");
  const created = await write(seller, "ETK", "/energy-trading/offers", {
    batteryId,
    energyAmount: formatKwh(OFFER_WH),
    pricePerKwh: formatPrice(PRICE),
    availableTo: new Date((Number(chainTime) + OFFER_SECONDS) * 1_000).toISOString(),
  });
  const { offerId } = created.result;
  const offer = await ok("GET", offerPath(offerId));
  expectEqual("the offer's seller", offer.sellerId, seller.address);
  expectEqual("the offer's amount", offer.energyAmount, formatKwh(OFFER_WH));
  expectEqual("the offer's price", offer.pricePerKwh, formatPrice(PRICE));
  const indexed = await graphql(
    "query ($id: BigInt!) { offer(id: $id) { remainingWh price currentStatus } }",
    { id: offerId },
  );
  expectEqual("what GraphQL says remains, Wh", indexed.offer.remainingWh, String(OFFER_WH));
  expectEqual("GraphQL's price", indexed.offer.price, String(PRICE));
  done("offered", `${formatKwh(OFFER_WH)} kWh at ${formatPrice(PRICE)} IDR/kWh as offer ${offerId}`);
  return offerId;
}

async function findNearby({ ok, seller }: Run, offerId: string): Promise<void> {
  const { latitude, longitude } = (await ok("GET", offerPath(offerId))).location;
  const around = `latitude=${latitude}&longitude=${longitude}&maxDistanceKm=5&sellerId=${seller.address}&limit=200`;
  const near = await ok("GET", `/energy-trading/offers?${around}`);
  const found = near.items.find(({ id }: Answer) => id === offerId);
  if (!found) throw new Mismatch(`offer ${offerId} is not among the ${near.total} offers within 5 km of it`);
  done("found", `among ${near.total} of the seller's within 5 km, ${found.distanceKm.toFixed(2)} km away`);
}

/** Requests, accepts and has delivered one part. @returns the trade's id */
async function tradePart(run: Run, offerId: string, what: string): Promise<string> {
  const { ok, attempt, seller, buyer } = run;
  const asked = await run.write(buyer, "IDRS", "/energy-trading/trades", {
    offerId,
    energyAmount: formatKwh(PART_WH),
    pricePerKwh: formatPrice(PRICE),
  });
  const { tradeId } = asked.result;
  const path = `/energy-trading/trades/${tradeId}`;
  const requested = await ok("GET", path);
  expectEqual("the trade's total price", requested.totalPrice, formatIdr(PART_WH * PRICE));
  expectEqual("the trade's buyer", requested.buyerId, buyer.address);
  const held = `${requested.totalPrice} IDR held`;
  done("requested", `${what}: ${formatKwh(PART_WH)} kWh as trade ${tradeId}, ${held}`);

  // On the local market the seller's own program may be quicker.
  if (requested.status === "pending") await attempt(seller, `${path}/status`, "accepted");
  await until(60, `trade ${tradeId} is accepted`, async () => (await ok("GET", path)).status !== "pending");
  const { status } = await ok("GET", path);
  if (status !== "completed") expectEqual("the trade's status", status, "accepted");
  done("accepted", `trade ${tradeId}; the battery is told to discharge`);

  const began = Date.now();
  await until(run.patience, `trade ${tradeId} is delivered`, async () => {
    const trade = await ok("GET", path);
    if (trade.status === "completed") return true;
    expectEqual("the trade's status", trade.status, "accepted");
    // Refused until the discharge is metered; the oracle may deliver first.
    await attempt(seller, `${path}/status`, "completed");
    return false;
  });
  const { deliveredAmount } = await ok("GET", path);
  expectEqual("what was delivered", deliveredAmount, formatKwh(PART_WH));
  const seconds = Math.round((Date.now() - began) / 1_000);
  done("delivered", `${deliveredAmount} kWh of trade ${tradeId}, ${seconds} s after its acceptance`);
  return tradeId;
}

/** Compares every delivery of `trades` over REST and GraphQL. @returns what was delivered in all, Wh */
async function account({ ok, graphql }: Run, trades: string[]): Promise<bigint> {
  let deliveredWh = 0n;
  for (const tradeId of trades) {
    const { items } = await ok("GET", `/energy-trading/transactions?tradeId=${tradeId}`);
    const { energyTransactions } = await graphql(
      "query ($id: BigInt!) { energyTransactions(where: { tradeId: $id }) { items { wattHours cost transactionHash } } }",
      { id: tradeId },
    );
    expectEqual("deliveries in GraphQL", energyTransactions.items.length, items.length);
    for (const { wattHours, cost, transactionHash } of energyTransactions.items) {
      const listed = items.find(({ blockchainTxHash }: Answer) => blockchainTxHash === transactionHash);
      expectEqual("a delivery's energy", listed?.energyAmount, formatKwh(BigInt(wattHours)));
      expectEqual("a delivery's price", listed?.totalPrice, formatIdr(BigInt(cost)));
      expectEqual("its cost in GraphQL", BigInt(cost), BigInt(wattHours) * PRICE);
      deliveredWh += BigInt(wattHours);
      const paid = `${formatKwh(BigInt(wattHours))} kWh for ${listed.totalPrice} IDR`;
      say("", `           ${paid} in ${transactionHash}`);
    }
  }
  expectEqual("delivered in all, Wh", deliveredWh, OFFER_WH);
  done("accounted", `${formatKwh(deliveredWh)} kWh for ${formatIdr(deliveredWh * PRICE)} IDR`);
  return deliveredWh;
}

/** Compares the statistics with what they were. */
async function count(run: Run, before: Answer, boughtBefore: bigint): Promise<void> {
  const after = await run.ok("GET", "/energy-trading/statistics");
  const grew = (field: string) => parseKwh(after[field]) - parseKwh(before[field]);
  expectAtLeast("more energy traded, Wh", grew("totalEnergyTraded"), OFFER_WH);
  expectAtLeast("more trades completed", BigInt(after.completedTrades - before.completedTrades), 2n);
  expectAtLeast("more deliveries", BigInt(after.transactionCount - before.transactionCount), 2n);
  expectAtLeast("what the buyer bought more, Wh", (await bought(run)) - boughtBefore, OFFER_WH);
  const { completedTrades, totalEnergyTraded, averagePricePerKwh } = after;
  const average = `${averagePricePerKwh} IDR/kWh on average`;
  done("counted", `${completedTrades} trades completed, ${totalEnergyTraded} kWh at ${average}`);
}

function least(a: bigint, b: bigint) {
  return a < b ? a : b;
}

async function until(seconds: number, what: string, condition: () => Promise<boolean>) {
  const end = Date.now() + seconds * 1_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Mismatch(`waited ${seconds} s in vain until ${what}`);
    await sleep(1_000);
  }
}

function done(step: string, what: string) {
  say("workflow", `${step.padEnd(10)} ${what}`, { step });
}
