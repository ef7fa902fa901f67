/** Ponder with the least that a handler can do, over the same contracts: what the index's speed is measured against. */
export { default } from "../../ponder.config.ts";
