/** EnerLink for programs. */
export * from "./ask.ts";
export * from "./follow.ts";
