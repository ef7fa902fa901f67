/** What every route has alike: who asks, a problem for an answer when something is wrong, its place in the document. */
import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Person } from "../auth/accounts.ts";
import { invalid } from "./problem.ts";
import { ProblemDetails } from "./schemas.ts";

/** Who asks, for every request: what the session says, and the address (and account) that limits are kept by. */
export type Env = { Variables: { person: Person; client: string } };

/** Routes that answer a request that does not fit its schema with each wrong field. */
export function makeRoutes() {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      throw invalid(
        result.error.issues.map(({ path, message, code }) => ({
          field: path.join(".") || "body",
          message: code === "invalid_type" && message.includes("undefined") ? "is needed" : message,
        })),
      );
    },
  });
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemDetails } },
});

const problems = {
  400: problem("A field is wrong; `errors` names it and what it may be"),
  401: problem("Nobody is signed in"),
  403: problem("Whoever is signed in may not do this"),
  404: problem("There is no such thing"),
  409: problem("Not now; `detail` says why, and when"),
  429: problem("Too many requests; `Retry-After` says when to ask again"),
};

type Parts = { params?: z.ZodObject; query?: z.ZodObject; body?: z.ZodObject };

/** A route that answers `answer` as JSON, with `status` when all is well. */
export function route<
  const Method extends "get" | "post",
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
  const { params, query, body } = given;
  return createRoute({
    method,
    path,
    tags: [tag],
    summary,
    request: {
      ...(params ? { params } : {}),
      ...(query ? { query } : {}),
      ...(body ? { body: { required: true, content: { "application/json": { schema: body } } } } : {}),
    } as {
      params: Given["params"] extends z.ZodObject ? Given["params"] : never;
      query: Given["query"] extends z.ZodObject ? Given["query"] : never;
      body: Given["body"] extends z.ZodObject
        ? { required: true; content: { "application/json": { schema: Given["body"] } } }
        : never;
    },
    responses: {
      ...problems,
      [status]: { description: "Done", content: { "application/json": { schema: answer } } },
    } as typeof problems &
      Record<Status, { description: string; content: { "application/json": { schema: Answer } } }>,
  });
}
