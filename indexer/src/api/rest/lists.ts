/**
 * Lists of rows as REST answers them, newest first unless told. A page goes on behind the last row of the one before it
 * (`before`), so that each row comes once while others are added; `offset` leaves out so many rows.
 */
import { db } from "ponder:api";
import { invalid } from "@enerlink/edge";
import { answerPage } from "@enerlink/edge/rest";
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { and, asc, count, desc, type PgColumn, type PgTable, type sql } from "ponder";
import { beyond, cursorOf, markOf, type Order, type Ordered, valuesOf } from "../cursors.ts";

type SQL = ReturnType<typeof sql>;
type Rows = PgTable & { $inferSelect: Record<string, unknown> };

export type PageAsked = {
  limit: number;
  offset: number;
  before?: string | undefined;
  format: "json" | "csv";
};

type List<Table extends Rows, Item extends object> = {
  /** What the file of a table is called. */
  name: string;
  /** The schema of what `show` makes of a row. */
  item: z.ZodObject;
  table: Table;
  /** Columns that order the rows, the last of them a row's own; none is ever null. */
  by: readonly (keyof Table["$inferSelect"] & string)[];
  direction?: "asc" | "desc";
  where: SQL | undefined;
  show: (row: Table["$inferSelect"]) => Item | Promise<Item>;
};

export const NEXT = "the `next` of an answer of this list, asked for with the same filters";

/** What says how a list is answered, and not which rows are in it. */
const PAGING = new Set(["limit", "offset", "before", "format", "atLeastBlock"]);

/** By which parameters a list is narrowed, whatever they say. */
export const filtersOf = (context: Context): string[] =>
  [...new URL(context.req.url).searchParams.keys()].filter((name) => !PAGING.has(name)).toSorted();

/** An order of the list `name`. */
export const orderOf = (context: Context, name: string, by: readonly Ordered[]): Order => ({
  mark: markOf(
    name,
    by.map(({ name }) => name),
    filtersOf(context),
  ),
  by,
});

/** The values in the columns of `order` behind which a page begins; undefined at a list's beginning. @throws Problem 400 */
export function placeOf(order: Order, { before, offset }: PageAsked): unknown[] | undefined {
  if (before === undefined) return undefined;
  if (offset > 0) throw invalid([{ field: "offset", message: "must be left out beside before" }]);
  return valuesOf(order, before, "before", NEXT);
}

/** Of rows of which one more than `limit` was looked up: those of the page, and where the next begins. */
export function cut<Row extends object>(rows: readonly Row[], limit: number, order: Order) {
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? cursorOf(order, shown.at(-1) as Record<string, unknown>) : null;
  return { rows: shown, next };
}

/** Answers a page of a list. @throws Problem 400 for a place that is none */
export async function answerList<Table extends Rows, Item extends object>(
  context: Context,
  { name, item, table, by, direction = "desc", where, show }: List<Table, Item>,
  asked: PageAsked,
) {
  const columns = table as unknown as Record<string, PgColumn>;
  const ordered = by.map((name) => ({ name, column: columns[name]! }));
  const order = orderOf(context, name, ordered);
  const place = placeOf(order, asked);
  const { limit, offset, format } = asked;
  const [found, [total]] = await Promise.all([
    db
      .select()
      .from(table as PgTable)
      .where(and(where, place && beyond(ordered, direction, place)))
      .orderBy(...ordered.map(({ column }) => (direction === "desc" ? desc(column) : asc(column))))
      .limit(limit + 1)
      .offset(offset) as PromiseLike<Table["$inferSelect"][]>,
    db
      .select({ value: count() })
      .from(table as PgTable)
      .where(where),
  ]);
  const { rows, next } = cut(found, limit, order);
  const page = { items: await Promise.all(rows.map(show)), total: total!.value, limit, offset, next };
  return answerPage(context, { name, item, form: format }, page);
}
