import { z } from "zod/mini";
import { integer, useIndex } from "../energy-index/index.ts";

const accountSchema = z.object({
  ordersWh: integer,
  ordersIdrs: integer,
  escrowIdrs: integer,
});

const SET_ASIDE = `query ($id: String!) { account(id: $id) { ordersWh ordersIdrs escrowIdrs } }`;

const NOTHING = { ordersWh: 0n, ordersIdrs: 0n, escrowIdrs: 0n };

/** What lies in the account's orders (Wh, IDRS) and in its requests to sellers (IDRS). */
export const useSetAside = (account: string | undefined) =>
  useIndex(
    SET_ASIDE,
    account === undefined ? undefined : { id: account.toLowerCase() },
    z.pipe(
      z.object({ account: z.nullable(accountSchema) }),
      // Of an account that never held anything the index has no row.
      z.transform(({ account }) => account ?? NOTHING),
    ),
  );
