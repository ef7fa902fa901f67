/**
 * Ponder's insides: the one module that reaches into its package. Ponder offers its GraphQL schema only as a finished
 * endpoint and its readers' connections not at all; the exact version is pinned, and `ponder.test.ts` says what is
 * relied on.
 */
import { createRequire } from "node:module";
import type { GraphQLSchema } from "graphql";
import type { PgColumn } from "ponder";

// Required, not imported: Ponder's loader would make a second copy of what is imported here.
const require = createRequire(import.meta.url);
const inside = (file: string) => require(`../../node_modules/ponder/dist/esm/${file}`);

export const { buildGraphQLSchema, buildDataLoaderCache } = inside("graphql/index.js") as {
  buildGraphQLSchema(options: { schema: unknown }): GraphQLSchema;
  buildDataLoaderCache(database: unknown): unknown;
};

/** An error that Ponder does not meet by asking again, ten times within a minute. */
export const { NonRetryableUserError } = inside("internal/errors.js") as {
  NonRetryableUserError: new (message: string) => Error;
};

/** As much of a `pg` client and pool as is used here. */
export type Client = { query: (...given: never[]) => unknown };
export type ReaderPool = {
  options: {
    connectionString?: string;
    statement_timeout?: number;
    /** Awaited for each new connection before anything is asked on it. */
    onConnect?: (client: Client) => Promise<void>;
  };
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
};

/** A pool as Ponder makes the one that its API reads with. */
export const { createReadonlyPool } = inside("utils/pg.js") as {
  createReadonlyPool(
    options: { connectionString: string; max: number },
    log: unknown,
    schema: string,
  ): ReaderPool;
};

/** How drizzle describes a table's relation to another; `config.fields` only where it leads to one row. */
export type Relation = {
  referencedTableName: string;
  relationName?: string;
  config?: { fields?: PgColumn[]; references?: PgColumn[] };
};
export type TableDescription = {
  tsName: string;
  dbName: string;
  columns: Record<string, PgColumn>;
  primaryKey: PgColumn[];
  relations: Record<string, Relation>;
};

type Database = {
  readonlyQB: { raw: { _: { schema: Record<string, TableDescription> } } };
  driver: { readonly?: ReaderPool };
};
const database = () => (globalThis as unknown as { PONDER_DATABASE: Database }).PONDER_DATABASE;

/** The pool that answers are read with, not connected yet when the API is built; PGlite, for development, has none. */
export const readerPool = (): ReaderPool | undefined => database().driver.readonly;

/** The statements that make a schema's enumerations and tables. */
export const { getSql } = inside("drizzle/kit/index.js") as {
  getSql(schema: unknown): { enums: { sql: string[] }; tables: { sql: string[] } };
};

/** The tables of the schema, by their names in `ponder.schema.ts`. */
export const tablesOf = ({ _ }: Database["readonlyQB"]["raw"]) => _.schema;
export const tables = () => tablesOf(database().readonlyQB.raw);

/** What the generated resolvers expect for each request. */
export function generatedContext() {
  const { readonlyQB } = database();
  return { qb: readonlyQB, getDataLoader: buildDataLoaderCache(readonlyQB) };
}
