import { BaseError, HttpRequestError, TimeoutError } from "viem";

/** Whether a question to the chain failed because nobody answered it: then it says nothing about what was asked for. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof BaseError &&
  error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null;
