/** Pages of lists: as JSON or as a table, both saying where they go on. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { answerCsv, type Cell, csvOf } from "./csv.ts";

/** What is optional, null or defaulted, without that. */
const plain = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
    ? plain(schema.unwrap() as z.ZodType)
    : schema;

/** Columns for what `item` holds: `location.latitude` for what stands within, none for lists of what has columns itself. */
export const columnsOf = (item: z.ZodObject, path = ""): string[] =>
  Object.entries(item.shape).flatMap(([name, schema]) => {
    const inner = plain(schema as z.ZodType);
    if (inner instanceof z.ZodObject) return columnsOf(inner, `${path}${name}.`);
    const isTable = inner instanceof z.ZodArray && plain(inner.element as z.ZodType) instanceof z.ZodObject;
    return isTable ? [] : [`${path}${name}`];
  });

/** Words with blanks between them; what has names of its own, such as a command's arguments, as JSON. */
function cellAt(item: object, column: string): Cell {
  const value = column
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], item);
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : (value as Cell);
}

/** `items` as a table with the columns of their schema. */
export function tableOf(item: z.ZodObject, items: readonly object[]): string {
  const columns = columnsOf(item);
  const rows = items.map((one) => Object.fromEntries(columns.map((column) => [column, cellAt(one, column)])));
  return csvOf(columns, rows);
}

/** In which form a list is answered. */
export const format = z
  .string()
  .transform((text, context): "json" | "csv" => {
    const name = text.toLowerCase();
    if (name === "json" || name === "csv") return name;
    context.addIssue({ code: "custom", message: "must be json or csv" });
    return z.NEVER;
  })
  .default("json")
  .openapi({
    type: "string",
    enum: ["json", "csv"],
    default: "json",
    description: "JSON, or comma-separated values with a line for each row",
  });

/**
 * Answers a page of a list. Where there is more, `Link` says where it goes on, in a table as well.
 * @param name the table's file, when a browser keeps it
 * @param after the parameter by which the next page is asked for
 */
export function answerPage<Page extends { items: readonly object[]; next: string | null }>(
  context: Context,
  {
    name,
    item,
    form,
    after = "before",
  }: { name: string; item: z.ZodObject; form: "json" | "csv"; after?: string },
  page: Page,
) {
  if (page.next !== null) {
    const query = new URL(context.req.url).searchParams;
    query.delete("offset");
    query.set(after, page.next);
    context.header("link", `<?${query}>; rel="next"`);
  }
  return form === "csv" ? answerCsv(context, name, tableOf(item, page.items)) : context.json(page, 200);
}
