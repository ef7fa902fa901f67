/** Requests to the oracle, answers checked, refusals with the reason that it gives. */
import { z } from "zod/mini";

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

const problemSchema = z.object({ title: z.string(), detail: z.string() });

/**
 * @param path below `/api/v1`
 * @throws OracleProblem when it refuses, TypeError when it does not answer
 */
export async function askOracle<T>(
  oracleUrl: string,
  path: string,
  schema: z.ZodMiniType<T>,
  init: RequestInit = {},
): Promise<T> {
  const response = await fetch(`${oracleUrl}/api/v1/${path}`, {
    ...init,
    // Who is signed in there is known by a cookie.
    credentials: "include",
    headers: { ...(init.body ? { "content-type": "application/json" } : {}), ...init.headers },
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return schema.parse(body);
  const problem = problemSchema.safeParse(body).data;
  throw new OracleProblem(
    response.status,
    problem?.title ?? "HTTP",
    problem?.detail ?? `HTTP ${response.status}`,
  );
}
