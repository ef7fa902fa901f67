/** Ponder insists on one. */
import { Hono } from "hono";

export default new Hono();
