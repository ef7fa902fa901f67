/**
 * What TypeScript needs to speak with the contracts: ABIs (generated), ids, exact units, the batch to sign, and
 * what a node says of a transaction. Safe in a browser; `@enerlink/contracts/deployment` reads addresses, on Node only.
 */
export * from "./generated/abis.ts";
export * from "./ids.ts";
export * from "./node-errors.ts";
export * from "./settlement.ts";
export * from "./units.ts";
