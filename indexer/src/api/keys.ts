/** Whose key a program asks with: the oracle's node that KEYS_FROM names made it, and is asked. */
import { makeKeyHolders } from "@enerlink/edge";
import { z } from "zod";
import { readSettings } from "../../lib/settings.ts";

/** How long that node may take, ms: the request waits. */
const PATIENCE = 3_000;

const Me = z.object({ address: z.string().nullable() });

/** @throws when the node does not answer, or not that */
const askAt = (url: string) => async (key: string) => {
  const response = await fetch(new URL("/api/v1/auth/me", url), {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(`KEYS_FROM: ${url} answers ${response.status}`);
  return Me.parse(await response.json()).address;
};

const { keysFrom } = readSettings();

/** Undefined where no node is named: no key is looked at then. */
export const keys = keysFrom === undefined ? undefined : makeKeyHolders({ ask: askAt(keysFrom) });
