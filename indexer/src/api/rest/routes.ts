/** What every route has alike: a problem for an answer when something is wrong, and its place in the document. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { answerProblem, type FieldProblem, invalid } from "./problem.ts";
import { ProblemDetails } from "./schemas.ts";

/** Routes that answer a request that does not fit its schema with each wrong field. */
export function makeRoutes() {
  const routes = new OpenAPIHono({
    defaultHook: (result, context) =>
      result.success ? undefined : answerProblem(context, invalid(result.error.issues.flatMap(problemsOf))),
  });
  routes.onError((error, context) => answerProblem(context, error) as never);
  return routes;
}

/** What is wrong with one field, or with each of several that are unknown. */
function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const { path, message, code } = issue;
  if (code === "unrecognized_keys")
    return issue.keys.map((key) => ({ field: [...path, key].join("."), message }));
  const missing = code === "invalid_type" && message.includes("undefined");
  return [{ field: path.join(".") || "body", message: missing ? "is needed" : message }];
}

/** Takes nothing but what it names: a misspelt filter must not be a filter left out. */
const strict = <Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `is unknown here; known are ${Object.keys(shape).join(", ") || "none"}`
        : undefined,
  });

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
  const { params, query = z.object({}), body } = given;
  return createRoute({
    method,
    path,
    tags: [tag],
    summary,
    request: {
      ...(params ? { params } : {}),
      query: strict(query),
      ...(body
        ? { body: { required: true, content: { "application/json": { schema: strict(body) } } } }
        : {}),
    } as {
      params: Given["params"] extends z.ZodObject ? Given["params"] : never;
      query: Given["query"] extends z.ZodObject ? Given["query"] : z.ZodObject<z.ZodRawShape>;
      body: Given["body"] extends z.ZodObject
        ? { required: true; content: { "application/json": { schema: Given["body"] } } }
        : never;
    },
    responses: {
      200: { description: "Done", content: { "application/json": { schema: answer } } },
      400: problem("A field is wrong; `errors` names it and what it may be"),
      404: problem("There is no such thing"),
      413: problem("The body is larger than 32 KiB"),
      415: problem("The body is no application/json"),
      422: problem("The contract would refuse; `contractError` says why"),
      429: problem("More than the client or its network may ask; `Retry-After` says when to come back"),
      502: problem("The chain's node does not answer"),
      503: problem("Energy trading is switched off, or the question took too long"),
    },
  });
}
