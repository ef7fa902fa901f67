/** Everything that the index answers over HTTP; `/health`, `/ready`, `/status` and `/metrics` are Ponder's. */
import { answerProblem } from "@enerlink/edge";
import { notFoundProblem, safeHeaders, smallBodies, wholeAnswers } from "@enerlink/edge/rest";
import { Hono } from "hono";
import { readSettings } from "../../lib/settings.ts";
import { standing } from "./block.ts";
import { handleGraphql } from "./graphql/server.ts";
import { inTurn, limitRate, whoOf } from "./limits.ts";
import { logFailure } from "./log.ts";
import { readerPool } from "./ponder.ts";
import { probe } from "./probe.ts";
import { asProblem } from "./problem.ts";
import { limitReaders, powersOf } from "./readers.ts";
import { rest } from "./rest/rest.ts";

/** Longer than any question should take. */
const STATEMENT_MILLISECONDS = 5_000;
const LARGEST_BODY = 32 * 1_024;

const { readerUrl, nodeEnv } = readSettings();
const readers = readerPool();
if (readers) {
  limitReaders(readers, { url: readerUrl, milliseconds: STATEMENT_MILLISECONDS });
  const powers = nodeEnv === "production" ? await powersOf(readers) : [];
  if (powers.length > 0) {
    throw new Error(
      `DATABASE_READER_URL must name a role that may only read, but this one ${powers.join(", ")}: see docs/production.md`,
    );
  }
}

const app = new Hono();

app.onError((error, context) => answerProblem(context, asProblem(error), logFailure));

// Before all that asks the database: where that does not answer, this is what says so.
app.route("/", probe);

app.use(safeHeaders(), wholeAnswers("no-cache"), limitRate, standing, smallBodies(LARGEST_BODY), inTurn);

app.on(["GET", "POST"], "/graphql", (context) => handleGraphql(context.req.raw, whoOf(context)));
app.route("/", rest);
// Ponder mounts this application, so its `notFound` would not be heard.
app.all("*", (context) => {
  throw notFoundProblem(app as never, context);
});

export default app;
