/**
 * Ponder's generated GraphQL schema, to be extended, and its readers' database. Ponder offers the schema only as a
 * finished endpoint, so this is the one place that reaches into its package; the exact version is pinned, and the tests
 * ask through it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import schema from "ponder:schema";
import type { GraphQLSchema } from "graphql";
import { describeTables } from "./descriptions.ts";

// Required, not imported: Ponder's loader would make a second copy of what is imported here.
const require = createRequire(import.meta.url);
const { buildGraphQLSchema, buildDataLoaderCache } =
  require("../../../node_modules/ponder/dist/esm/graphql/index.js") as {
    buildGraphQLSchema(options: { schema: unknown }): GraphQLSchema;
    buildDataLoaderCache(database: unknown): unknown;
  };
const { NonRetryableUserError } = require("../../../node_modules/ponder/dist/esm/internal/errors.js") as {
  NonRetryableUserError: new (message: string) => Error;
};

export const generatedSchema = buildGraphQLSchema({ schema });
describeTables(generatedSchema, readFileSync(new URL("../../../ponder.schema.ts", import.meta.url), "utf8"));

type Client = { query: (...given: unknown[]) => unknown };
type PonderDatabase = {
  readonlyQB: unknown;
  driver: {
    /** The pool of PostgreSQL connections for reading; PGlite, for development, has none. */
    readonly?: {
      options: { statement_timeout: number };
      on: (event: "connect", listener: (client: Client) => void) => void;
    };
  };
};
const database = () => (globalThis as unknown as { PONDER_DATABASE: PonderDatabase }).PONDER_DATABASE;

/** What the generated resolvers expect for each request. */
export function generatedContext() {
  const { readonlyQB } = database();
  return { qb: readonlyQB, getDataLoader: buildDataLoaderCache(readonlyQB) };
}

/** What PostgreSQL would refuse as often as it is asked; the message is for whoever asked. */
export class Unanswerable extends NonRetryableUserError {}

/** Errors of PostgreSQL that the same question meets again: bad data, bad SQL, too large, took too long. */
const FINAL = /^(22|42|54|57014)/;
const TOOK_TOO_LONG = "57014";
const BAD_SQL = /^42/;

/** Ends what a reader asks of PostgreSQL after `milliseconds`; Ponder would ask up to ten times, for a minute. */
export function limitStatements(milliseconds: number) {
  const { readonly } = database().driver;
  if (!readonly) return;
  readonly.options.statement_timeout = milliseconds;
  readonly.on("connect", (client) => {
    const query = client.query.bind(client);
    client.query = (...given) => {
      const callback = given.at(-1);
      if (typeof callback === "function") {
        return query(...given.slice(0, -1), (error: unknown, ...rest: unknown[]) =>
          callback(final(error, milliseconds), ...rest),
        );
      }
      const answer = query(...given);
      return answer instanceof Promise
        ? answer.catch((error) => {
            throw final(error, milliseconds);
          })
        : answer;
    };
  });
}

function final(error: unknown, milliseconds: number): unknown {
  const { code = "", message = code } = (error ?? {}) as { code?: string; message?: string };
  if (!FINAL.test(code)) return error;
  if (code === TOOK_TOO_LONG)
    return new Unanswerable(`The question took longer than ${milliseconds / 1_000} s: ask for less`);
  return BAD_SQL.test(code)
    ? new NonRetryableUserError(message)
    : new Unanswerable(`The question holds a value that is none: ${message}`);
}
