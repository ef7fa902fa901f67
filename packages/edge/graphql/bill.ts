/**
 * What a GraphQL request costs its client: as much as its query may cost before it is worked on, and what the answer
 * turned out smaller is given back.
 */
import { type DocumentNode, GraphQLError, type GraphQLSchema } from "graphql/index.js";
import type { Plugin } from "graphql-yoga";
import { tokensOf } from "../clients.ts";
import { costOf, isRepetitive, MOST_COST, MOST_OF_A_NAME, type Prices } from "./cost.ts";

/** Bytes of an answer for one unit of cost. */
const BYTES = 50;
/** Of one event of a subscription. */
const MOST_LIVE_COST = 1_000;
/** The part of a query's cost that was spent once it has been reckoned and looked for, however little is answered. */
const LOOKED_FOR = 0.1;
const LARGEST_ANSWER = 4 * 1_024 * 1_024;

/** Where clients pay, in tokens. */
export type Till<Who> = {
  /** @returns 0, or after how many seconds `who` may ask again */
  charge: (who: Who, tokens: number) => number;
  refund: (who: Who, tokens: number) => void;
};

/** `cost`: what the query may cost, once that is charged. */
export type Bill<Who> = { who: Who; cost: number };

type Execution<Who> = {
  args: {
    schema: GraphQLSchema;
    document: DocumentNode;
    variableValues?: Record<string, unknown>;
    contextValue: { bill: Bill<Who> };
  };
};

const refusal = (message: string, extensions: object) =>
  new GraphQLError(message, { extensions: { ...extensions } });

/** Refuses an operation that costs more than one, or its client, may, and charges it. */
export function costLimit<Who>(prices: Prices, till: Pick<Till<Who>, "charge">): Plugin {
  function charge({ args }: Execution<Who>, what: string, most: number): void {
    const { schema, document, variableValues = {}, contextValue } = args;
    const { bill } = contextValue;
    const cost = costOf(schema, document, variableValues, prices);
    if (cost > most) {
      till.charge(bill.who, tokensOf(Math.min(cost, MOST_COST) * LOOKED_FOR));
      throw refusal(
        `${what} must be at most ${most}, not ${Math.ceil(cost)}: lower a limit, or ask for fewer fields`,
        { code: "TOO_COSTLY" },
      );
    }
    const wait = till.charge(bill.who, tokensOf(cost));
    if (wait === 0) {
      // What was refused has cost nothing that could be given back.
      bill.cost = cost;
      return;
    }
    const http = { status: 429, headers: { "retry-after": String(wait) } };
    throw refusal(`Too much at once: ask again in ${wait} s`, { code: "TOO_MANY_REQUESTS", http });
  }
  return {
    onValidate: ({ params }) => {
      if (isRepetitive(params.documentAST as DocumentNode))
        throw refusal(`a field's name must be asked for at most ${MOST_OF_A_NAME} times`, {
          code: "TOO_COSTLY",
        });
    },
    onExecute: (execution) => charge(execution as never, "the query's cost", MOST_COST),
    onSubscribe: (it) => charge(it as never, "the cost of each event", MOST_LIVE_COST),
  };
}

/** Gives back what was not needed, but for a tenth: what was looked for has cost something too. Bounds the answer. */
export async function settle<Who>(
  response: Response,
  { who, cost }: Bill<Who>,
  till: Pick<Till<Who>, "refund">,
): Promise<Response> {
  const { status, headers } = response;
  const answer = await response.text();
  const bytes = Buffer.byteLength(answer);
  const needed = Math.min(cost, Math.max(cost * LOOKED_FOR, bytes / BYTES));
  till.refund(who, tokensOf(cost) - tokensOf(needed));
  if (bytes <= LARGEST_ANSWER) return new Response(answer, { status, headers });
  const message = `the answer must be at most ${LARGEST_ANSWER} bytes, not ${bytes}: lower a limit, or ask for fewer fields`;
  return Response.json({ errors: [{ message, extensions: { code: "TOO_COSTLY" } }] });
}
