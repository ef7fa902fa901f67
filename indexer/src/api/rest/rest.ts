/** `/api`: REST under `/api/v1`, its OpenAPI document, and a page to try it that needs no internet. */
import { addDocs, makeRoutes } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import { balance } from "./balance.ts";
import { communities } from "./communities.ts";
import { dashboard } from "./dashboard.ts";
import { energy } from "./energy.ts";
import { energyTrading } from "./energy-trading.ts";
import { meters } from "./meters.ts";
import { route } from "./routes.ts";
import { statements } from "./statements.ts";
import { stream } from "./stream.ts";
import { system } from "./system.ts";
import { trading } from "./trading.ts";
import { wallet } from "./wallet.ts";

export const rest = makeRoutes();

rest.route("/api/v1/energy-trading", energyTrading);
rest.route("/api/v1/energy", energy);
rest.route("/api/v1/trading", trading);
rest.route("/api/v1/trading", balance);
rest.route("/api/v1/wallet", wallet);
rest.route("/api/v1/communities", communities);
rest.route("/api/v1/meters", meters);
rest.route("/api/v1/statements", statements);
rest.route("/api/v1/dashboard", dashboard);
rest.route("/api/v1", system);
rest.route("/api/v1", stream);
rest.openapi(
  route(
    "get",
    "/api/v1/health",
    "Health",
    "Whether the index answers",
    z.object({ status: z.literal("ok") }),
  ),
  (context) => context.json({ status: "ok" as const }, 200),
);

rest.openAPIRegistry.registerComponent("securitySchemes", "key", {
  type: "http",
  scheme: "bearer",
  description:
    "A key of the oracle's `POST /api/v1/auth/keys`, whatever its scopes: its account may ask four times as much as a client without",
});
addDocs(rest, {
  title: "EnerLink index",
  security: [{}, { key: [] }],
  description:
    "No key is needed; one raises what may be asked. Reads answer from the index. A write keeps no key and moves nothing: it checks the wish against the contract as it is now and answers with the transaction for the sender's own wallet to sign. People are addresses, in small letters, in capitals or mixed as the checksum has them, kWh and IDR decimal text, times ISO 8601. A parameter that a route does not know is refused. Beside REST, at the same host: [`/graphql`](/graphql) has every table, with relations, filters and sums, and subscriptions; [`/api/v1/stream`](/api/v1/stream) tells what happens, and what was missed. Meters' readings and commands are the oracle's.",
});
