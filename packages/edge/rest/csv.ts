/** Answers as comma-separated values (RFC 4180), for spreadsheets. */
import type { Context } from "hono";

export type Cell = string | number | null;

/** What a spreadsheet would run as a formula: it begins like one, and is neither a number nor a name such as a serial. */
const isFormula = (text: string) => /^[=+@\t\r-]/.test(text) && !/^-[A-Za-z0-9.-]*$/.test(text);

/** Text from outside, such as a message that a device sent, shall do nothing where it is looked at. */
const written = (cell: Cell) => {
  const said = cell === null ? "" : String(cell);
  const text = isFormula(said) ? `'${said}` : said;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const line = (cells: readonly Cell[]) => `${cells.map(written).join(",")}\r\n`;

/** A line for each row below one with the names of `columns`; what is null is left empty. */
export const csvOf = <Name extends string>(
  columns: readonly Name[],
  rows: readonly Readonly<Record<Name, Cell>>[],
): string => [columns, ...rows.map((row) => columns.map((name) => row[name]))].map(line).join("");

/** @param name the file's, when a browser keeps it. @returns what a route with `csv` answers */
export function answerCsv(context: Context, name: string, text: string): never {
  const headers = {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename="${name}.csv"`,
  };
  // Its type is the route's JSON to the compiler: a route has one.
  return context.body(text, 200, headers) as never;
}
