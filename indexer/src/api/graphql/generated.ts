/**
 * Ponder's generated GraphQL schema, to be extended. Ponder offers it only as a finished endpoint, so this is the one
 * place that reaches into its package; the exact version is pinned, and the tests ask through it.
 */
import { createRequire } from "node:module";
import schema from "ponder:schema";
import type { GraphQLSchema } from "graphql";

// Required, not imported: Ponder's loader would make a second copy of what is imported here.
const { buildGraphQLSchema, buildDataLoaderCache } = createRequire(import.meta.url)(
  "../../../node_modules/ponder/dist/esm/graphql/index.js",
) as {
  buildGraphQLSchema(options: { schema: unknown }): GraphQLSchema;
  buildDataLoaderCache(database: unknown): unknown;
};

export const generatedSchema = buildGraphQLSchema({ schema });

/** What the generated resolvers expect for each request. */
export function generatedContext() {
  const { readonlyQB } = (globalThis as unknown as { PONDER_DATABASE: { readonlyQB: unknown } })
    .PONDER_DATABASE;
  return { qb: readonlyQB, getDataLoader: buildDataLoaderCache(readonlyQB) };
}
