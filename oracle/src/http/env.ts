/** What is known of a request before any route takes it. */
import type { Person } from "../auth/accounts.ts";

/** `person`: what the session says; `client`: by whom limits are kept. */
export type Env = { Variables: { person: Person; client: string } };
