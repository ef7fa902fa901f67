/** What there is to say: what the Indonesian words name, every language says. */
import type { id } from "./id.ts";
import type { toldId } from "./told-id.ts";

export type Source = typeof id;
export type MessageKey = keyof Source;
export type Messages = { readonly [K in MessageKey]: string };
/** What only a transaction needs. */
export type ToldKey = keyof typeof toldId;
export type Told = { readonly [K in ToldKey]: string };
