/** What the services share at their edge: who asks, how much each may ask, and what is said to who asks wrongly. */
export * from "./clients.ts";
export * from "./exact.ts";
export * from "./keys.ts";
export * from "./problem.ts";
export * from "./seats.ts";
export * from "./turns.ts";
