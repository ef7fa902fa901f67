/**
 * `/graphql` as both services answer it; subscriptions go over server-sent events. Here and beside it
 * `graphql/index.js` is imported by that name, because `graphql` is another copy of it to a bundler.
 */
import { createRequire } from "node:module";
import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import type { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { GraphQLError, type GraphQLSchema, NoSchemaIntrospectionCustomRule, parse } from "graphql/index.js";
import { createYoga, type GraphQLParams, maskError, type Plugin } from "graphql-yoga";
import { Problem } from "../problem.ts";
import { pagePolicy } from "../rest/headers.ts";
import { type Bill, costLimit, settle, type Till } from "./bill.ts";
import type { Prices } from "./cost.ts";

/** Nine megabytes of script: read when somebody wants the page, and as it is, which a bundler would take seconds over. */
const renderPage: typeof renderGraphiQL = (options) =>
  createRequire(import.meta.url)("@graphql-yoga/render-graphiql").renderGraphiQL(options);

const noIntrospection: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
};

/**
 * The parser of the very copy whose errors the mask knows: from another one, a slip in a query looks like our own
 * fault.
 */
const limitTokens = (most: number): Plugin => ({
  onParse: ({ setParseFn }) =>
    setParseFn((source: string, options: object) => parse(source, { ...options, maxTokens: most })),
});

/** Variables in an address or a form are text, and it is the asker's fault if that is no JSON. */
const readableVariables: Plugin = {
  onRequestParse: ({ requestParser, setRequestParser }) => {
    if (!requestParser) return;
    setRequestParser(async (request) => {
      try {
        return (await requestParser(request)) as GraphQLParams;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const extensions = { code: "BAD_REQUEST", http: { status: 400 } };
        throw new GraphQLError("variables and extensions must be JSON", { extensions });
      }
    });
  },
};

// Node's own: with the stand-ins that yoga would bring, a subscriber who leaves can end the process.
const fetchAPI = {
  ...{ fetch, Request, Response, Headers, URL },
  ...{ ReadableStream, TransformStream, TextEncoder, TextDecoder },
};

/** What programs tell refusals apart by, of the status that REST answers with; `BAD_USER_INPUT` for any other. */
const codes: Record<number, string> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  503: "SERVICE_UNAVAILABLE",
};

/**
 * A problem is told with its field; what is not the asker's fault is told to nobody but `failed`: no stack and no path
 * leaves the process, whatever NODE_ENV is.
 */
function makeMask({ asProblem, failed }: Pick<Options<never>, "asProblem" | "failed">) {
  return (error: unknown, message: string): Error => {
    const { originalError = error, nodes, path } = error as GraphQLError;
    const problem = asProblem?.(originalError) ?? originalError;
    if (problem instanceof Problem) {
      const [wrong] = problem.errors;
      const extensions = {
        code: codes[problem.status] ?? "BAD_USER_INPUT",
        ...(wrong && { field: wrong.field }),
      };
      return new GraphQLError(problem.message, { nodes: nodes ?? null, path: path ?? null, extensions });
    }
    const masked = maskError(error, message, false);
    if (masked !== error) failed(originalError);
    return masked;
  };
}

/** The page may run the scripts that stand in it, and no others. */
async function withPolicy(page: Response): Promise<Response> {
  const html = await page.text();
  const scripts = [...html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script!);
  const headers = new Headers(page.headers);
  headers.set("content-security-policy", pagePolicy(scripts));
  return new Response(html, { status: page.status, headers });
}

/**
 * What is wrong with a request that is no question, or asks for an answer in no form that there is: problem details,
 * which those that speak GraphQL alone read as its errors. Without a type of content there is no body either.
 */
function misread(request: Request, status: 406 | 415): Response {
  const told = (status: number, title: string, code: string, field: string, message: string) =>
    Response.json(
      {
        ...{ type: "about:blank", title, status, detail: message },
        errors: [{ field, message, extensions: { code } }],
      },
      { status, headers: { "content-type": "application/problem+json" } },
    );
  if (status === 406) {
    const wanted = request.headers.get("accept");
    return told(
      406,
      "Not acceptable",
      "NOT_ACCEPTABLE",
      "accept",
      `accept must allow application/json, application/graphql-response+json or text/event-stream, not ${wanted} alone`,
    );
  }
  const given = request.headers.get("content-type");
  if (given === null)
    return told(
      400,
      "Invalid request",
      "BAD_REQUEST",
      "query",
      'a question is needed: a body of application/json such as {"query": "{ __typename }"}',
    );
  return told(
    415,
    "Unsupported media type",
    "UNSUPPORTED_MEDIA_TYPE",
    "content-type",
    `content-type must be application/json, not ${given}`,
  );
}

type Options<Who> = {
  schema: GraphQLSchema;
  /** Made for each request, beside what the request brings. */
  context?: () => object;
  /** The page to ask with, a copy that needs no internet: for developers. Its tabs begin with these questions. */
  page: false | { title: string; questions?: () => Promise<string[]> };
  /** Whether it may be asked what can be asked. */
  introspection: boolean;
  most: { tokens: number; depth: number; aliases: number };
  prices: Prices;
  till: Till<Who>;
  /** What else is a problem of who asks. */
  asProblem?: (error: unknown) => unknown;
  /** Told of what is no fault of who asks. */
  failed: (error: unknown) => void;
};

export type Graphql<Who> = (request: Request, who: Who, given?: object) => Promise<Response>;

/** @returns how to answer a request of `who`; resolvers find `given`, and the `bill`, in their context */
export function makeGraphql<Who>(options: Options<Who>): Graphql<Who> {
  const { schema, context, page, introspection, most, prices, till } = options;
  const yoga = createYoga<{ bill: Bill<Who> }>({
    graphqlEndpoint: "/graphql",
    schema,
    ...(context ? { context } : {}),
    graphiql:
      page &&
      (async () => {
        const questions = (await page.questions?.()) ?? [];
        return {
          title: page.title,
          ...(questions.length > 0 && { defaultTabs: questions.map((query) => ({ query })) }),
        };
      }),
    renderGraphiQL: renderPage,
    fetchAPI,
    cors: false,
    multipart: false,
    maskedErrors: { maskError: makeMask(options) },
    logging: false,
    landingPage: false,
    plugins: [
      readableVariables,
      limitTokens(most.tokens),
      maxDepthPlugin({ n: most.depth, ignoreIntrospection: true }),
      maxAliasesPlugin({ n: most.aliases, allowList: [] }),
      costLimit(prices, till),
      ...(introspection ? [] : [noIntrospection]),
    ],
  });
  return async (request, who, given = {}) => {
    const bill: Bill<Who> = { who, cost: 0 };
    // What asks for the head alone is answered as GET: the server leaves out the rest.
    const asked =
      request.method === "HEAD" ? new Request(request.url, { headers: request.headers }) : request;
    const response = await yoga.fetch(asked, { ...given, bill });
    if (response.status === 406 || response.status === 415) return misread(request, response.status);
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/html")) return withPolicy(response);
    if (!type.startsWith("text/event-stream")) return settle(response, bill, till);
    // A subscription has no end to be measured, and whoever wants its head alone would never leave it.
    if (asked !== request) await response.body?.cancel();
    return response;
  };
}
