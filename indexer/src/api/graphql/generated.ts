/** Ponder's generated GraphQL schema, described and ready to be extended. */
import { readFileSync } from "node:fs";
import schema from "ponder:schema";
import { buildGraphQLSchema } from "../ponder.ts";
import { describeTables } from "./descriptions.ts";

export const generatedSchema = buildGraphQLSchema({ schema });
describeTables(generatedSchema, readFileSync(new URL("../../../ponder.schema.ts", import.meta.url), "utf8"));
