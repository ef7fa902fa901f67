/** What is known of a request before any route takes it. */
import type { Person } from "../auth/accounts.ts";

/** Who asks: from where, by which account, and in which room. */
export type Who = { room: "members" | "public"; client: string; account: string | undefined };

/** `person`: what the session says; `who`: by whom limits are kept. */
export type Env = { Variables: { person: Person; who: Who } };
