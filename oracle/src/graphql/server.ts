/**
 * `/graphql`: meters, readings, settlements, commands and alerts; subscriptions over server-sent events. Here and beside
 * it `graphql/index.js` is imported by that name, because `graphql` is another copy of it to a bundler.
 */
import { pagePolicy } from "@enerlink/edge/rest";
import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { maxTokensPlugin } from "@escape.tech/graphql-armor-max-tokens";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { NoSchemaIntrospectionCustomRule } from "graphql/index.js";
import { createSchema, createYoga, type Plugin } from "graphql-yoga";
import type { Limiter } from "../http/limits.ts";
import { costLimit } from "./cost.ts";
import { type GraphqlContext, makeResolvers, type Sources } from "./resolvers.ts";
import { eventTypes, typeDefs } from "./types.ts";

const noIntrospection: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
};

/** The page, millions of characters that are the same for everybody, and what it may load. */
const page = (() => {
  let rendered: { html: string; policy: string } | undefined;
  return () => {
    if (rendered) return rendered;
    const html = renderGraphiQL({ title: "EnerLink oracle" });
    const scripts = [...html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script!);
    rendered = { html, policy: pagePolicy(scripts) };
    return rendered;
  };
})();

export function makeGraphql({
  production,
  limiter,
  ...sources
}: Sources & { production: boolean; limiter: Pick<Limiter, "charge"> }) {
  const yoga = createYoga<GraphqlContext>({
    graphqlEndpoint: "/graphql",
    schema: createSchema({ typeDefs: [typeDefs, eventTypes], resolvers: makeResolvers(sources) as never }),
    // An offline copy of the page, for developers.
    graphiql: !production,
    renderGraphiQL: () => page().html,
    // Node's own: with the stand-ins that it would bring, a subscriber who leaves ends the process.
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
    cors: false,
    // An error that is ours says nothing of itself, whatever NODE_ENV is.
    maskedErrors: { isDev: false },
    logging: false,
    landingPage: false,
    plugins: [
      maxTokensPlugin({ n: 1_000 }),
      maxDepthPlugin({ n: 8, ignoreIntrospection: true }),
      maxAliasesPlugin({ n: 10, allowList: [] }),
      costLimit(limiter),
      ...(production ? [noIntrospection] : []),
    ],
  });
  return async (request: Request, context: GraphqlContext): Promise<Response> => {
    const response = await yoga.fetch(request, context);
    const isPage = !production && response.headers.get("content-type")?.startsWith("text/html");
    if (isPage) response.headers.set("content-security-policy", page().policy);
    return response;
  };
}
