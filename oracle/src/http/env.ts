/** What is known of a request before any route takes it. */
import type { Person } from "../auth/accounts.ts";
import type { Who } from "./limits.ts";

/** `person`: what the session says; `who`: by whom limits are kept. */
export type Env = { Variables: { person: Person; who: Who } };
