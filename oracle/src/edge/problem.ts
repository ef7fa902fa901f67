/** Errors as RFC 9457 problem details, each with the fields that are wrong and what they may be. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

export type FieldProblem = { field: string; message: string };

export const ProblemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .openapi("Problem");

export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly errors: FieldProblem[];
  constructor(status: ContentfulStatusCode, title: string, detail: string, errors: FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

export const invalid = (errors: FieldProblem[]) =>
  new Problem(
    400,
    "Invalid request",
    errors.map(({ field, message }) => `${field} ${message}`).join("; "),
    errors,
  );

/** Hono's own errors, such as a body that is no JSON; by shape, for its class may come from another copy. */
const isHttpException = (error: unknown): error is Error & { status: ContentfulStatusCode } =>
  error instanceof Error && "status" in error && "getResponse" in error;

/** Answers with what is wrong; `unexpected` is told of errors that are ours, of which the answer says nothing more. */
export function answerProblem(context: Context, error: unknown, unexpected: (error: unknown) => void) {
  let problem: Problem;
  if (error instanceof Problem) problem = error;
  else if (isHttpException(error)) problem = new Problem(error.status, "Invalid request", error.message);
  else {
    unexpected(error);
    problem = new Problem(500, "Internal error", "The request could not be answered");
  }
  const { status, title, message: detail, errors } = problem;
  return context.json({ type: "about:blank", title, status, detail, errors }, status, {
    "content-type": "application/problem+json",
  });
}
