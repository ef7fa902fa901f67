/** What an operation costs, in the units of `@enerlink/edge`: reckoned, refused and charged before it is worked on. */
import { costOf, isRepetitive, MOST_COST, MOST_OF_A_NAME, type Prices } from "@enerlink/edge";
import { type DocumentNode, GraphQLError, type GraphQLSchema } from "graphql/index.js";
import type { Plugin } from "graphql-yoga";
import type { Limiter, Who } from "../http/limits.ts";

/** Of one event of a subscription. */
const MOST_LIVE_COST = 1_000;

/** To ask the store once. */
const QUESTION = 20;
/** To put a meter's state together from what the store says of it, its latest commands included. */
const DEVICE = 60;
const COMMAND = 8;
const ROW = 4;
const rowCosts: Record<string, number> = { Device: DEVICE, Command: COMMAND };
/** Every device has its latest ten, without being asked for as many. */
const COMMANDS_OF_A_DEVICE = 10;

export const prices: Prices = {
  work: ({ name }, parent) =>
    parent === "Query" || parent === "Subscription" || name === "settlements" ? QUESTION : 0,
  rows: ({ name }, { limit }, type) => {
    if (typeof limit === "number") return limit;
    return name === "commands" && type === "Command" ? COMMANDS_OF_A_DEVICE : 1;
  },
  row: (type) => rowCosts[type] ?? ROW,
};

type Execution = {
  args: {
    schema: GraphQLSchema;
    document: DocumentNode;
    variableValues?: Record<string, unknown>;
    contextValue: { who: Who };
  };
};

const refusal = (message: string, extensions: object) =>
  new GraphQLError(message, { extensions: { ...extensions } });

/** Refuses an operation that costs more than one, or its client, may. */
export function costLimit(limiter: Pick<Limiter, "charge">): Plugin {
  function charge({ args }: Execution, most: number): void {
    const { schema, document, variableValues = {}, contextValue } = args;
    // The package has a copy of `graphql` of its own, and asks for shapes only.
    const cost = Math.ceil(costOf(schema as never, document as never, variableValues, prices));
    if (cost > most)
      throw refusal(
        `This may cost ${cost} units, rows and fields together; at most ${most} are allowed: lower a limit, or ask for fewer fields`,
        { code: "TOO_COSTLY" },
      );
    const wait = limiter.charge(contextValue.who, cost);
    if (wait === 0) return;
    const http = { status: 429, headers: { "retry-after": String(wait) } };
    throw refusal(`Too much at once: ask again in ${wait} s`, { code: "TOO_MANY_REQUESTS", http });
  }
  return {
    onValidate: ({ params }) => {
      if (isRepetitive(params.documentAST as never))
        throw refusal(`A field's name must be asked for at most ${MOST_OF_A_NAME} times`, {
          code: "TOO_COSTLY",
        });
    },
    onExecute: (execution) => charge(execution as never, MOST_COST),
    onSubscribe: (it) => charge(it as never, MOST_LIVE_COST),
  };
}
