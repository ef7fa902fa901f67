/** What every route has alike: a problem for an answer when something is wrong, and its place in the document. */
import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import { answerProblem, invalid } from "./problem.ts";
import { ProblemDetails } from "./schemas.ts";

/** Routes that answer a request that does not fit its schema with each wrong field. */
export function makeRoutes() {
  const routes = new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message, code }) => ({
        field: path.join(".") || "body",
        message: code === "invalid_type" && message.includes("undefined") ? "is needed" : message,
      }));
      return answerProblem(context, invalid(errors));
    },
  });
  routes.onError((error, context) => answerProblem(context, error) as never);
  return routes;
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemDetails } },
});

type Parts = {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
};

/** A route that answers `answer` as JSON. */
export function route<
  const Method extends "get" | "post" | "put" | "delete",
  const Path extends string,
  Answer extends z.ZodType,
  const Given extends Parts,
>(method: Method, path: Path, tag: string, summary: string, answer: Answer, given: Given = {} as Given) {
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
      200: { description: "Done", content: { "application/json": { schema: answer } } },
      400: problem("A field is wrong; `errors` names it and what it may be"),
      404: problem("There is no such thing"),
      422: problem("The contract would refuse; `contractError` says why"),
      502: problem("The chain's node does not answer"),
      503: problem("Energy trading is switched off"),
    },
  });
}
