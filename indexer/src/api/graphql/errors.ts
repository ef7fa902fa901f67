/** What is wrong with a question, as GraphQL answers it. */
import { createGraphQLError } from "graphql-yoga";
import { InputError } from "../input.ts";

/** Names what is wrong, also where other errors are masked. */
export function refusing<Answer>(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    throw error instanceof InputError ? badInput(error) : error;
  }
}

/** As GraphQL answers it. */
export const badInput = ({ message, field }: InputError) =>
  createGraphQLError(message, { extensions: { code: "BAD_USER_INPUT", field } });
