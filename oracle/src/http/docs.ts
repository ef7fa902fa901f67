/** The OpenAPI document, and a page to try it that needs no internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { makeRoutes } from "./routes.ts";

const files = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
} as const;
const { resolve } = createRequire(import.meta.url);

/** Adds `/api/openapi.json` and `/api/docs` to `routes`, which they describe. */
export function addDocs(routes: ReturnType<typeof makeRoutes>): void {
  routes.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "EnerLink oracle",
      version: "1",
      description:
        "Meters, their readings, settlements and commands. Everybody sees settlements and the signed readings that closed windows; a meter's owner sees and commands that meter, operators all of them. Sign in with a wallet: `GET /api/v1/auth/nonce`, sign the EIP-4361 message, `POST /api/v1/auth/register` the first time and `POST /api/v1/auth/login` later; the session is a cookie. kWh are decimal text, times ISO 8601.",
    },
    servers: [{ url: "/" }],
  });

  routes.get("/api/docs", (context) =>
    context.html(`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>EnerLink oracle: REST</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script>SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#page" });</script>
  </body>
</html>`),
  );

  routes.get("/api/docs/:file", async (context) => {
    const file = context.req.param("file");
    const type = files[file as keyof typeof files];
    if (!type) return context.notFound();
    return context.body(await readFile(resolve(`swagger-ui-dist/${file}`)), 200, {
      "content-type": type,
      "cache-control": "max-age=86400",
    });
  });
}
