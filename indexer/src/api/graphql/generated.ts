/** Ponder's generated GraphQL schema, described, its pages answered by `lists.ts`, and ready to be extended. */

import { readFileSync } from "node:fs";
import { db } from "ponder:api";
import schema from "ponder:schema";
import type { GraphQLScalarType } from "graphql";
import { buildGraphQLSchema, tables } from "../ponder.ts";
import { describeTables } from "./descriptions.ts";
import { answerPages } from "./pages.ts";
import { makeExact } from "./scalars.ts";

export const generatedSchema = buildGraphQLSchema({ schema });
describeTables(generatedSchema, readFileSync(new URL("../../../ponder.schema.ts", import.meta.url), "utf8"));
makeExact(generatedSchema.getType("BigInt") as GraphQLScalarType<unknown>);
answerPages(generatedSchema, tables(), schema, db as never);
