import { z } from "zod/mini";
import { integer, useIndex } from "../energy-index/index.ts";

const schema = z.pipe(
  z.object({
    traded: z.object({ soldWh: integer, earnedIdrs: integer, boughtWh: integer, spentIdrs: integer }),
  }),
  z.transform(({ traded }) => traded),
);

const TRADED = `query ($account: String!, $from: BigInt!) {
  traded(account: $account, from: $from) { soldWh earnedIdrs boughtWh spentIdrs }
}`;

/** What an account sold and bought since `since` (unix seconds), in the book and from neighbours: Wh and IDRS. */
export const useTradedSince = (account: string | undefined, since: number) =>
  useIndex(
    TRADED,
    account === undefined ? undefined : { account: account.toLowerCase(), from: String(since) },
    schema,
  );
