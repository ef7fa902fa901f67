/** What the index says to who asks wrongly. */
import { Problem } from "@enerlink/edge";
import { Unanswerable } from "./readers.ts";

export const notFound = (what: string, id: string) =>
  new Problem(404, "Not found", `There is no ${what} ${id}`);

/** What PostgreSQL would not answer is the question's fault; anything else stays what it is. */
export const asProblem = (error: unknown) =>
  error instanceof Unanswerable ? new Problem(503, "Not answered", error.message) : error;
