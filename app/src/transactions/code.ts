/** What sends and follows transactions, in one file of the build: it is fetched once, before it is needed. */

// viem fetches this when a call has failed, and calls fail when nothing can be fetched.
export { offchainLookup } from "viem";
export { isRejection, problemOf } from "./decode.ts";
export { handOut } from "./hand-out.ts";
export { step } from "./look.ts";
export { prepare } from "./prepare.ts";
