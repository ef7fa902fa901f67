/** `/graphql`: the generated tables, the market's own questions, and subscriptions over server-sent events. */
import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { maxTokensPlugin } from "@escape.tech/graphql-armor-max-tokens";
import { mergeSchemas } from "@graphql-tools/schema";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { createGraphQLError, createYoga, maskError } from "graphql-yoga";
import { readSettings } from "../../../lib/settings.ts";
import { chainTime } from "../now.ts";
import { Unanswerable } from "../readers.ts";
import { type Bill, costPlugin, settle } from "./bill.ts";
import { examples } from "./examples.ts";
import { generatedSchema } from "./generated.ts";
import { answerContext, resolvers } from "./resolvers.ts";
import { typeDefs } from "./types.ts";

const { nodeEnv } = readSettings();

const yoga = createYoga<{ bill: Bill }>({
  graphqlEndpoint: "/graphql",
  schema: mergeSchemas({ schemas: [generatedSchema], typeDefs, resolvers }),
  context: answerContext,
  // An offline copy of the page, for developers.
  graphiql:
    nodeEnv === "production"
      ? false
      : async () => ({
          title: "EnerLink",
          defaultTabs: examples(await chainTime()).map(({ query }) => ({ query })),
        }),
  renderGraphiQL,
  // Node's own: with the stand-ins that it would bring, a subscriber who leaves can end the process.
  fetchAPI: {
    fetch,
    Request,
    Response,
    Headers,
    ReadableStream,
    TransformStream,
    TextEncoder,
    TextDecoder,
    URL,
  },
  // What is not the asker's fault is told to nobody but the log: no stack and no path leaves the process.
  maskedErrors: {
    maskError(error, message) {
      const { originalError } = error as { originalError?: Error };
      if (originalError instanceof Unanswerable)
        return createGraphQLError(originalError.message, { extensions: { code: "BAD_USER_INPUT" } });
      const masked = maskError(error, message, false);
      if (masked !== error) console.error(originalError ?? error);
      return masked;
    },
  },
  logging: false,
  landingPage: false,
  plugins: [
    maxTokensPlugin({ n: 2_000 }),
    maxDepthPlugin({ n: 20, ignoreIntrospection: true }),
    maxAliasesPlugin({ n: 30, allowList: [] }),
    costPlugin,
  ],
});

/** @param client who asks, as `guard.ts` names it */
export async function handleGraphql(request: Request, client: string): Promise<Response> {
  const bill: Bill = { client, cost: 0 };
  return settle(await yoga.fetch(request, { bill }), bill);
}
