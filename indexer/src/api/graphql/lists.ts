/**
 * The lists of rows behind the generated schema: every row that a filter names, each once, in any order, forwards and
 * backwards, however many are added meanwhile. Ponder's own resolvers lose the rows around a null, and ask the database
 * once for each row of the list around them; these ask once for all.
 *
 * A list is ordered by one column and then by the primary key, both in the same direction; null comes after everything
 * else, as PostgreSQL has it. A cursor holds the row's values in these columns, so that the page after it begins right
 * behind them, whether or not the row is still there.
 */
import { and, asc, desc, type PgColumn, sql } from "ponder";
import { beyond, cursorOf, markOf, type Order, type Ordered, shapeOf, valuesOf } from "../cursors.ts";
import { wrong } from "../input.ts";
import { together } from "../together.ts";
import { conditionOf, type Table } from "./filters.ts";

type SQL = ReturnType<typeof sql>;
type Row = Record<string, unknown>;

export type Arguments = {
  where?: Row | null;
  orderBy?: string | null;
  orderDirection?: string | null;
  after?: string | null;
  before?: string | null;
  limit?: number | null;
  offset?: number | null;
};

/** Rows of a list that names no limit. */
export const DEFAULT_ROWS = 50;
export const MOST_ROWS = 1_000;
const MOST_OFFSET = 1_000_000;

/** What is asked, checked. */
type Question = {
  table: Table;
  order: Order;
  where: SQL | undefined;
  beyond: SQL | undefined;
  direction: "asc" | "desc";
  forwards: boolean;
  begun: boolean;
  limit: number;
  offset: number;
};

/**
 * @param owners columns by which the list is one row's of another table
 * @throws Problem 400 for an argument that is none
 */
export function questionOf(table: Table, asked: Arguments, owners: readonly PgColumn[] = []): Question {
  const { after, before } = asked;
  const limit = whole("limit", asked.limit ?? DEFAULT_ROWS, 1, MOST_ROWS);
  const offset = whole("offset", asked.offset ?? 0, 0, MOST_OFFSET);
  const wished = asked.orderDirection ?? "asc";
  if (wished !== "asc" && wished !== "desc") throw wrong("orderDirection", "asc or desc");
  if (after != null && before != null) throw wrong("before", "left out beside after");
  if ((after ?? before) != null && offset > 0) throw wrong("offset", "left out beside a cursor");
  const forwards = before == null;
  const direction = forwards ? wished : wished === "asc" ? "desc" : "asc";
  const by = orderOf(table, asked.orderBy);
  const shape = shapeOf(asked.where ?? {});
  const list = [table.tsName, owners.map(({ name }) => name), by.map(({ name }) => name), wished, shape];
  const order = { mark: markOf(...list), by };
  const cursor = after ?? before;
  return {
    table,
    order,
    where: conditionOf(table, asked.where ?? {}),
    beyond:
      cursor == null
        ? undefined
        : beyond(
            by,
            direction,
            valuesOf(
              order,
              cursor,
              forwards ? "after" : "before",
              "a cursor from the pageInfo of an earlier answer of this list, with the same orderBy, orderDirection and filters",
            ),
          ),
    direction,
    forwards,
    begun: cursor != null || offset > 0,
    limit,
    offset,
  };
}

function whole(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw wrong(field, `${least} to ${most}`);
  return value;
}

/** The column asked for, and the primary key's. */
function orderOf(table: Table, orderBy: string | null | undefined): Ordered[] {
  const key = keyOf(table);
  if (orderBy == null) return key;
  const orderable = Object.entries(table.columns).filter(([, { dataType }]) => dataType !== "json");
  const found = orderable.find(([name]) => name === orderBy);
  if (!found) throw wrong("orderBy", `one of ${orderable.map(([name]) => name).join(", ")}`);
  const [name, column] = found;
  return [{ name, column }, ...key.filter((other) => other.name !== name)];
}

/** The columns of the primary key. */
export const keyOf = ({ columns, primaryKey }: Pick<Table, "columns" | "primaryKey">): Ordered[] =>
  Object.entries(columns)
    .filter(([, column]) => primaryKey.some(({ name }) => name === column.name))
    .map(([name, column]) => ({ name, column }));

// ------------------------------------------------------------------------------------------------- answers

export type Database = { execute(query: SQL): PromiseLike<{ rows: Row[] }> };

/** The rows in the order asked for, and one more where there is one. */
function selection({ table, order, where, beyond, direction, limit, offset }: Question, more?: SQL): SQL {
  const columns = Object.entries(table.columns).map(
    ([name, column]) => sql`${column} AS ${sql.identifier(name)}`,
  );
  const by = sql.join(
    order.by.map(({ column }) => (direction === "asc" ? asc(column) : desc(column))),
    sql`, `,
  );
  const condition = and(more, where, beyond);
  return sql`SELECT ${sql.join(columns, sql`, `)}, row_number() OVER (ORDER BY ${by}) AS "#" FROM ${table.from}
    ${condition && sql`WHERE ${condition}`} ORDER BY ${by} LIMIT ${limit + 1} OFFSET ${offset}`;
}

const readRow = ({ columns }: Table, raw: Row): Row =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const value = raw[name];
      return [name, value === null ? null : column.mapFromDriverValue(value)];
    }),
  );

/** @param found what `selection` found, in its order */
function pageOf({ table, order, forwards, begun, limit }: Question, found: Row[]) {
  const rows = found.slice(0, limit).map((raw) => readRow(table, raw));
  const more = found.length > limit;
  if (!forwards) rows.reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    items: rows,
    pageInfo: {
      hasNextPage: forwards ? more : true,
      hasPreviousPage: forwards ? begun : more,
      startCursor: first ? cursorOf(order, first) : null,
      endCursor: last ? cursorOf(order, last) : null,
    },
  };
}

type Page = ReturnType<typeof pageOf>;

/** A page of which only what is asked for is looked up. */
function lazily(find: () => Promise<Page>, count: () => Promise<number>) {
  let found: Promise<Page> | undefined;
  const page = () => (found ??= find());
  return {
    items: async () => (await page()).items,
    pageInfo: async () => (await page()).pageInfo,
    totalCount: count,
  };
}

/** A page of a table. @throws Problem 400 for an argument that is none */
export function list(db: Database, table: Table, asked: Arguments) {
  const question = questionOf(table, asked);
  const { where } = question;
  return lazily(
    async () => pageOf(question, (await db.execute(selection(question))).rows),
    async () => {
      const { rows } = await db.execute(
        sql`SELECT count(*)::int AS count FROM ${table.from} ${where && sql`WHERE ${where}`}`,
      );
      return rows[0]!.count as number;
    },
  );
}

/**
 * Pages of rows that belong to rows of another table: what is asked for within one turn is one question.
 * @param columns whose values together say to which row they belong
 * @returns a function that gives the page of one row's such values
 * @throws Problem 400 for an argument that is none
 */
export function listsBy(db: Database, table: Table, columns: readonly PgColumn[], asked: Arguments) {
  const question = questionOf(table, asked, columns);
  const names = columns.map((_, i) => sql.raw(`keys.key${i}`));
  const listed = (parts: SQL[]) => sql.join(parts, sql`, `);
  // A parameter a column, however many values.
  const given = (keys: string[]) => {
    const values = columns.map((column, i) => {
      const list = keys.map((key) => key.split(" ")[i]).join(",");
      return sql`string_to_array(${list}, ',')::${sql.raw(column.getSQLType())}[]`;
    });
    const aliases = listed(columns.map((_, i) => sql.raw(`key${i}`)));
    return sql`unnest(${listed(values)}) AS keys(${aliases})`;
  };
  const text = (parts: SQL[]) => sql.join(parts, sql` || ' ' || `);
  const belongs = and(...columns.map((column, i) => sql`${column} = ${names[i]!}`));
  const rows = together(async (keys: string[]) => {
    const own = selection(question, belongs);
    const { rows: found } = await db.execute(
      sql`SELECT ${text(names.map((name) => sql`${name}::text`))} AS "@", own.*
        FROM ${given(keys)} CROSS JOIN LATERAL (${own}) AS own`,
    );
    const groups = Map.groupBy(found, (raw) => raw["@"] as string);
    for (const group of groups.values()) group.sort((a, b) => Number(a["#"]) - Number(b["#"]));
    return groups;
  });
  const counts = together(async (keys: string[]) => {
    const held = listed(columns.map((column) => sql`${column}`));
    const own = and(sql`(${held}) IN (SELECT ${listed(names)} FROM ${given(keys)})`, question.where);
    const { rows: found } = await db.execute(
      sql`SELECT ${text(columns.map((column) => sql`${column}::text`))} AS key, count(*)::int AS count
        FROM ${table.from} WHERE ${own} GROUP BY ${held}`,
    );
    return new Map(found.map(({ key, count }) => [key as string, count as number]));
  });
  return (values: readonly unknown[]) => {
    // No value of a key holds a space or a comma.
    const key = values.map(String).join(" ");
    return lazily(
      async () => pageOf(question, (await rows(key)) ?? []),
      async () => (await counts(key)) ?? 0,
    );
  };
}
