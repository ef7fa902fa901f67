/** What is wrong with a request, as RFC 9457's problem details: with each field that is wrong, and what it may be. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

export type FieldProblem = { field: string; message: string };

export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly errors: FieldProblem[];
  /** What a service says beside that; it stands in its document's `Problem`. */
  readonly more: Record<string, unknown>;
  constructor(
    status: ContentfulStatusCode,
    title: string,
    detail: string,
    errors: FieldProblem[] = [],
    more: Record<string, unknown> = {},
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
    this.more = more;
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
  const { status, title, message: detail, errors, more } = problem;
  return context.json({ type: "about:blank", title, status, detail, errors, ...more }, status, {
    "content-type": "application/problem+json",
  });
}
