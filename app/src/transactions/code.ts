/** What sends and follows transactions, in one file of the build: it is fetched once, before it is needed. */
export { isRejection, problemOf } from "./decode.ts";
export { handOut } from "./hand-out.ts";
export { step } from "./look.ts";
export { prepare } from "./prepare.ts";
