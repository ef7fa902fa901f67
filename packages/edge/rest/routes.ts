/**
 * What every route has alike: it takes what it declares and nothing else, answers a problem when something is wrong, and
 * stands in the document.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, Env, Hono, MiddlewareHandler } from "hono";
import { repeatedNames, roundedNumbers } from "../exact.ts";
import { type FieldProblem, invalid, Problem } from "../problem.ts";
import { type Alike, makeResponses, type Says } from "./responses.ts";

type Issue = Pick<z.core.$ZodIssue, "path" | "message" | "code"> & { keys?: string[]; expected?: string };

/** What zod calls it, where a schema has no words of its own. */
const kinds: Record<string, string> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "text",
  boolean: "true or false",
  int: "a whole number",
};

/** What is wrong with a request, field by field. */
const fieldProblems = (issues: readonly Issue[]): FieldProblem[] =>
  issues.flatMap(({ path, message, code, keys, expected = "" }) => {
    if (code === "unrecognized_keys")
      return keys!.map((key) => ({ field: [...path, key].join("."), message }));
    const missing = code === "invalid_type" && message.includes("undefined");
    const isOther = code === "invalid_type" && message.startsWith("Invalid input");
    const said = isOther ? `must be ${kinds[expected] ?? `a ${expected}`}` : message;
    return [{ field: path.join(".") || "body", message: missing ? "is needed" : said }];
  });

/** Routes that answer a request that does not fit its schema with each wrong field. */
export function makeRoutes<E extends Env>() {
  return new OpenAPIHono<E>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(fieldProblems(result.error.issues as Issue[]));
    },
  });
}

const unknownIs = (allowed: readonly string[]) =>
  `is not known here; ${allowed.length === 0 ? "nothing is taken" : `allowed: ${allowed.join(", ")}`}`;

/** What a field is where it is left out, if that can be written down. */
function defaultOf({ def }: z.ZodType): unknown {
  if (def.type === "pipe") return defaultOf((def as z.core.$ZodPipeDef).in as z.ZodType);
  const { defaultValue: value } = def as Partial<z.core.$ZodDefaultDef>;
  return typeof value === "bigint" ? undefined : value;
}

/** Says the default of each field: the document of one that is made into something else would lose it. */
const withDefaults = (shape: z.ZodRawShape) =>
  Object.fromEntries(
    Object.entries(shape as Record<string, z.ZodType>).map(([name, field]) => {
      const value = defaultOf(field);
      return [name, value === undefined ? field : field.openapi({ default: value })];
    }),
  );

/** These fields, and nothing beside them: what is not known is refused by name, with what is allowed. */
export function onlyThese<Shape extends z.ZodRawShape>(shape: Shape) {
  const message = unknownIs(Object.keys(shape));
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? message : undefined),
  });
}

/** `schema`, and nothing beside it. */
const exactly = <Schema extends z.ZodObject>(schema: Schema) =>
  onlyThese(withDefaults(schema.shape)) as unknown as Schema;

const isJson = (contentType: string | undefined) =>
  /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? "");

/** The body is JSON and says so; without `taken` there is none, or an empty object. */
const bodyCheck = (taken: boolean): MiddlewareHandler => {
  return async (context, next) => {
    const text = ["GET", "HEAD"].includes(context.req.method) ? "" : (await context.req.text()).trim();
    if (text !== "" && !isJson(context.req.header("content-type"))) {
      const message = "must be application/json";
      throw new Problem(415, "Unsupported media type", `content-type ${message}`, [
        { field: "content-type", message },
      ]);
    }
    if (text === "" && taken && isJson(context.req.header("content-type")))
      throw invalid([{ field: "body", message: "must be JSON" }]);
    if (text !== "" && !taken) throwUnlessEmpty(text);
    if (text !== "") throwUnlessKept(text);
    await next();
  };
};

/** JavaScript would go on with another number, or with one of several values. @throws Problem 400 naming each */
function throwUnlessKept(text: string): void {
  let rounded: string[];
  try {
    rounded = roundedNumbers(text);
  } catch {
    throw invalid([{ field: "body", message: "must be JSON" }]);
  }
  const message = "has more digits than a JSON number keeps: send it as text";
  if (rounded.length > 0) throw invalid(rounded.map((field) => ({ field: field || "body", message })));
  const twice = repeatedNames(text);
  if (twice.length > 0) throw invalid(twice.map((field) => ({ field, message: "must be given once" })));
}

function throwUnlessEmpty(text: string): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid([{ field: "body", message: "must be JSON" }]);
  }
  const names = typeof body === "object" && body !== null ? Object.keys(body) : ["body"];
  if (names.length > 0) throw invalid(names.map((field) => ({ field, message: unknownIs([]) })));
}

/** A parameter that is given twice has no one value. */
const queryOnce: MiddlewareHandler = async (context, next) => {
  const names = [...new URL(context.req.url).searchParams.keys()];
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length > 0) throw invalid(twice.map((field) => ({ field, message: "must be given once" })));
  await next();
};

/** For a route that stands in no document: it takes no parameters. @throws Problem 400 naming those that are given */
export const noParameters: MiddlewareHandler = async (context, next) => {
  const names = [...new Set(new URL(context.req.url).searchParams.keys())];
  if (names.length > 0) throw invalid(names.map((field) => ({ field, message: unknownIs([]) })));
  await next();
};

/** Says with each answer of a route, refusals included, that it will go (RFC 9745, RFC 8594). */
const farewell = ({ since, until }: { since: string; until: string }): MiddlewareHandler => {
  const [deprecation, sunset] = [`@${Date.parse(since) / 1_000}`, new Date(until).toUTCString()];
  return async (context, next) => {
    context.header("deprecation", deprecation);
    context.header("sunset", sunset);
    await next();
  };
};

type Parts = Says & {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Headers that it reads. */
  headers?: z.ZodObject;
  /** Since when it is not to be used any more, and when it may be gone (docs/api-changes.md); ISO 8601. */
  deprecated?: { since: string; until: string };
};

/** What a service's routes have alike. */
type Service = Alike & {
  /** Parameters that every route takes; what is done about them is done before it. */
  always?: Record<string, z.ZodType>;
};

/** How a service describes its routes. */
export function makeRoute({ always = {}, ...alike }: Service) {
  const responsesOf = makeResponses(alike);

  /** A route that answers `answer` as JSON, with `status` when all is well. */
  return function route<
    const Method extends "get" | "post" | "put" | "delete",
    const Path extends string,
    Answer extends z.ZodType,
    const Given extends Parts,
    const Status extends 200 | 201 | 202 = 200,
  >(
    method: Method,
    path: Path,
    tag: string,
    summary: string,
    answer: Answer,
    given: Given = {} as Given,
    status: Status = 200 as Status,
  ) {
    const { params, query, body, signedIn, headers, deprecated } = given;
    return createRoute({
      method,
      path,
      tags: [tag],
      summary,
      ...(signedIn ? { security: [{ session: [] }, ...(signedIn === true ? [] : [{ key: [] }])] } : {}),
      ...(deprecated ? { deprecated: true } : {}),
      middleware: [...(deprecated ? [farewell(deprecated)] : []), queryOnce, bodyCheck(body !== undefined)],
      request: {
        ...(params ? { params } : {}),
        ...(headers ? { headers } : {}),
        query: exactly((query ?? z.object({})).extend(always)),
        ...(body
          ? { body: { required: true, content: { "application/json": { schema: exactly(body) } } } }
          : {}),
      } as {
        params: Given["params"] extends z.ZodObject ? Given["params"] : never;
        query: Given["query"] extends z.ZodObject ? Given["query"] : never;
        body: Given["body"] extends z.ZodObject
          ? { required: true; content: { "application/json": { schema: Given["body"] } } }
          : never;
      },
      // Problems are thrown: what a handler returns is the answer.
      responses: responsesOf(method, status, answer, given) as Record<
        Status,
        { description: string; content: { "application/json": { schema: Answer } } }
      >,
    });
  };
}

/** The methods under which `app` knows `path`. */
function methodsOf(app: Hono<never>, path: string): string[] {
  const parts = path.split("/");
  const known = app.routes.filter(({ method, path: pattern }) => {
    const wanted = pattern.split("/");
    return (
      method !== "ALL" &&
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith(":") || part === parts[index])
    );
  });
  const methods = new Set(known.map(({ method }) => method));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}

/** What to answer where no route is: 405 with `Allow` where only the method is wrong, else 404. */
export function notFoundProblem(app: Hono<never>, context: Context): Problem {
  const { method, path } = context.req;
  const allowed = methodsOf(app, path);
  if (allowed.length === 0 || allowed.includes(method))
    return new Problem(404, "Not found", `There is no ${method} ${path}; see /api/docs`);
  context.header("allow", allowed.join(", "));
  return new Problem(405, "Method not allowed", `${path} takes ${allowed.join(", ")}, not ${method}`);
}
