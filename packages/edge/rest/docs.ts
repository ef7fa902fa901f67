/** The OpenAPI document, and a page to try it that needs no internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "hono";
import { Problem } from "../problem.ts";
import { pagePolicy } from "./headers.ts";
import { noParameters } from "./routes.ts";
import { shareParts } from "./shared.ts";

const { resolve } = createRequire(import.meta.url);
/** Read once: it is the same for everybody. */
const swagger = (file: string) => {
  let content: Promise<Buffer> | undefined;
  return () => (content ??= readFile(resolve(`swagger-ui-dist/${file}`)));
};

/** What the page is made of: type, content. */
const files = new Map<string, [type: string, content: () => Promise<Buffer> | string]>([
  ["swagger-ui.css", ["text/css", swagger("swagger-ui.css")]],
  ["swagger-ui-bundle.js", ["text/javascript", swagger("swagger-ui-bundle.js")]],
  ["page.js", ["text/javascript", () => `SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#page" });`]],
]);

const pageOf = (title: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}: REST</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/page.js"></script>
  </body>
</html>`;

/** `get /api/v1/device/status/{meterId}` is `getDeviceStatusByMeterId`. */
const operationIdOf = (method: string, path: string) =>
  method +
  path
    .replace(/^\/api\/v\d+/, "")
    .replaceAll("{", "by-")
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** `security`: by which of its schemes any operation may be asked that says nothing else. */
type About = { title: string; description: string; security?: Record<string, string[]>[] };

/** What `routes` take and answer. Operations are named by the whole path: routers beside each other have the same ends. */
function documentOf<E extends Env>(routes: OpenAPIHono<E>, { security, ...info }: About) {
  const document = routes.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { ...info, version: "1" },
    servers: [{ url: "/" }],
    ...(security ? { security } : {}),
  });
  for (const [path, operations] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(operations as Record<string, object>))
      Object.assign(operation, { operationId: operationIdOf(method, path) });
  shareParts(document);
  return document;
}

/** Adds `/api/openapi.json` and `/api/docs` to `routes`, which they describe. */
export function addDocs<E extends Env>(routes: OpenAPIHono<E>, info: About): void {
  routes.use("/api/openapi.json", noParameters);
  routes.use("/api/docs/*", noParameters);
  let document: unknown;
  routes.get("/api/openapi.json", (context) => {
    document ??= documentOf(routes, info);
    return context.json(document as object);
  });
  routes.get("/api/docs", (context) =>
    context.html(pageOf(info.title), 200, { "content-security-policy": pagePolicy() }),
  );
  routes.get("/api/docs/:file", async (context) => {
    const file = files.get(context.req.param("file") ?? "");
    if (!file) throw new Problem(404, "Not found", `There is no ${context.req.path}; see /api/docs`);
    const [type, content] = file;
    return context.body((await content()) as string, 200, {
      "content-type": type,
      "cache-control": "max-age=86400",
    });
  });
}
