/** What the oracle's questions cost, in the units of `@enerlink/edge/graphql`. */
import type { Prices } from "@enerlink/edge/graphql";

/** To ask the store once. */
const QUESTION = 20;
/** To put a meter's state together from what the store says of it, its latest commands included. */
const DEVICE = 60;
const COMMAND = 8;
const ROW = 4;
const rowCosts: Record<string, number> = { Device: DEVICE, Command: COMMAND };
/** Every device has its latest ten, without being asked for as many. */
const COMMANDS_OF_A_DEVICE = 10;

export const prices: Prices = {
  work: ({ name }, parent) =>
    parent === "Query" || parent === "Subscription" || name === "settlements" ? QUESTION : 0,
  rows: ({ name }, { limit }, type) => {
    if (typeof limit === "number") return limit;
    return name === "commands" && type === "Command" ? COMMANDS_OF_A_DEVICE : 1;
  },
  row: (type) => rowCosts[type] ?? ROW,
};
