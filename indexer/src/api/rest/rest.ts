/** `/api`: REST under `/api/v1`, its OpenAPI document, and a page to try it that needs no internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "@hono/zod-openapi";
import { checkBody } from "./body.ts";
import { dashboard } from "./dashboard.ts";
import { energy } from "./energy.ts";
import { energyTrading } from "./energy-trading.ts";
import { makeRoutes, route } from "./routes.ts";
import { trading } from "./trading.ts";
import { wallet } from "./wallet.ts";

export const rest = makeRoutes();

rest.use("/api/v1/*", checkBody);

rest.route("/api/v1/energy-trading", energyTrading);
rest.route("/api/v1/energy", energy);
rest.route("/api/v1/trading", trading);
rest.route("/api/v1/wallet", wallet);
rest.route("/api/v1/dashboard", dashboard);
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

rest.doc31("/api/openapi.json", {
  openapi: "3.1.0",
  info: {
    title: "EnerLink index",
    version: "1",
    description:
      "Reads answer from the index. A write keeps no key and moves nothing: it checks the wish against the contract as it is now and answers with the transaction for the sender's own wallet to sign. People are addresses, kWh and IDR decimal text, times ISO 8601.",
  },
  servers: [{ url: "/" }],
});

const files = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
} as const;
const { resolve } = createRequire(import.meta.url);

rest.get("/api/docs", (context) =>
  context.html(`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>EnerLink index: REST</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script>SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#page" });</script>
  </body>
</html>`),
);

rest.get("/api/docs/:file", async (context) => {
  const file = context.req.param("file");
  const type = files[file as keyof typeof files];
  if (!type) return context.notFound();
  return context.body(await readFile(resolve(`swagger-ui-dist/${file}`)), 200, {
    "content-type": type,
    "cache-control": "max-age=86400",
  });
});
