/** Errors as RFC 9457 problem details: what is wrong, in which field, and what is allowed. */
import type { ContentfulStatusCode } from "hono/utils/http-status";

export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly field: string | undefined;
  constructor(status: ContentfulStatusCode, title: string, detail: string, field?: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.field = field;
  }
}

export const invalid = (field: string, detail: string) =>
  new Problem(400, "Invalid request", `${field}: ${detail}`, field);

export function problemBody({ status, title, message, field }: Problem) {
  return { type: "about:blank", title, status, detail: message, ...(field === undefined ? {} : { field }) };
}
