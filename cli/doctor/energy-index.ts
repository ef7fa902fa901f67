/** How the index stands, by `/probe` and `/figures`: with its database, its chain, and how far behind it is. */

import type { Figures } from "./figures.ts";
import { behind, type Check, good, missing, spanOf } from "./finding.ts";

export type IndexSeen = { figures: Figures | undefined; failure: string };

/** As the alert `IndexBehind` has it, seconds. */
const LATE = 60;

const whether =
  (name: string, yes: string, no: string, todo: string): Check<IndexSeen>[1] =>
  ({ figures }) => {
    if (!figures) return undefined;
    return figures.one(name) === 1 ? good(yes) : missing(no, todo);
  };

export const indexChecks: readonly Check<IndexSeen>[] = [
  [
    "answers",
    ({ figures, failure }) =>
      figures
        ? good("/figures answers")
        : missing(failure, "start it, or name where it is with --index (runbook, IndexDown)"),
  ],
  [
    "database",
    whether(
      "enerlink_index_database_up",
      "answers",
      "does not answer within a second",
      "look at PostgreSQL: running, room, connections of enerlink_reader (runbook, IndexWithoutDatabase)",
    ),
  ],
  [
    "chain",
    whether(
      "enerlink_index_chain_up",
      "answers",
      "does not answer within a second",
      "look at RPC_URL of the index (runbook, IndexWithoutChain)",
    ),
  ],
  [
    "behind",
    ({ figures }) => {
      if (!figures) return undefined;
      if (figures.one("enerlink_index_complete") !== 1)
        return behind(
          "still reads history",
          "keep it from the proxy until it is complete (runbook, IndexIncomplete)",
        );
      const seconds = figures.one("enerlink_index_lag_seconds");
      if (seconds === undefined) return undefined;
      const found = `${figures.one("enerlink_index_lag_blocks")} blocks, ${spanOf(seconds)}`;
      return seconds > LATE
        ? behind(found, "is `start` running, in the schema of `serve`? (runbook, IndexBehind)")
        : good(found);
    },
  ],
];
