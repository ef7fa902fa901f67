/** Errors as RFC 9457 problem details, each with the fields that are wrong and what they may be. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { InputError } from "../input.ts";
import { Unanswerable } from "../readers.ts";

export type FieldProblem = { field: string; message: string };

export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly errors: FieldProblem[];
  /** The contract's error, where one refused. */
  readonly contractError: { name: string; arguments: Record<string, string> } | undefined;

  constructor(
    status: ContentfulStatusCode,
    title: string,
    detail: string,
    errors: FieldProblem[] = [],
    contractError?: { name: string; arguments: Record<string, string> },
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
    this.contractError = contractError;
  }
}

export const notFound = (what: string, id: string) =>
  new Problem(404, "Not found", `There is no ${what} ${id}`);

export const invalid = (errors: FieldProblem[]) =>
  new Problem(
    400,
    "Invalid request",
    errors.map(({ field, message }) => `${field} ${message}`).join("; "),
    errors,
  );

export function answerProblem(context: Context, error: unknown) {
  const problem = asProblem(error);
  const { status, title, message: detail, errors, contractError } = problem;
  return context.json({ type: "about:blank", title, status, detail, errors, contractError }, status, {
    "content-type": "application/problem+json",
  });
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InputError)
    return invalid([{ field: error.field, message: `must be ${error.allowed}` }]);
  if (error instanceof Unanswerable) return new Problem(503, "Not answered", error.message);
  if (isHttpException(error)) return new Problem(error.status, "Invalid request", error.message);
  console.error(error);
  return new Problem(500, "Internal error", "The request could not be answered");
}

/** Hono's own errors, such as a body that is no JSON; by shape, for its class may come from another copy. */
const isHttpException = (error: unknown): error is Error & { status: ContentfulStatusCode } =>
  error instanceof Error && "status" in error && "getResponse" in error;
