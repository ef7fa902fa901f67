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

/** `key`: as the oracle's `POST auth/keys` made it. */
type Options = ClientOptions & { key?: string | undefined };

const bringing = ({ key, ...options }: Options, baseUrl: string): ClientOptions => ({
  ...options,
  baseUrl,
  ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
});

/** @param options.key raises what may be asked; nothing needs it */
export const indexAt = (indexUrl: string, options: Options = {}) =>
  createClient<IndexPaths, "application/json">(bringing(options, indexUrl));

/** @param options.key a page is known by its cookie instead */
export const oracleAt = (oracleUrl: string, options: Options = {}) =>
  createClient<OraclePaths, "application/json">(bringing(options, oracleUrl));

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
