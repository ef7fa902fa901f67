/** `BigInt`, as exact as it is sent: decimal text, or a number that loses nothing on its way. */
import { type GraphQLScalarType, Kind, print, type ValueNode } from "graphql";
import { createGraphQLError } from "graphql-yoga";

const WHOLE = /^-?\d{1,78}$/;

function wholeOf(given: unknown): bigint {
  if (typeof given === "string" ? WHOLE.test(given) : Number.isSafeInteger(given))
    return BigInt(given as string);
  const message = `BigInt must be a whole number as text of at most 78 digits, or a number up to 2^53 - 1, not ${JSON.stringify(given)}`;
  throw createGraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
}

/** A whole number in the query itself is read digit by digit. */
const literalOf = (node: ValueNode): bigint =>
  wholeOf(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : print(node));

/** Ponder's own takes "" for zero, and a number that JSON has rounded for what was meant. */
export function makeExact(scalar: GraphQLScalarType<unknown>): void {
  scalar.parseValue = wholeOf;
  scalar.parseLiteral = literalOf;
  scalar.description =
    "A whole number. Answered as decimal text; taken as decimal text, or as a number up to 2^53 - 1.";
}
