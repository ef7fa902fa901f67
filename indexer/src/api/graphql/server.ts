/** `/graphql`: the generated tables, the market's own questions, and what happens. */

import { makeGraphql } from "@enerlink/edge/graphql";
import { mergeSchemas } from "@graphql-tools/schema";
import { readSettings } from "../../../lib/settings.ts";
import { till, type Who } from "../limits.ts";
import { logFailure } from "../log.ts";
import { chainTime } from "../now.ts";
import { asProblem } from "../problem.ts";
import { prices } from "./cost.ts";
import { examples } from "./examples.ts";
import { generatedSchema } from "./generated.ts";
import { answerContext, resolvers } from "./resolvers.ts";
import { typeDefs } from "./types.ts";

const { nodeEnv } = readSettings();
const questions = async () => examples(await chainTime()).map(({ query }) => query);

export const handleGraphql = makeGraphql<Who>({
  schema: mergeSchemas({ schemas: [generatedSchema], typeDefs, resolvers }),
  context: answerContext,
  page: nodeEnv === "production" ? false : { title: "EnerLink", questions },
  introspection: true,
  most: { tokens: 2_000, depth: 20, aliases: 30 },
  prices,
  till,
  asProblem,
  failed: logFailure,
});
