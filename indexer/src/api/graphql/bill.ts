/**
 * What a GraphQL request costs its client: as much as its query may cost before it is worked on, and what the answer
 * turned out smaller is given back.
 */
import { MOST_COST } from "@enerlink/edge";
import type { DocumentNode, GraphQLSchema } from "graphql";
import { createGraphQLError, type Plugin } from "graphql-yoga";
import { limits, tooMuch } from "../guard.ts";
import { wrong } from "../input.ts";
import { checkNames, costOf } from "./cost.ts";
import { refusing } from "./errors.ts";

/** Units of cost for one token: each request has paid one already. */
const UNITS = 1_000;
/** Bytes of an answer for one unit of cost. */
const BYTES = 50;
/** Of one event of a subscription. */
const MOST_LIVE_COST = 1_000;
const LARGEST_ANSWER = 4 * 1_024 * 1_024;

export type Bill = {
  client: string;
  /** What the query may cost. */
  cost: number;
};

/** Refuses a query that costs more than a query or its client may, and charges it. */
export const costPlugin: Plugin<{ bill: Bill }> = {
  onValidate: ({ params }) => refusing(() => checkNames(params.documentAST as DocumentNode)),
  onExecute: ({ args }) => charge(args as never, MOST_COST),
  onSubscribe: ({ args }) => charge(args as never, MOST_LIVE_COST),
};

type Arguments = {
  schema: GraphQLSchema;
  document: DocumentNode;
  variableValues?: Record<string, unknown>;
  contextValue: { bill: Bill };
};

function charge({ schema, document, variableValues, contextValue: { bill } }: Arguments, most: number): void {
  refusing(() => {
    bill.cost = costOf(schema, document, variableValues ?? {});
    if (bill.cost > most) {
      const unit = most === MOST_COST ? "the query's cost" : "the cost of each event";
      throw wrong(unit, `at most ${most}, not ${Math.ceil(bill.cost)}: ask for fewer rows or fields`);
    }
  });
  const wait = limits.charge(bill.client, tokensOf(bill.cost));
  if (wait === 0) return;
  const http = { status: 429, headers: { "retry-after": String(wait) } };
  throw createGraphQLError(tooMuch(wait), { extensions: { code: "TOO_MANY_REQUESTS", http } });
}

const tokensOf = (cost: number) => Math.max(0, cost / UNITS - 1);

/** Gives back what was not needed, but for a tenth: what was looked for has cost something too. Bounds the answer. */
export async function settle(response: Response, { client, cost }: Bill): Promise<Response> {
  const { status, headers } = response;
  // A subscription has no end to be measured, and the query page is no answer.
  if (/^text\/(event-stream|html)/.test(headers.get("content-type") ?? "")) return response;
  const answer = await response.text();
  const bytes = Buffer.byteLength(answer);
  const needed = Math.min(cost, Math.max(cost / 10, bytes / BYTES));
  limits.refund(client, tokensOf(cost) - tokensOf(needed));
  if (bytes <= LARGEST_ANSWER) return new Response(answer, { status, headers });
  const message = `the answer must be at most ${LARGEST_ANSWER} bytes, not ${bytes}: ask for fewer rows or fields`;
  return Response.json({ errors: [{ message, extensions: { code: "BAD_USER_INPUT" } }] });
}
