/** Questions to the index's GraphQL, their answers checked. */
import { z } from "zod/mini";
import { type LiveOptions, useLive, useSystem } from "../system/index.ts";

const envelope = z.object({
  data: z.optional(z.unknown()),
  errors: z.optional(z.array(z.object({ message: z.string() }))),
});

export async function queryIndex<T>(
  indexerUrl: string,
  query: string,
  variables: object,
  schema: z.ZodMiniType<T>,
): Promise<T> {
  // As a GET, which a browser sends to another origin without asking first.
  const question = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  const response = await fetch(`${indexerUrl}/graphql?${question}`, { cache: "no-store" });
  const { data, errors } = envelope.parse(await response.json());
  if (errors?.[0]) throw new Error(`index: ${errors[0].message}`);
  return schema.parse(data);
}

/** A question asked every two seconds; `variables` undefined while something that it needs is missing. */
export function useIndex<T>(
  query: string,
  variables: Record<string, string | number | undefined> | undefined,
  schema: z.ZodMiniType<T>,
  options?: LiveOptions,
) {
  const { config } = useSystem();
  return useLive(
    ["index", query, JSON.stringify(variables)],
    variables && (() => queryIndex(config.indexerUrl, query, variables, schema)),
    options,
  );
}

/** An integer beyond 2^53 comes as decimal text. */
export const integer = z.pipe(
  z.union([z.string().check(z.regex(/^-?\d+$/)), z.int()]),
  z.transform((value) => BigInt(value)),
);
/** Unix seconds. */
export const seconds = z.pipe(integer, z.transform(Number));

/** The rows of a list: `{ name: { items: [row] } }`. */
export const itemsOf = <Name extends string, Row extends z.ZodMiniType>(name: Name, row: Row) =>
  z.pipe(
    z.object({ [name]: z.object({ items: z.array(row) }) } as Record<
      Name,
      z.ZodMiniObject<{ items: z.ZodMiniArray<Row> }>
    >),
    z.transform((data) => (data as Record<Name, { items: z.output<Row>[] }>)[name].items),
  );
