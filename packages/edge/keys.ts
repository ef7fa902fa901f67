/**
 * Keys by which programs say whose they are. One service makes them (the oracle, `POST /auth/keys`); another asks it
 * whose a key is, and remembers the answer for a while.
 */
import { createHash } from "node:crypto";
import { Problem } from "./problem.ts";

/** So that a key is known where it lies about. */
export const KEY_PREFIX = "enerlink_";

/** What stands behind `Bearer`; undefined where nothing does. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];

/** A key that opens nothing is refused: without it, other answers would be given. */
export function unknownKey(): Problem {
  const message =
    "must be `Bearer` and a key that was made at the oracle's /api/v1/auth/keys, has not ended and was not revoked";
  return new Problem(401, "Unknown key", `authorization ${message}`, [{ field: "authorization", message }]);
}

/** Milliseconds for which an answer counts: so long may a key count that was revoked. */
const KNOWN = 60_000;
const UNKNOWN = 10_000;
/** Keys that are remembered; the one asked about longest ago is forgotten first. */
const MOST_KEYS = 10_000;

type Remembered = { account: string | null; until: number };

export type KeyHolders = ReturnType<typeof makeKeyHolders>;

/**
 * Whose keys are.
 * @param ask asks where keys are made; null: there is no such key. Rejects where nobody answers
 */
export function makeKeyHolders({
  ask,
  now = () => performance.now(),
}: {
  ask: (key: string) => Promise<string | null>;
  /** Milliseconds. */
  now?: () => number;
}) {
  /** By hash: what lies in memory opens nothing. */
  const remembered = new Map<string, Remembered>();
  const asking = new Map<string, Promise<string | null>>();
  const nameOf = (key: string) => createHash("sha256").update(key).digest("base64url");

  function remember(name: string, account: string | null): void {
    remembered.delete(name);
    remembered.set(name, { account, until: now() + (account === null ? UNKNOWN : KNOWN) });
    if (remembered.size > MOST_KEYS) remembered.delete(remembered.keys().next().value!);
  }

  return {
    /** Whose key it is, as it was answered not long ago; null: nobody's; undefined: it has to be asked. */
    known: (key: string): string | null | undefined => {
      if (!key.startsWith(KEY_PREFIX)) return null;
      const found = remembered.get(nameOf(key));
      return found !== undefined && found.until > now() ? found.account : undefined;
    },
    /** Whether somebody is asking about it now. */
    isAsked: (key: string) => asking.has(nameOf(key)),
    /** Asks whose key it is, once for all who want to know at the same time. */
    find: (key: string): Promise<string | null> => {
      const name = nameOf(key);
      const begun =
        asking.get(name) ??
        ask(key)
          .then((account) => {
            remember(name, account);
            return account;
          })
          .finally(() => asking.delete(name));
      asking.set(name, begun);
      return begun;
    },
  };
}
