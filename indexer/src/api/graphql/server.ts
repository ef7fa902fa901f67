/** `/graphql`: the generated tables, the market's own questions, and subscriptions over server-sent events. */
import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { maxTokensPlugin } from "@escape.tech/graphql-armor-max-tokens";
import { mergeSchemas } from "@graphql-tools/schema";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { createYoga } from "graphql-yoga";
import { readSettings } from "../../../lib/settings.ts";
import { generatedContext, generatedSchema } from "./generated.ts";
import { resolvers } from "./resolvers.ts";
import { typeDefs } from "./types.ts";

const { nodeEnv } = readSettings();

const yoga = createYoga({
  graphqlEndpoint: "/graphql",
  schema: mergeSchemas({ schemas: [generatedSchema], typeDefs, resolvers }),
  context: generatedContext,
  // An offline copy of the page, for developers.
  graphiql: nodeEnv === "production" ? false : { title: "EnerLink" },
  renderGraphiQL,
  maskedErrors: nodeEnv === "production",
  logging: false,
  landingPage: false,
  plugins: [
    maxTokensPlugin({ n: 2_000 }),
    maxDepthPlugin({ n: 20, ignoreIntrospection: true }),
    maxAliasesPlugin({ n: 30, allowList: [] }),
  ],
});

export const handleGraphql = (request: Request) => yoga.fetch(request, {});
