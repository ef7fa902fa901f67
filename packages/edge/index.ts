/** What the services share at their edge: who asks, how much each may ask, and what it costs. */
export * from "./clients.ts";
export * from "./cost.ts";
export * from "./exact.ts";
export * from "./networks.ts";
export * from "./turns.ts";
