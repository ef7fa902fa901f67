/**
 * The index over a real chain and on a real PostgreSQL: hundreds of random transactions, then everything it answers.
 * One of each serves all of it, since they take longer to start than the tests take.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { abuse } from "./abuse.ts";
import { makeActivity } from "./activity.ts";
import { beside } from "./beside.ts";
import { documented } from "./documented.ts";
import { energy, WINDOW } from "./energy.ts";
import { graphql } from "./graphql.ts";
import { type Harness, startHarness } from "./harness.ts";
import { history } from "./history.ts";
import { homes } from "./homes.ts";
import { keys, startHolders } from "./keys.ts";
import { pages } from "./pages.ts";
import { explaining } from "./plans.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { programs } from "./programs.ts";
import { questions } from "./questions.ts";
import { rest } from "./rest.ts";
import { restarts } from "./restarts.ts";
import { stream } from "./stream.ts";
import { sums } from "./sums.ts";
import { views } from "./views.ts";
import { workflow } from "./workflow.ts";

const SEED = Number(process.env.SEED ?? 7);
const STEPS = Number(process.env.STEPS ?? 300);

export type World = {
  postgres: Postgres;
  /** Connections of the index's two roles. */
  roles: { writer: string; reader: string };
  harness: Harness;
  activity: Awaited<ReturnType<typeof makeActivity>>;
  /** Where keys of programs are made. */
  holders: Awaited<ReturnType<typeof startHolders>>;
};
const world = {} as World;

beforeAll(async () => {
  world.postgres = await startPostgres({ flags: explaining });
  world.roles = await world.postgres.createRoles();
  world.holders = await startHolders();
  world.harness = await startHarness({
    environment: {
      DATABASE_URL: world.roles.writer,
      DATABASE_READER_URL: world.roles.reader,
      SETTLEMENT_INTERVAL: String(WINDOW),
      RATE_LIMIT: "100",
      KEYS_FROM: world.holders.url,
      TRUSTED_PROXIES: "127.0.0.1",
    },
  });
  world.activity = await makeActivity(world.harness, SEED);
  // Half of history is read as history, half as it happens.
  await world.activity.act(Math.floor(STEPS / 2));
  await world.harness.startIndex();
  await world.activity.act(Math.ceil(STEPS / 2));
  await world.harness.caughtUp();
});

afterAll(async () => {
  await world.harness?.stop();
  await world.postgres?.stop();
  await world.holders?.stop();
});

describe("the index says what the contracts say", views(world));
describe("GraphQL", graphql(world));
describe("self-sufficiency", energy(world));
describe("what programs need", programs(world));
describe("over time", history(world));
describe("the stream", stream(world));
describe("REST", rest(world));
describe("the workflow", workflow(world));
describe("a stranger's questions", questions(world));
describe("sums over a time", sums(world));
describe("REST's lists", pages(world));
describe("the document", documented(world));
describe("bad input and floods", abuse(world));
describe("keys of programs", keys(world));
describe("the contracts beside", beside(world));
describe("accounts by fingerprint", homes(world));
describe("after all that", views(world));
describe("restarts", restarts(world));
