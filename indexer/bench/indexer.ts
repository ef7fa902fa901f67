/**
 * How fast the index reads history, how soon it answers about a new block, and how long its commonest questions take.
 *
 *   pnpm bench:indexer [--events 10000,200000] [--database pglite,postgres] [--seconds 30]
 *
 * The chain is anvil in a process of its own, so its time is part of what is measured; the same chain is read by bare
 * Ponder with one row for each event, which is what Ponder itself can do here.
 */
import { parseArgs } from "node:util";
import { startChain } from "../test/chain.ts";
import { makeIndex } from "../test/index-process.ts";
import { startPostgres } from "../test/postgres.ts";
import { load, quantile } from "./load.ts";
import { type Market, makeMarket } from "./market.ts";
import { commonestQuestions } from "./queries.ts";

const CLIENTS = 50;
const LIVE_BLOCKS = 50;
const WARM_UP_SECONDS = 5;
const bare = new URL("bare/", import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000,200000" },
    database: { type: "string", default: "pglite,postgres" },
    seconds: { type: "string", default: "30" },
  },
});
const sizes = values.events.split(",").map(Number);
const databases = values.database.split(",");
const seconds = Number(values.seconds);

const chain = await startChain({ port: 14_545, accounts: 110, gasLimit: 10_000_000_000n });
const postgres = databases.includes("postgres") ? await startPostgres({ port: 14_154 }) : undefined;
const rows: string[][] = [];
try {
  const market = await makeMarket(chain);
  for (const size of sizes) {
    const began = performance.now();
    await market.grow(size);
    say(`${market.events()} events on the chain after ${since(began)} s`);
    for (const database of databases) rows.push(...(await measure(market, database)));
  }
} finally {
  await postgres?.stop();
  await chain.stop();
}
const head = ["events", "database", "measure", "p50 ms", "p99 ms"];
console.info([head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n"));

async function measure(market: Market, database: string): Promise<string[][]> {
  const events = market.events();
  const line = (measure: string, ...figures: string[]) => [
    String(events),
    database,
    measure,
    ...figures,
    ...Array(2 - figures.length).fill(""),
  ];

  const floor = await open(database, events, "bare");
  const bareRate = await backfill(floor, events);
  await floor.stop();
  const index = await open(database, events, "index");
  try {
    const rate = await backfill(index, events);
    const found = [
      line(`backfill ${rate} events/s, ${(rate / bareRate).toFixed(2)} of bare Ponder's ${bareRate}`),
    ];
    say(found[0]!.join(" "));
    await live(index.url, market, 5);
    const latency = await live(index.url, market, LIVE_BLOCKS);
    found.push(line("block to answer", ...figures(latency)));
    const busy = trading(market);
    const now = await chain.now();
    const questions = (client: number) => commonestQuestions(market.homes[client]!, now);
    await load(index.url, questions, CLIENTS, WARM_UP_SECONDS);
    const waited = await load(index.url, questions, CLIENTS, seconds);
    await busy();
    for (const [name, times] of waited) found.push(line(name, ...figures(times)));
    for (const row of found) say(row.join(" "));
    return found;
  } finally {
    await index.stop();
  }
}

async function open(database: string, events: number, program: "index" | "bare") {
  const name = `${program}_${events}`;
  if (database === "postgres") await postgres!.createDatabase(name);
  return makeIndex({
    chain,
    port: program === "bare" ? 14_171 : 14_170,
    ...(program === "bare" ? { folder: bare } : {}),
    environment: {
      POLLING_INTERVAL: "100",
      TRUSTED_PROXIES: "127.0.0.1",
      ...(database === "postgres" ? { DATABASE_URL: postgres!.url(name) } : {}),
    },
  });
}

/** @returns events per second from the program's first answer to its having read history */
async function backfill(index: Awaited<ReturnType<typeof open>>, events: number): Promise<number> {
  await index.spawnIndex();
  const began = performance.now();
  await index.untilReady(600);
  return Math.round((events * 1_000) / (performance.now() - began));
}

/** Milliseconds from a block to the first answer that knows it, block by block. */
async function live(url: string, market: Market, blocks: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < blocks; i++) {
    const orderId = await market.restOne();
    const began = performance.now();
    const query = `{ orders(where: { orderId: "${orderId}" }) { items { id } } }`;
    for (;;) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      const { data } = (await response.json()) as { data: { orders: { items: unknown[] } } };
      if (data.orders.items.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    times.push(performance.now() - began);
  }
  return times;
}

/** Trades on, a block of some forty events every two seconds, until the returned function is called. */
function trading(market: Market): () => Promise<void> {
  let done = false;
  const going = (async () => {
    while (!done) {
      await market.quote(1);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  })();
  return () => {
    done = true;
    return going;
  };
}

function figures(times: number[]): [string, string] {
  return [quantile(times, 0.5).toFixed(0), quantile(times, 0.99).toFixed(0)];
}

function since(began: number): string {
  return ((performance.now() - began) / 1_000).toFixed(1);
}

function say(text: string) {
  console.error(text);
}
