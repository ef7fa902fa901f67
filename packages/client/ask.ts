/** REST of both services, typed by their published documents; refusals with each field that is wrong. */
import createClient, { type ClientOptions } from "openapi-fetch";
import type { paths as IndexPaths } from "./index.generated.ts";
import type { paths as OraclePaths } from "./oracle.generated.ts";

export type FieldProblem = { field: string; message: string };

/** A service refused (RFC 9457): `title` names the kind of refusal, the message says what and why, in English. */
export class Refused extends Error {
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  constructor(status: number, title: string, detail: string, errors: readonly FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

export const indexAt = (indexUrl: string, options: ClientOptions = {}) =>
  createClient<IndexPaths, "application/json">({ ...options, baseUrl: indexUrl });

/** @param options.key as `POST auth/keys` made it; a page is known by its cookie instead */
export const oracleAt = (oracleUrl: string, { key, ...options }: ClientOptions & { key?: string } = {}) =>
  createClient<OraclePaths, "application/json">({
    ...options,
    baseUrl: oracleUrl,
    ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
  });

export type Index = ReturnType<typeof indexAt>;
export type Oracle = ReturnType<typeof oracleAt>;

/** @throws Refused when the service refuses, TypeError when it does not answer */
export async function answerOf<Answer>(
  asked: Promise<{ data?: Answer; error?: unknown; response: Response }>,
): Promise<Answer> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) return data;
  const problem = typeof error === "object" && error !== null ? error : {};
  const {
    title = "HTTP",
    detail = `HTTP ${response.status}`,
    errors,
  } = problem as { title?: string; detail?: string; errors?: FieldProblem[] };
  throw new Refused(response.status, title, detail, errors);
}
