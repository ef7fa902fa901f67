/** GraphQL as both services speak it: one server, one rule of cost, one way to listen. */
export * from "./bill.ts";
export * from "./cost.ts";
export * from "./feed.ts";
export * from "./server.ts";
