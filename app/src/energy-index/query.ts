/** Questions to the index's GraphQL, their answers checked. */
import { z } from "zod";
import { useLive, useSystem } from "../system/index.ts";

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

export async function queryIndex<T>(
  indexerUrl: string,
  query: string,
  variables: object,
  schema: z.ZodType<T>,
): Promise<T> {
  const response = await fetch(`${indexerUrl}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = envelope.parse(await response.json());
  if (errors?.[0]) throw new Error(`index: ${errors[0].message}`);
  return schema.parse(data);
}

/** A question asked every two seconds; `variables` undefined while something that it needs is missing. */
export function useIndex<T>(
  query: string,
  variables: Record<string, string | number | undefined> | undefined,
  schema: z.ZodType<T>,
) {
  const { config } = useSystem();
  return useLive(
    ["index", query, JSON.stringify(variables)],
    variables && (() => queryIndex(config.indexerUrl, query, variables, schema)),
  );
}

/** An integer beyond 2^53 comes as decimal text. */
export const integer = z.union([z.string().regex(/^-?\d+$/), z.int()]).transform((value) => BigInt(value));
/** Unix seconds. */
export const seconds = integer.transform(Number);
