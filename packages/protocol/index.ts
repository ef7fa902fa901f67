/**
 * What TypeScript needs to speak with the contracts: ABIs, enums, constants and errors' units (generated), ids, exact
 * units, the batch to sign, and what a node says of a transaction. Safe in a browser; `@enerlink/protocol/deployment`
 * reads addresses, on Node only.
 */
export * from "./address.ts";
export * from "./entries.ts";
export * from "./errors/arguments.ts";
export * from "./gas.ts";
export * from "./generated/abis.ts";
export * from "./generated/constants.ts";
export * from "./generated/enums.ts";
export * from "./ids.ts";
export * from "./names.ts";
export * from "./node-errors.ts";
export * from "./roots.ts";
export * from "./settlement.ts";
export * from "./units.ts";
