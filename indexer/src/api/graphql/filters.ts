/**
 * A list's `where` as SQL. `x_not…` finds exactly what `x…` does not, null included; text in `_contains` and its like
 * is meant as it stands.
 */
import { isAddressText, isSerial, meterId, TYPED_ADDRESS } from "@enerlink/protocol";
import { and, inArray, isNull, or, type PgColumn, type PgTable, sql } from "ponder";
import { METER, wrong } from "../input.ts";

/** A table as drizzle describes it. */
export type Table = {
  tsName: string;
  columns: Record<string, PgColumn>;
  primaryKey: PgColumn[];
  from: PgTable;
};
type Columns = Pick<Table, "tsName" | "columns">;

type SQL = ReturnType<typeof sql>;
type Where = Record<string, unknown>;
type Operator = (column: PgColumn, value: unknown) => SQL;

const equals: Operator = (column, value) =>
  value === null ? isNull(column) : sql`${column} = ${sql.param(value, column)}`;

const within: Operator = (column, value) => {
  const values = value as unknown[];
  const known = values.filter((one) => one !== null);
  const among = known.length > 0 ? inArray(column, known) : sql`false`;
  return known.length < values.length ? or(among, isNull(column))! : among;
};

const has: Operator = (column, value) => {
  const { baseColumn } = column as PgColumn & { baseColumn: PgColumn };
  return sql`${sql.param(value, baseColumn)} = ANY(${column})`;
};

const compared =
  (operator: string): Operator =>
  (column, value) =>
    sql`${column} ${sql.raw(operator)} ${sql.param(value, column)}`;

const literal = (text: unknown) => String(text).replace(/[\\%_]/g, "\\$&");
const matches =
  (pattern: (text: string) => string, nocase: boolean): Operator =>
  (column, value) => {
    // Hexadecimal columns hold small letters only.
    const wanted = isHex(column) ? String(value).toLowerCase() : value;
    return sql`${column} ${sql.raw(nocase ? "ILIKE" : "LIKE")} ${pattern(literal(wanted))}`;
  };

const patterns = {
  _contains: (text: string) => `%${text}%`,
  _starts_with: (text: string) => `${text}%`,
  _ends_with: (text: string) => `%${text}`,
};

/** By the end of a filter's name; `_not` and `_not…` are the others' complements. */
const positive: Record<string, Operator> = {
  "": equals,
  _in: within,
  _has: has,
  _gt: compared(">"),
  _lt: compared("<"),
  _gte: compared(">="),
  _lte: compared("<="),
  ...Object.fromEntries(
    Object.entries(patterns).flatMap(([name, pattern]) => [
      [name, matches(pattern, false)],
      [`${name}_nocase`, matches(pattern, true)],
    ]),
  ),
};

/** Of the text; of the hexadecimal columns' values only addresses are as long. */
const ADDRESS_LENGTH = 42;

const isHex = ({ columnType }: PgColumn) => columnType === "PgHex" || columnType === "PgBytes";
/** Columns that name a meter: its serial is accepted as well as its id. */
const METERS = new Set(["meterId", "batteryId", "connectionPoint"]);
const namesMeter = (table: Columns, column: string) =>
  METERS.has(column) || (table.tsName === "meter" && column === "id");

/** A serial as the meter's id, which is twice as long as the longest serial; anything else as it is. */
const meterIdOf = (text: string) => (isSerial(text) ? meterId(text) : text);

/**
 * @returns undefined where everything is meant
 * @throws Problem 400 for a filter whose value is none
 */
export function conditionOf(table: Table, where: Where): SQL | undefined {
  return and(
    ...Object.entries(where).map(([key, value]) => {
      if (key === "AND" || key === "OR") return joined(table, key, value);
      // `_not_…` ends like what it negates; names of columns hold no underscore.
      const [, name, negated, operator] = /^([A-Za-z0-9]+)(_not(?=$|_))?((?:_.+)?)$/.exec(key)!;
      const column = table.columns[name!]!;
      const field = `where.${key}`;
      if (value === null && operator !== "") throw wrong(field, "a value, not null");
      const stored = storedOf(field, table, name!, operator!, value);
      const condition = positive[operator!]!(column, stored);
      return negated ? sql`(${condition}) IS NOT TRUE` : condition;
    }),
  );
}

function joined(table: Table, key: "AND" | "OR", value: unknown): SQL | undefined {
  if (value === null) return undefined;
  // An item without a filter means everything.
  const items = (value as (Where | null)[]).map((item) => conditionOf(table, item ?? {}) ?? sql`true`);
  return key === "AND" ? and(...items) : (or(...items) ?? sql`false`);
}

/** The values of a filter as their column keeps them. */
function storedOf(field: string, table: Table, name: string, operator: string, value: unknown): unknown {
  const isPart = operator in patterns;
  const stored = (one: unknown) => (isPart ? plain(field, one) : keptOf(field, table, name, one));
  return Array.isArray(value) ? value.map(stored) : stored(value);
}

/** What PostgreSQL's text cannot hold. */
function plain(field: string, value: unknown): unknown {
  if (typeof value === "string" && value.includes("\0"))
    throw wrong(field, "text without the character U+0000");
  return value;
}

/**
 * A value as a column keeps it; a meter by its serial as well.
 * @throws Problem 400 for one that it cannot hold
 */
export function keptOf(field: string, table: Columns, name: string, value: unknown): unknown {
  const column = table.columns[name]! as PgColumn & { baseColumn?: PgColumn };
  const { columnType, enumValues } = column.baseColumn ?? column;
  if (value === null) return null;
  if (isHex(column.baseColumn ?? column)) {
    const isMeter = namesMeter(table, name);
    const text = isMeter ? meterIdOf(String(value)) : String(value);
    if (!/^0x[0-9a-f]*$/i.test(text)) throw wrong(field, isMeter ? METER : "0x and hexadecimal digits");
    if (text.length === ADDRESS_LENGTH && !isAddressText(text)) throw wrong(field, TYPED_ADDRESS);
    return text;
  }
  if (columnType === "PgInteger" && (value as number) !== ((value as number) | 0))
    throw wrong(field, `a whole number from ${-(2 ** 31)} to ${2 ** 31 - 1}`);
  if (enumValues && enumValues.length > 0 && !enumValues.includes(value as string))
    throw wrong(field, `one of ${enumValues.join(", ")}`);
  return plain(field, value);
}
