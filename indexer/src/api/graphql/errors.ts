/** What is wrong with a question, as GraphQL answers it. */
import { Problem } from "@enerlink/edge";
import { createGraphQLError } from "graphql-yoga";

/** Names what is wrong, also where other errors are masked. */
export function refusing<Answer>(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    throw error instanceof Problem ? badInput(error) : error;
  }
}

/** As GraphQL answers it. */
export const badInput = ({ message, errors }: Problem) =>
  createGraphQLError(message, { extensions: { code: "BAD_USER_INPUT", field: errors[0]?.field } });
