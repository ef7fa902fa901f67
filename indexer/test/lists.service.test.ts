/**
 * Every list by every column, in both directions, forwards and backwards, with every filter, on both databases: all rows,
 * each once, also while rows are added. What is right is said by plain SQL, and for filters by JavaScript.
 */
import { createRequire } from "node:module";
import fc from "fast-check";
import type { ExecutionResult, GraphQLSchema } from "graphql";
import type { PgColumn } from "ponder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whole } from "../../test/whole.ts";
import * as schema from "../ponder.schema.ts";
import { keyOf as primaryKeyOf } from "../src/api/graphql/lists.ts";
import { answerPages } from "../src/api/graphql/pages.ts";
import {
  buildDataLoaderCache,
  buildGraphQLSchema,
  getSql,
  type TableDescription,
  tablesOf,
} from "../src/api/ponder.ts";
import { makeRandom } from "./activity.ts";
import type { Answer } from "./harness.ts";
import { startPostgres } from "./postgres.ts";

const SEED = Number(process.env.SEED ?? 7);
const ROWS = 13;
/** Rows of a page. */
const PAGE = 5;

// The copies that Ponder itself uses.
const require = createRequire(new URL("../node_modules/ponder/package.json", import.meta.url));
const { graphql } = require("graphql") as { graphql(asked: object): Promise<ExecutionResult> };

type Value = Answer;
type Row = Record<string, Value>;
type World = {
  db: Answer;
  graphqlSchema: GraphQLSchema;
  tables: Record<string, TableDescription>;
  insert(table: string, rows: Row[]): Promise<void>;
  rows(table: string): Promise<Row[]>;
  /** Answers of plain SQL. */
  sql(text: string): Promise<Row[]>;
  stop(): Promise<void>;
};

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const sources: Record<string, Answer> = { ...schema };
const casing = { casing: "snake_case", schema } as const;

async function worldOver(db: Answer, sql: World["sql"], stop: World["stop"]): Promise<World> {
  const { enums, tables: statements } = getSql(schema);
  // The tables beside, with which Ponder undoes reorganised blocks, count by it.
  await sql("CREATE SEQUENCE operation_id");
  for (const statement of [...enums.sql, ...statements.sql]) await sql(statement);
  const graphqlSchema = buildGraphQLSchema({ schema });
  const tables = tablesOf(db);
  answerPages(graphqlSchema, tables, schema, db);
  return {
    db,
    graphqlSchema,
    tables,
    sql,
    stop,
    insert: (table, rows) => db.insert(sources[table]).values(rows).onConflictDoNothing(),
    rows: (table) => db.select().from(sources[table]),
  };
}

const databases: Record<string, () => Promise<World>> = {
  async PGlite() {
    const { PGlite } = require("@electric-sql/pglite");
    const { drizzle } = require("drizzle-orm/pglite");
    const client = new PGlite();
    const sql = async (text: string) => (await client.query(text)).rows;
    return worldOver(drizzle(client, casing), sql, () => client.close());
  },
  async PostgreSQL() {
    const postgres = await startPostgres();
    await postgres.createDatabase("lists");
    const { Pool } = require("pg");
    const { drizzle } = require("drizzle-orm/node-postgres");
    const pool = new Pool({ connectionString: postgres.url("lists") });
    // An idle connection that the server ends before the pool does.
    pool.on("error", () => undefined);
    const sql = async (text: string) => (await pool.query(text)).rows;
    return worldOver(drizzle(pool, casing), sql, async () => {
      await pool.end();
      await postgres.stop();
    });
  },
};

// ------------------------------------------------------------------------------------------------- rows

const random = makeRandom(SEED);
const texts = ["", "a", "A", "a%", "50%_x", "back\\slash", "ünï", "b"];
const hex = (value: number, bytes: number) => `0x${value.toString(16).padStart(2 * bytes, "0")}`;
const isNullable = ({ notNull, primary }: PgColumn) => !notNull && !primary;

/** Few values, so that many rows share them; `unique` ones for keys. */
function anyValue(column: PgColumn, unique: boolean): Value {
  if (isNullable(column) && random.chance(0.4)) return null;
  const most = unique ? 1e9 : 3;
  if (column.enumValues) return random.pick(column.enumValues);
  switch (column.columnType) {
    case "PgHex":
      return hex(random.between(0, most), unique ? 32 : 20);
    case "PgEvmBigint":
      return unique ? BigInt(random.between(0, most)) : random.pick([-1n, 0n, 5n, 10n ** 30n]);
    case "PgInteger":
      return random.between(unique ? 0 : -1, most);
    case "PgBoolean":
      return random.chance(0.5);
    case "PgArray":
      return Array.from({ length: random.between(0, 2) }, () => hex(random.between(0, 3), 20));
    case "PgJson":
      return { any: "thing" };
    default:
      return unique ? `${random.between(0, most)}-${random.pick(texts)}` : random.pick(texts);
  }
}

const keyOf = (table: TableDescription) => primaryKeyOf(table).map(({ name }) => name);

function rowOf(table: TableDescription): Row {
  const key = keyOf(table);
  return Object.fromEntries(
    Object.entries(table.columns).map(([name, column]) => [name, anyValue(column, key.includes(name))]),
  );
}

// ------------------------------------------------------------------------------------------------- asking

type Page = { items: Row[]; pageInfo: Answer };
const plural = (table: string) => `${table}s`;
const info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

async function ask(world: World, source: string, variableValues: Row = {}): Promise<Answer> {
  const { data, errors } = await graphql({
    schema: world.graphqlSchema,
    source,
    variableValues,
    contextValue: { lists: new Map(), getDataLoader: buildDataLoaderCache({ raw: world.db }) },
  });
  if (errors) throw new Error(`${source}: ${errors.map(({ message }) => message).join("; ")}`);
  return data;
}

async function page(world: World, table: TableDescription, asked: Row): Promise<Page> {
  const source = `query ($where: ${table.tsName}Filter, $orderBy: String, $orderDirection: String, $after: String, $before: String, $limit: Int) {
    page: ${plural(table.tsName)}(where: $where, orderBy: $orderBy, orderDirection: $orderDirection, after: $after, before: $before, limit: $limit) {
      items { ${keyOf(table).join(" ")} } ${info} } }`;
  return (await ask(world, source, asked)).page;
}

/** All pages one after the other, from `cursor` on. */
async function* pages(
  world: World,
  table: TableDescription,
  asked: Row,
  way: "after" | "before",
  cursor: string | null,
) {
  for (let at = cursor; ; ) {
    const { items, pageInfo } = await page(world, table, { ...asked, [way]: at });
    yield items;
    if (!pageInfo[way === "after" ? "hasNextPage" : "hasPreviousPage"]) return;
    at = way === "after" ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

const named = (table: TableDescription) => (row: Row) =>
  keyOf(table)
    .map((name) => String(row[name]))
    .join("|");

const orderable = ({ columns }: TableDescription) =>
  Object.keys(columns).filter((name) => columns[name]!.columnType !== "PgJson");

/** One column of each kind that may be ordered by. */
const oneOfAKind = (table: TableDescription) => [
  ...new Map(
    orderable(table).map((name) => {
      const column = table.columns[name]!;
      return [`${column.columnType} ${isNullable(column)} ${keyOf(table).includes(name)}`, name];
    }),
  ).values(),
];

// ------------------------------------------------------------------------------------------------- filters

const text = (value: Value) => (value === null ? null : String(value));
const isNot = (test: (held: Value, wanted: Value) => boolean) => (held: Value, wanted: Value) =>
  !test(held, wanted);
const known = (test: (held: Value, wanted: Value) => boolean) => (held: Value, wanted: Value) =>
  held !== null && test(held, wanted);
const same = (held: Value, wanted: Value) =>
  Array.isArray(held) && Array.isArray(wanted) ? held.join() === wanted.join() : text(held) === text(wanted);
const small = (value: Value) => String(value).toLowerCase();

const positive: Record<string, (held: Value, wanted: Value) => boolean> = {
  "": same,
  in: (held, wanted) => wanted.some((one: Value) => same(held, one)),
  has: known((held, wanted) => held.includes(wanted)),
  contains: known((held, wanted) => held.includes(wanted)),
  starts_with: known((held, wanted) => held.startsWith(wanted)),
  ends_with: known((held, wanted) => held.endsWith(wanted)),
  contains_nocase: known((held, wanted) => small(held).includes(small(wanted))),
  starts_with_nocase: known((held, wanted) => small(held).startsWith(small(wanted))),
  ends_with_nocase: known((held, wanted) => small(held).endsWith(small(wanted))),
};
const predicates: Record<string, (held: Value, wanted: Value) => boolean> = {
  ...positive,
  gt: known((held, wanted) => BigInt(held) > BigInt(wanted)),
  lt: known((held, wanted) => BigInt(held) < BigInt(wanted)),
  gte: known((held, wanted) => BigInt(held) >= BigInt(wanted)),
  lte: known((held, wanted) => BigInt(held) <= BigInt(wanted)),
  ...Object.fromEntries(
    Object.entries(positive).map(([name, test]) => [name === "" ? "not" : `not_${name}`, isNot(test)]),
  ),
};

type Filter = { key: string; wanted: Value; holds: (row: Row) => boolean };

/** Each filter of a table with a value or two of its rows. */
function filtersOf(world: World, table: TableDescription, rows: Row[]): Filter[] {
  const type = world.graphqlSchema.getType(`${table.tsName}Filter`) as unknown as {
    getFields(): Record<string, unknown>;
  };
  return Object.keys(type.getFields()).flatMap((key) => {
    if (key === "AND" || key === "OR") return [];
    const [, column, operator = ""] = /^([A-Za-z0-9]+)_?(.*)$/.exec(key)!;
    const plain = (value: Value): Value =>
      typeof value === "bigint" ? String(value) : Array.isArray(value) ? value.map(plain) : value;
    const values = rows.map((row) => row[column!]).filter((value) => value !== null);
    if (values.length === 0) return [];
    const samples = [random.pick(values), random.pick(values)].map(plain);
    const wanted = /^(not_)?in$/.test(operator)
      ? [samples]
      : /has$/.test(operator)
        ? [samples[0][0] ?? hex(1, 20)]
        : isNullable(table.columns[column!]!) && /^(not)?$/.test(operator)
          ? [samples[0], null]
          : [samples[0]];
    const test = predicates[operator]!;
    return wanted.map((value) => ({ key, wanted: value, holds: (row: Row) => test(row[column!], value) }));
  });
}

const found = async (world: World, table: TableDescription, where: Value) =>
  (await page(world, table, { where, limit: 1_000 })).items.map(named(table)).toSorted();
const held = (table: TableDescription, rows: Row[], holds: (row: Row) => boolean) =>
  rows.filter(holds).map(named(table)).toSorted();

// ------------------------------------------------------------------------------------------------- tests

describe.each(Object.keys(databases))("on %s", (database) => {
  let world: World;
  const tables = () => Object.values(world.tables);

  beforeAll(async () => {
    world = await databases[database]!();
    for (const table of tables()) {
      await world.insert(
        table.tsName,
        Array.from({ length: ROWS }, () => rowOf(table)),
      );
    }
  });
  afterAll(() => world?.stop());

  test("every list, by every column, in both directions, forwards and backwards", async () => {
    for (const table of tables()) {
      // PostgreSQL, which production has, answers by every column; PGlite takes its time, and is the same program.
      const columns = whole || database === "PostgreSQL" ? orderable(table) : oneOfAKind(table);
      for (const orderBy of [null, ...columns]) {
        for (const orderDirection of ["asc", "desc"]) {
          const key = keyOf(table).filter((name) => name !== orderBy);
          const by = [...(orderBy ? [orderBy] : []), ...key].map(
            (name) => `"${snake(name)}" ${orderDirection}`,
          );
          const shown = keyOf(table).map((name) => `"${snake(name)}" AS "${name}"`);
          const right = (await world.sql(`SELECT ${shown} FROM "${table.dbName}" ORDER BY ${by}`)).map(
            named(table),
          );
          const asked = { orderBy, orderDirection, limit: PAGE };
          const what = `${table.tsName} by ${orderBy} ${orderDirection}`;

          const forwards: string[] = [];
          for await (const items of pages(world, table, asked, "after", null))
            forwards.push(...items.map(named(table)));
          expect(forwards, what).toEqual(right);

          const { pageInfo } = await page(world, table, { ...asked, limit: 1_000 });
          const backwards: string[] = [];
          for await (const items of pages(world, table, asked, "before", pageInfo.endCursor))
            backwards.unshift(...items.map(named(table)));
          expect(backwards, what).toEqual(right.slice(0, -1));
        }
      }
    }
  });

  test("every filter, and its opposite", async () => {
    for (const table of tables()) {
      const rows = await world.rows(table.tsName);
      for (const { key, wanted, holds } of filtersOf(world, table, rows)) {
        expect(await found(world, table, { [key]: wanted }), `${table.tsName} ${key} ${wanted}`).toEqual(
          held(table, rows, holds),
        );
      }
    }
  });

  test("filters joined by AND and OR, within each other", async () => {
    const table = world.tables.order!;
    const rows = await world.rows("order");
    const filters = filtersOf(world, table, rows);
    type Tree = { where: Value; holds: (row: Row) => boolean };
    const leaf = fc
      .constantFrom(...filters)
      .map(({ key, wanted, holds }): Tree => ({ where: { [key]: wanted }, holds }));
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        // Two conditions beside each other both hold.
        fc.tuple(leaf, leaf).map(
          ([a, b]): Tree => ({
            where: { ...a.where, ...b.where },
            holds: (row) =>
              (Object.keys(a.where)[0] === Object.keys(b.where)[0] || a.holds(row)) && b.holds(row),
          }),
        ),
        fc.array(tie("tree"), { maxLength: 3 }).map(
          (all): Tree => ({
            where: { AND: all.map(({ where }) => where) },
            holds: (row) => all.every(({ holds }) => holds(row)),
          }),
        ),
        fc.array(tie("tree"), { maxLength: 3 }).map(
          (any): Tree => ({
            where: { OR: any.map(({ where }) => where) },
            holds: (row) => any.some(({ holds }) => holds(row)),
          }),
        ),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async ({ where, holds }) => {
        expect(await found(world, table, where)).toEqual(held(table, rows, holds));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test("the rows of every row: its lists, their totals and pages", async () => {
    for (const parent of tables()) {
      for (const [name, relation] of Object.entries(parent.relations)) {
        const child = tables().find(({ dbName }) => dbName === relation.referencedTableName)!;
        const back = Object.values(child.relations).find(
          ({ config, referencedTableName, relationName }) =>
            config?.fields &&
            referencedTableName === parent.dbName &&
            (relation.relationName === undefined || relationName === relation.relationName),
        );
        if (relation.config?.fields || !back) continue;
        const nameIn = (table: TableDescription, column: PgColumn) =>
          Object.keys(table.columns).find((one) => table.columns[one] === column)!;
        const own = back.config!.references!.map((column) => nameIn(parent, column));
        const foreign = back.config!.fields!.map((column) => nameIn(child, column));
        // Rows that belong to one of these; of several columns some name another one's, and so belong to none.
        const few = (await world.rows(parent.tsName)).slice(0, 6);
        await world.insert(
          child.tsName,
          Array.from({ length: 30 }, () => {
            const one = random.pick(few);
            const values = own.map((column, i) =>
              i > 0 && random.chance(0.3) ? random.pick(few)[column] : one[column],
            );
            return {
              ...rowOf(child),
              ...Object.fromEntries(foreign.map((column, i) => [column, values[i]])),
            };
          }),
        );
        const belongs = (one: Row, row: Row) =>
          foreign.every((column, i) => String(one[column]) === String(row[own[i]!]));
        const rows = await world.rows(child.tsName);
        const orderBy =
          orderable(child).find((column) => isNullable(child.columns[column]!)) ?? keyOf(child)[0];
        const list = (after = "") =>
          `${name}(limit: 3, orderBy: "${orderBy}", orderDirection: "desc"${after}) { items { ${keyOf(child).join(" ")} } totalCount ${info} }`;
        const { all } = await ask(
          world,
          `{ all: ${plural(parent.tsName)}(limit: 1000) { items { ${own.join(" ")} ${list()} } } }`,
        );
        expect(all.items.length).toBe((await world.rows(parent.tsName)).length);
        for (const row of all.items) {
          const mine = rows.filter((one) => belongs(one, row)).map(named(child));
          expect(row[name].totalCount, `${parent.tsName}.${name}`).toBe(mine.length);
          const seen = row[name].items.map(named(child));
          for (let { pageInfo } = row[name]; pageInfo.hasNextPage; ) {
            const { next } = await ask(
              world,
              `query ($where: ${parent.tsName}Filter) { next: ${plural(parent.tsName)}(where: $where) { items { ${list(`, after: "${pageInfo.endCursor}"`)} } } }`,
              { where: Object.fromEntries(own.map((column) => [column, row[column]])) },
            );
            seen.push(...next.items[0][name].items.map(named(child)));
            ({ pageInfo } = next.items[0][name]);
          }
          expect(seen.toSorted(), `${parent.tsName}.${name}`).toEqual(mine.toSorted());
        }
      }
    }
  });

  test("while rows are added, each that was there is found, and none twice", async () => {
    for (const table of tables()) {
      const nullable = orderable(table).filter((name) => isNullable(table.columns[name]!));
      for (const orderBy of [...nullable, keyOf(table)[0]!]) {
        const before = (await world.rows(table.tsName)).map(named(table));
        const seen: string[] = [];
        for await (const items of pages(world, table, { orderBy, limit: PAGE }, "after", null)) {
          seen.push(...items.map(named(table)));
          await world.insert(table.tsName, [rowOf(table)]);
        }
        expect(new Set(seen).size, `${table.tsName} by ${orderBy}`).toBe(seen.length);
        expect(seen, `${table.tsName} by ${orderBy}`).toEqual(expect.arrayContaining(before));
      }
    }
  });

  test("what is only asked through a fragment, or not at all", async () => {
    const total = (await world.rows("fill")).length;
    expect(
      await ask(world, "{ fills { ...page } } fragment page on fillPage { ... on fillPage { totalCount } }"),
    ).toEqual({ fills: { totalCount: total } });
    expect(await ask(world, "{ fills { __typename } }")).toEqual({ fills: { __typename: "fillPage" } });
  });

  test("a meter is named by its serial or its id", async () => {
    const id = `0x${Buffer.from("home-01").toString("hex").padEnd(64, "0")}`;
    await world.insert("meter", [{ ...rowOf(world.tables.meter!), id, serial: "home-01" }]);
    await world.insert("offer", [{ ...rowOf(world.tables.offer!), id: 7n, batteryId: id }]);
    await world.insert("meterDay", [{ ...rowOf(world.tables.meterDay!), meterId: id, day: 3n }]);
    for (const name of ["home-01", id, id.toUpperCase().replace("0X", "0x")]) {
      const answer = await ask(
        world,
        `{ meter(id: "${name}") { serial } meterDay(meterId: "${name}", day: "3") { meterId }
           offers(where: { batteryId: "${name}" }) { totalCount } in: offers(where: { batteryId_in: ["x", "${name}"] }) { totalCount }
           meters(where: { id: "${name}" }) { items { serial } } }`,
      );
      expect(answer).toMatchObject({
        meter: { serial: "home-01" },
        meterDay: { meterId: id },
        offers: { totalCount: 1 },
        in: { totalCount: 1 },
        meters: { items: [{ serial: "home-01" }] },
      });
    }
  });

  test("what is wrong is named with what it may be", async () => {
    const refused = (asked: string, message: string) =>
      expect(ask(world, `{ trades(${asked}) { items { id } } }`), asked).rejects.toThrow(message);
    await refused("limit: 1001", "limit must be 1 to 1000");
    await refused("limit: 0", "limit must be 1 to 1000");
    await refused("offset: -1", "offset must be 0 to 1000000");
    await refused('orderBy: "nonsense"', "orderBy must be one of id, offerId, buyer");
    await refused('orderBy: "constructor"', "orderBy must be one of");
    await refused('orderDirection: "up"', "orderDirection must be asc or desc");
    await refused('after: "garbage"', "after must be a cursor");
    await refused('after: "a", before: "b"', "before must be left out beside after");
    await refused('where: { buyer: "me" }', "where.buyer must be 0x and hexadecimal digits");
    await refused("where: { price_gt: null }", "where.price_gt must be a value, not null");
    for (const [query, message] of [
      [
        'orders(where: { id_contains: "\\u0000" })',
        "where.id_contains must be text without the character U+0000",
      ],
      ["where.communityId must be a whole number from -2147483648"],
      ["communityMember(communityId: 1, place: 0.5)", "place must be a whole number from -2147483648"],
      ["communityMember(communityId: 1e10, place: 0)", "communityId must be a whole number from -2147483648"],
      ['priceCandle(interval: "1h", start: "0")', "interval must be one of MINUTE, "],
    ] as const)
      await expect(ask(world, `{ ${query} { __typename } }`), query).rejects.toThrow(message);
    await expect(ask(world, '{ changes(orderBy: "arguments") { totalCount } }')).rejects.toThrow(
      "orderBy must be one of",
    );
    const cursor = (held: unknown) => Buffer.from(JSON.stringify(held)).toString("base64url");
    /** A list's own cursor, in which something else is written. */
    const changed = async (asked: string, change: Row) => {
      const answer = await ask(world, `{ trades(limit: 1, ${asked}) { pageInfo { endCursor } } }`);
      const held = Buffer.from(answer.trades.pageInfo.endCursor, "base64url").toString();
      return cursor({ ...JSON.parse(held), ...change });
    };
    const none = "after must be a cursor";
    for (const [orderBy, change] of [
      ["id", { id: "x" }],
      ["id", { "@": undefined }],
      ["price", { price: null }],
      ["status", { status: "X" }],
    ] as const) {
      const asked = `orderBy: "${orderBy}"`;
      await refused(`after: "${await changed(asked, change)}", ${asked}`, none);
    }
  });

  test("a cursor is of one list, in one order, with its filters", async () => {
    const cursorOf = async (list: string, asked: string) =>
      (await ask(world, `{ ${list}(limit: 1, ${asked}) { pageInfo { endCursor } } }`))[list].pageInfo
        .endCursor as string;
    const given = await cursorOf("trades", 'orderBy: "price", where: { price_gte: "0" }');
    const goesOn = (list: string, asked: string) =>
      ask(world, `{ ${list}(after: "${given}", ${asked}) { items { id } } }`);
    // Another value of the same filter is the same list.
    await goesOn("trades", 'orderBy: "price", where: { price_gte: "1" }');
    await goesOn("trades", 'orderBy: "price", orderDirection: "asc", where: { price_gte: "0" }');
    for (const [list, asked] of [
      // Offers have a price and an id of the same kinds.
      ["offers", 'orderBy: "price", where: { price_gte: "0" }'],
      ["trades", 'orderBy: "price", orderDirection: "desc", where: { price_gte: "0" }'],
      ["trades", 'orderBy: "price"'],
      ["trades", 'orderBy: "price", where: { price_lte: "0" }'],
      ["trades", 'orderBy: "price", where: { OR: [{ price_gte: "0" }] }'],
    ] as const)
      await expect(goesOn(list, asked), `${list} ${asked}`).rejects.toThrow(
        "after must be a cursor from the pageInfo of an earlier answer of this list",
      );
  });
});
