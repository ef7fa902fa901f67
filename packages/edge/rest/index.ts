/** REST as both services speak it: routes that take what they declare, their document, and what every request must pass. */
export * from "./answers.ts";
export * from "./csv.ts";
export * from "./docs.ts";
export * from "./gates.ts";
export * from "./headers.ts";
export * from "./lists.ts";
export * from "./routes.ts";
export * from "./stream.ts";
export * from "./times.ts";
