/** Everything that the index answers over HTTP; `/health`, `/ready`, `/status` and `/metrics` are Ponder's. */

import { db } from "ponder:api";
import schema from "ponder:schema";
import { Hono } from "hono";
import { client } from "ponder";
import { handleGraphql } from "./graphql/server.ts";
import { rest } from "./rest/rest.ts";

const app = new Hono();

app.on(["GET", "POST"], "/graphql", (context) => handleGraphql(context.req.raw));
app.use("/sql/*", client({ db, schema }));
app.route("/", rest);

export default app;
