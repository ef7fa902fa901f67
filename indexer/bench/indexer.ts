/**
 * How fast the index reads history, how soon it answers about a new block, and how long its commonest questions take
 * while blocks keep coming; on PostgreSQL also that no question reads a large table from end to end.
 *
 *   pnpm bench:indexer [--events 10000,200000] [--database pglite,postgres] [--seconds 60] [--serve]
 *
 * `--serve` asks a `ponder serve` beside the indexing process as well. The chain is anvil in a process of its own, so its
 * time is part of what is measured; the same chain is read by bare Ponder with one row for each event, which is what
 * Ponder itself can do here. It ends with a table for docs/measurements.md.
 */
import { parseArgs } from "node:util";
import { startChain } from "../test/chain.ts";
import { makeIndex } from "../test/index-process.ts";
import { plansIn, scansOf } from "../test/plans.ts";
import { type Postgres, startPostgres } from "../test/postgres.ts";
import { load, quantile } from "./load.ts";
import { type Market, makeMarket } from "./market.ts";
import { commonestQuestions } from "./queries.ts";

const CLIENTS = 50;
const LIVE_BLOCKS = 50;
const WARM_UP_SECONDS = 10;
/** How many quote anew in each block while questions are asked, and how often: some 300 events each. */
const BUSY_TRADERS = 6;
const BLOCK_SECONDS = 2;
/** A table with more rows is large. */
const LARGE = 1_000;
const bare = new URL("bare/", import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000,200000" },
    database: { type: "string", default: "pglite,postgres" },
    seconds: { type: "string", default: "60" },
    serve: { type: "boolean", default: false },
  },
});
const sizes = values.events.split(",").map(Number);
const databases = values.database.split(",");
const seconds = Number(values.seconds);

/** One column of the table: what was measured, by name. */
type Column = { title: string; figures: Map<string, string> };

const began = performance.now();
const chain = await startChain({ accounts: 110, gasLimit: 10_000_000_000n });
const postgres = databases.includes("postgres")
  ? await startPostgres({
      flags: ["shared_preload_libraries=auto_explain", "log_line_prefix=%a|"],
    })
  : undefined;
const columns: Column[] = [];
try {
  const market = await makeMarket(chain);
  for (const size of sizes) {
    await market.grow(size, (events) => say(`${grouped(events)} events on the chain`));
    for (const database of databases) columns.push(...(await measure(market, database)));
  }
} finally {
  await postgres?.stop();
  await chain.stop();
}
console.info(table(columns));

async function measure(market: Market, database: string): Promise<Column[]> {
  const events = market.events();
  const name = database === "postgres" ? "PostgreSQL" : "PGlite";
  const column: Column = { title: `${name}, ${grouped(events)} events`, figures: new Map() };
  say(column.title);

  const floor = await open(database, events, "bare");
  const bareRate = await backfill(floor, events);
  await floor.stop();
  note(column, "bare Ponder, a row an event, events/s", grouped(bareRate));
  const index = await open(database, events, "index");
  try {
    const rate = await backfill(index, events);
    note(column, "history, events/s", grouped(rate));
    note(column, "their ratio", (rate / bareRate).toFixed(2));
    if (postgres && database === "postgres") await tidy(postgres, events);
    await answer(column, index.url, market);
    if (!postgres || database !== "postgres") return [column];
    if (!values.serve) {
      await checkPlans(postgres, `index_${events}`, index, market);
      return [column];
    }
    const server = await open(database, events, "serve");
    try {
      await server.spawnIndex({}, "serve");
      const served: Column = { title: `${column.title}, \`ponder serve\``, figures: new Map() };
      say(served.title);
      await answer(served, server.url, market);
      await checkPlans(postgres, `index_${events}`, server, market);
      return [column, served];
    } finally {
      await server.stop();
    }
  } finally {
    await index.stop();
  }
}

async function open(database: string, events: number, program: "index" | "bare" | "serve") {
  const name = `${program === "bare" ? "bare" : "index"}_${events}`;
  if (database === "postgres" && program !== "serve") await postgres!.createDatabase(name);
  return makeIndex({
    chain,
    ...(program === "bare" ? { folder: bare } : {}),
    environment: {
      POLLING_INTERVAL: "100",
      TRUSTED_PROXIES: "127.0.0.1",
      ...(database === "postgres" ? { DATABASE_URL: postgres!.url(name) } : {}),
    },
  });
}

type Index = Awaited<ReturnType<typeof open>>;

/** @returns events per second from the program's first answer to its having read history */
async function backfill(index: Index, events: number): Promise<number> {
  await index.spawnIndex();
  const began = performance.now();
  await index.untilReady(600);
  return Math.round((events * 1_000) / (performance.now() - began));
}

/** Measures how soon `url` knows a block, and how long its clients wait while blocks come. */
async function answer(column: Column, url: string, market: Market) {
  await live(url, market, 5);
  note(column, "block to answer", figures(await live(url, market, LIVE_BLOCKS)));
  const stop = trading(market);
  const questions = await asked(market);
  await load({ url, questions, seconds: WARM_UP_SECONDS });
  const waited = await load({ url, questions, seconds });
  const { blocks, events } = await stop();
  say(`${blocks} blocks of ${Math.round(events / blocks)} events`);
  for (const [name, times] of waited) note(column, name, figures(times));
}

/** What each client asks. */
async function asked(market: Market) {
  const now = await chain.now();
  return market.homes.slice(0, CLIENTS).map((home) => commonestQuestions(home, now));
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

/** Trades on, block after block, until the returned function is called. @returns how many blocks and events it was */
function trading(market: Market) {
  const before = market.events();
  let blocks = 0;
  let done = false;
  const going = (async () => {
    while (!done) {
      await market.quote(BUSY_TRADERS);
      blocks++;
      await new Promise((resolve) => setTimeout(resolve, BLOCK_SECONDS * 1_000));
    }
  })();
  return async () => {
    done = true;
    await going;
    return { blocks, events: market.events() - before };
  };
}

/** Does at once what PostgreSQL's autovacuum does in the minutes after so many rows, which would be measured instead. */
async function tidy(postgres: Postgres, events: number) {
  for (const [database, statements] of [
    ["postgres", [`DROP DATABASE bare_${events} WITH (FORCE)`]],
    [`index_${events}`, ["VACUUM (ANALYZE)", "CHECKPOINT"]],
  ] as const) {
    const client = postgres.client(database);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
}

/** @throws when PostgreSQL, left to choose, reads all of a large table for one of the commonest questions */
async function checkPlans(postgres: Postgres, database: string, index: Index, market: Market) {
  const client = postgres.client(database);
  await client.connect();
  try {
    await client.query("ALTER SYSTEM SET auto_explain.log_min_duration = 0");
    await client.query("SELECT pg_reload_conf()");
    const { rows } = await client.query("SELECT relname FROM pg_stat_user_tables WHERE n_live_tup <= $1", [
      LARGE,
    ]);
    const small = new Set<string>(rows.map(({ relname }: { relname: string }) => relname));
    for (const { name, query, variables } of (await asked(market))[0]!) {
      const before = postgres.log().length;
      const plans = () => plansIn(postgres.log().slice(before));
      await index.until(`the plan of ${name} is logged`, async () => {
        await index.query(query, variables);
        return plans().length > 0;
      });
      const scans = plans().flatMap((plan) => scansOf(plan, small));
      if (scans.length > 0) throw new Error(`${name} ${scans.join(", ")}`);
    }
    say("every question is led to its rows by an index");
  } finally {
    await client.query("ALTER SYSTEM RESET auto_explain.log_min_duration");
    await client.query("SELECT pg_reload_conf()");
    await client.end();
  }
}

function table(columns: Column[]): string {
  const names = [...new Set(columns.flatMap(({ figures }) => [...figures.keys()]))];
  const rows = names.map((name) => [name, ...columns.map(({ figures }) => figures.get(name) ?? "")]);
  const head = ["p50 / p99 in ms unless said", ...columns.map(({ title }) => title)];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function note({ figures }: Column, name: string, figure: string) {
  figures.set(name, figure);
  say(`  ${name}: ${figure}`);
}

function figures(times: number[]): string {
  return `${quantile(times, 0.5).toFixed(0)} / ${quantile(times, 0.99).toFixed(0)}`;
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}

function say(text: string) {
  console.error(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}
