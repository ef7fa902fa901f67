/** Everything that the index answers over HTTP; `/health`, `/ready`, `/status` and `/metrics` are Ponder's. */
import { Hono } from "hono";
import { readSettings } from "../../lib/settings.ts";
import { handleGraphql } from "./graphql/server.ts";
import { clientName, inTurn, limitBody, limitRate } from "./guard.ts";
import { readerPool } from "./ponder.ts";
import { limitReaders, powersOf } from "./readers.ts";
import { answerProblem, Problem } from "./rest/problem.ts";
import { rest } from "./rest/rest.ts";

/** Longer than any question should take. */
const STATEMENT_MILLISECONDS = 5_000;

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

app.use(limitRate, limitBody, inTurn);

app.on(["GET", "POST"], "/graphql", (context) => handleGraphql(context.req.raw, clientName(context)));
app.route("/", rest);
app.all("*", (context) => {
  const { method, path } = context.req;
  return answerProblem(
    context,
    new Problem(404, "Not found", `There is no ${method} ${path}; see /api/docs`),
  );
});
app.onError((error, context) => answerProblem(context, error));

export default app;
