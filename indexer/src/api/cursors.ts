/**
 * Where a page of rows goes on: a cursor holds a row's values in the columns that a list is ordered by, so that the next
 * page begins right behind them, whether or not the row is still there and whatever was added meanwhile.
 */
import { and, isNull, or, type PgColumn, sql } from "ponder";
import { wrong } from "./input.ts";

type SQL = ReturnType<typeof sql>;
type Row = Record<string, unknown>;

/** A column of an order, and its name in a row. */
export type Ordered = { name: string; column: PgColumn };

/** What names a row's place in an order. */
export const cursorOf = (order: readonly Ordered[], row: Row): string =>
  Buffer.from(
    JSON.stringify(Object.fromEntries(order.map(({ name }) => [name, row[name]])), (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    ),
  ).toString("base64url");

/** @throws Problem 400, that `field` must be `allowed`, unless `cursor` holds a value for each column and nothing else */
export function valuesOf(
  order: readonly Ordered[],
  cursor: string,
  field: string,
  allowed: string,
): unknown[] {
  const refusal = wrong(field, allowed);
  let held: Row;
  try {
    held = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw refusal;
  }
  const names = order.map(({ name }) => name);
  if (typeof held !== "object" || held === null || Object.keys(held).join() !== names.join()) throw refusal;
  return order.map(({ name, column }) => {
    if (!isOf(column, held[name])) throw refusal;
    return held[name];
  });
}

function isOf(column: PgColumn, value: unknown): boolean {
  if (value === null) return !column.notNull;
  if (column.enumValues) return column.enumValues.includes(value as string);
  switch (column.dataType) {
    case "bigint":
      return typeof value === "string" && /^-?\d{1,78}$/.test(value);
    case "number":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    default:
      // No text of a database holds a NUL.
      return typeof value === column.dataType && !String(value).includes("\0");
  }
}

/** What lies behind `values`. The columns of a primary key are never null. */
export function beyond(
  order: readonly Ordered[],
  direction: "asc" | "desc",
  values: readonly unknown[],
): SQL | undefined {
  const [{ column }, ...rest] = order as [Ordered, ...Ordered[]];
  const [value, ...others] = values;
  const behind = (columns: readonly Ordered[], held: readonly unknown[]) => {
    const names = sql.join(
      columns.map((one) => sql`${one.column}`),
      sql`, `,
    );
    const params = sql.join(
      columns.map((one, i) => sql.param(held[i], one.column)),
      sql`, `,
    );
    return direction === "asc" ? sql`(${names}) > (${params})` : sql`(${names}) < (${params})`;
  };
  if (column.notNull || column.primary) return behind(order, values);
  const tied = value === null ? isNull(column) : sql`${column} = ${sql.param(value, column)}`;
  const next = and(tied, behind(rest, others));
  if (value === null) return direction === "asc" ? next : or(sql`${column} IS NOT NULL`, next);
  const further = behind([order[0]!], [value]);
  return direction === "asc" ? or(further, isNull(column), next) : or(further, next);
}
