/**
 * Where a page of rows goes on: a cursor holds a row's values in the columns that a list is ordered by, so that the next
 * page begins right behind them, whether or not the row is still there and whatever was added meanwhile. It holds its
 * list's mark as well: another list may be ordered by columns alike, and would go on at a place that means nothing.
 */
import { createHash } from "node:crypto";
import { and, isNull, or, type PgColumn, sql } from "ponder";
import { wrong } from "./input.ts";

type SQL = ReturnType<typeof sql>;
type Row = Record<string, unknown>;

/** A column of an order, and its name in a row. */
export type Ordered = { name: string; column: PgColumn };

/** An order of a list's rows. */
export type Order = {
  /** What list it is, in which direction, and what it is narrowed by: `markOf`. */
  mark: string;
  by: readonly Ordered[];
};

/** A list's mark. @param parts what makes it another list, as JSON has it */
export const markOf = (...parts: unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 8);

/** By which filters `where` narrows a list, whatever their values. */
export const shapeOf = (where: Row): unknown[] =>
  Object.keys(where)
    .toSorted()
    .map((name) => {
      const value = where[name];
      return Array.isArray(value) && (name === "AND" || name === "OR")
        ? [name, ...value.map((one) => shapeOf((one as Row | null) ?? {}))]
        : name;
    });

/** The name under which a cursor holds the mark; no column has it. */
const MARK = "@";

/** What names a row's place in an order. */
export const cursorOf = ({ mark, by }: Order, row: Row): string => {
  const held = { [MARK]: mark, ...Object.fromEntries(by.map(({ name }) => [name, row[name]])) };
  const text = JSON.stringify(held, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return Buffer.from(text).toString("base64url");
};

/**
 * @throws Problem 400, that `field` must be `allowed`, unless `cursor` is of this very order and holds a value for each
 * column and nothing else
 */
export function valuesOf({ mark, by }: Order, cursor: string, field: string, allowed: string): unknown[] {
  const refusal = wrong(field, allowed);
  let held: Row;
  try {
    held = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw refusal;
  }
  const names = [MARK, ...by.map(({ name }) => name)];
  if (typeof held !== "object" || held === null || Object.keys(held).join() !== names.join()) throw refusal;
  if (held[MARK] !== mark) throw refusal;
  return by.map(({ name, column }) => {
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
