/** EnerLink for programs. */
export * from "./follow.ts";
