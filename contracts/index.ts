/**
 * What TypeScript needs to speak with the contracts: ABIs (generated), ids, exact units, and the batch to sign.
 * Safe in a browser; `@enerlink/contracts/deployment` reads addresses and runs on Node only.
 */
export * from "./generated/abis.ts";
export * from "./ids.ts";
export * from "./settlement.ts";
export * from "./units.ts";
