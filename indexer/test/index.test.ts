/**
 * The index over a real chain: hundreds of random transactions, then everything it answers. One chain and one index
 * serve all of it, since they take longer to start than the tests take.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { makeActivity } from "./activity.ts";
import { graphql } from "./graphql.ts";
import { type Harness, startHarness } from "./harness.ts";
import { rest } from "./rest.ts";
import { restarts } from "./restarts.ts";
import { views } from "./views.ts";

const SEED = Number(process.env.SEED ?? 7);
const STEPS = Number(process.env.STEPS ?? 300);

export type World = { harness: Harness; activity: Awaited<ReturnType<typeof makeActivity>> };
const world = {} as World;

beforeAll(async () => {
  world.harness = await startHarness({ rpcPort: 14_545, port: 14_069 });
  world.activity = await makeActivity(world.harness, SEED);
  // Half of history is read as history, half as it happens.
  await world.activity.act(Math.floor(STEPS / 2));
  await world.harness.startIndex();
  await world.activity.act(Math.ceil(STEPS / 2));
  await world.harness.caughtUp();
}, 300_000);

afterAll(() => world.harness?.stop(), 30_000);

describe("the index says what the contracts say", views(world));
describe("GraphQL", graphql(world));
describe("REST", rest(world));
describe("after all that", views(world));
describe("restarts", restarts(world));
