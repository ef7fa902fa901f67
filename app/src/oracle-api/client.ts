/** Requests to the oracle, typed by its published document; refusals with the reason that it gives. */
import createClient from "openapi-fetch";
import type { components, paths } from "./api.generated.ts";

type Schemas = components["schemas"];
export type Device = Schemas["Device"];

/** The oracle refused: `title` names the kind of refusal, the message says what and why, in English. */
export class OracleProblem extends Error {
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** Who is signed in there is known by a cookie. */
export const oracleAt = (oracleUrl: string) =>
  createClient<paths>({ baseUrl: oracleUrl, credentials: "include" });
export type Oracle = ReturnType<typeof oracleAt>;

/** @throws OracleProblem when the oracle refuses, TypeError when it does not answer */
export async function answerOf<Answer>(
  asked: Promise<{ data?: Answer; error?: unknown; response: Response }>,
): Promise<Answer> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) return data;
  const { title = "HTTP", detail = `HTTP ${response.status}` } = (
    typeof error === "object" && error !== null ? error : {}
  ) as Partial<Schemas["Problem"]>;
  throw new OracleProblem(response.status, title, detail);
}
