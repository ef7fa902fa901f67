/** Questions to the index's GraphQL, their answers checked. */
import { useQueryClient } from "@tanstack/react-query";
import { z } from "zod/mini";
import { type Earlier, type LiveOptions, useLive, useSystem } from "../system/index.ts";
import { goesOn, type Variables } from "./goes-on.ts";

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

/**
 * A question asked when the index says that something changed, and now and then besides; one about what is over, as seldom
 * as it says. Where its time moves on with the clock, what was last answered stands until it is answered anew, whether or
 * not that fails. `variables` undefined while something that it needs is missing.
 */
export function useIndex<T>(
  query: string,
  variables: Variables | undefined,
  schema: z.ZodMiniType<T>,
  { isOver = false, ...options }: Omit<LiveOptions, "earlier"> & { isOver?: boolean } = {},
) {
  const { config } = useSystem();
  const queries = useQueryClient();
  const about = [isOver ? "past" : "index", query];
  /** The newest answer to the same question about a little earlier. */
  const earlier = () =>
    queries
      .getQueryCache()
      .findAll({ queryKey: about })
      .filter(
        ({ queryKey, state: { data, dataUpdatedAt } }) =>
          variables &&
          data !== undefined &&
          goesOn(JSON.parse(String(queryKey[2])), variables, dataUpdatedAt / 1_000),
      )
      .toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)[0]?.state;
  return useLive(
    [...about, JSON.stringify(variables)],
    variables && (() => queryIndex(config.indexerUrl, query, variables, schema)),
    { heard: !isOver, earlier: () => earlier() as Earlier<T> | undefined, ...options },
  );
}

/** The rows of a list, a page of them at a time: the query takes `$after` and passes it on. */
const pageOf = <Row extends z.ZodMiniType>(row: Row) =>
  z.object({
    list: z.object({
      items: z.array(row),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.nullable(z.string()) }),
    }),
  });

/**
 * Every row of a list, however many there are, asked for as `useIndex` does.
 * @param query names the list `list`, takes `$after: String`, and asks for `pageInfo { hasNextPage endCursor }`
 */
export function useEveryRow<Row extends z.ZodMiniType>(
  query: string,
  variables: Variables | undefined,
  row: Row,
) {
  const { indexerUrl } = useSystem().config;
  return useLive(
    ["index", query, JSON.stringify(variables)],
    variables &&
      (async () => {
        const rows: z.output<Row>[] = [];
        for (let after: string | null | undefined; ; ) {
          const { list } = await queryIndex(indexerUrl, query, { ...variables, after }, pageOf(row));
          rows.push(...(list.items as z.output<Row>[]));
          after = list.pageInfo.endCursor;
          if (!list.pageInfo.hasNextPage || after === null) return rows;
        }
      }),
    { heard: true },
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
