/** What becomes of a route's requests, as the document says it: its answer or a refusal, each with its headers. */
import { z } from "@hono/zod-openapi";
import { asFile, cookie, farewells, goesOn, type Headers, kept, named, retry, waits } from "./sent.ts";

const problemShape = {
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })),
};

/** What any route may answer instead. */
const problems: Record<number, string> = {
  400: "A field is wrong or not known; `errors` names it and what it may be",
  429: "Too many requests; `Retry-After` says when to ask again",
  500: "The service's own fault; its log says more",
};

/** What any may that takes a body, or refuses one. */
const ofBodies: Record<number, string> = {
  413: "The body is too large",
  415: "The body is not `application/json`",
};

/** What a service's answers have alike. */
export type Alike = {
  /** What else any of them may answer; any but one that reads; any for those who are signed in; some, which say so. */
  any?: Record<number, string>;
  writes?: Record<number, string>;
  signedIn?: Record<number, string>;
  some?: Record<number, string>;
  /** What its problems say. */
  more?: z.ZodRawShape;
  /** Headers of every answer. */
  headers?: Headers;
};

/** What a route says of its answers. */
export type Says = {
  /** Whether it is for those who are signed in only, by themselves or also by a key. */
  signedIn?: true | "or by key";
  /** Whether it also answers as comma-separated values, for spreadsheets; lists do, unless told. */
  csv?: boolean;
  /** Whether it answers a page at a time: `Link` says where it goes on. */
  list?: true;
  /** Statuses of refusals that not every route may answer, but this one may. */
  may?: readonly number[];
  /** Whether it gives or takes a cookie, also where it refuses. */
  cookies?: true;
  /** Whether what it answers is shown once, and to be kept nowhere. */
  secret?: true;
  /** Whether it tells without end what its answer is one of (`stream.ts`). */
  stream?: true;
  deprecated?: object;
};

export function makeResponses({ headers: own = {}, ...alike }: Alike) {
  const details = z.object({ ...problemShape, ...alike.more }).openapi("Problem");
  const any = { ...problems, ...alike.any };
  const writes = { ...ofBodies, ...alike.writes };
  const words: Record<string, string> = { ...any, ...writes, ...alike.signedIn, ...alike.some };

  const refusal = (status: string, more: Headers) => ({
    description: words[status]!,
    headers: { ...own, ...more, ...(waits.has(status) ? retry : {}) },
    content: { "application/problem+json": { schema: details } },
  });

  /** What a route may answer, `status` when all is well. */
  return function responsesOf(method: string, status: number, answer: z.ZodType, says: Says) {
    const csv = says.csv ?? says.list;
    const whole = method === "get" && !says.stream;
    const always = { ...(says.deprecated ? farewells : {}), ...(says.cookies ? cookie : {}) };
    const refused = [
      ...Object.keys(any),
      ...(method === "get" ? [] : Object.keys(writes)),
      ...(says.signedIn ? Object.keys(alike.signedIn ?? {}) : []),
      ...(says.may ?? []).map(String),
    ];
    const headers = {
      ...own,
      ...always,
      ...(whole ? named : {}),
      ...(method === "get" || says.secret ? kept : {}),
      ...(csv ? asFile : {}),
      ...(says.list ? goesOn : {}),
    };
    const content = says.stream
      ? { "text/event-stream": { schema: answer } }
      : {
          "application/json": { schema: answer },
          ...(csv ? { "text/csv": { schema: z.string() } } : {}),
        };
    return {
      ...Object.fromEntries(refused.map((status) => [status, refusal(status, always)])),
      ...(whole ? { 304: { description: "As `If-None-Match` has it already", headers } } : {}),
      [status]: { description: "Done", headers, content },
    };
  };
}
