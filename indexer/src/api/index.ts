/** Everything that the index answers over HTTP; `/health`, `/ready`, `/status` and `/metrics` are Ponder's. */

import { db } from "ponder:api";
import schema from "ponder:schema";
import { Hono } from "hono";
import { client } from "ponder";
import { limitStatements } from "./graphql/generated.ts";
import { handleGraphql } from "./graphql/server.ts";
import { clientName, limitBody, limitOpen, limitRate } from "./guard.ts";
import { rest } from "./rest/rest.ts";

/** Longer than any question should take. */
const STATEMENT_MILLISECONDS = 5_000;

/** SQL of one client at once: fewer than there are connections, whatever it asks. */
const MOST_SQL = 4;

limitStatements(STATEMENT_MILLISECONDS);
const app = new Hono();

app.use(limitRate, limitBody);

app.on(["GET", "POST"], "/graphql", (context) => handleGraphql(context.req.raw, clientName(context)));
app.use("/sql/db", limitOpen(MOST_SQL));
app.use("/sql/*", client({ db, schema }));
app.route("/", rest);

export default app;
