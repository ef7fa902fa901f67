/**
 * Builds and serves the dApp. The only place that knows where the chain, the index and the oracle are: it hands them
 * over as `/config.json`, which the app reads when it starts (`src/system/config.ts`), so that a built app moves to
 * another network by replacing that one file.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readDeployment } from "@enerlink/contracts/deployment";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const environment = process.env;
const port = Number(environment.APP_PORT || environment.PORT || 5173);
const chainId = Number(environment.CHAIN_ID || 31337);
const services = {
  rpcUrl: environment.RPC_URL || "http://127.0.0.1:8545",
  indexerUrl: environment.INDEXER_URL || "http://localhost:42069",
  oracleUrl: environment.ORACLE_URL || "http://localhost:3000",
};

const configuration = () => ({ ...services, deployment: readDeployment(chainId) });

/** Only a development server hands out demo accounts: their keys are public. */
const demoAccounts = () =>
  environment.DEMO_ACCOUNTS_FILE
    ? JSON.parse(readFileSync(environment.DEMO_ACCOUNTS_FILE, "utf8")).accounts
    : [];

/** Reads on every request, so that a chain started or deployed again needs no restart here. */
function serve(request: IncomingMessage, response: ServerResponse, next: () => void) {
  if (request.url?.split("?")[0] !== "/config.json") return next();
  response.setHeader("content-type", "application/json");
  response.setHeader("cache-control", "no-store");
  try {
    response.end(JSON.stringify({ ...configuration(), demoAccounts: demoAccounts() }));
  } catch (error) {
    response.statusCode = 503;
    response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}

/** What the built pages may load: themselves, and data from anywhere that the configuration may name. */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' http: https: ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
].join("; ");

/** Larger files, such as the map, are kept offline once they were used. */
const MOST_KEPT_BYTES = 200_000;

/** The shell's files, and a name that changes with any of them, put into the service worker. */
const offline: Plugin = {
  name: "enerlink-offline",
  apply: "build",
  enforce: "post",
  generateBundle(_options, bundle) {
    const files = Object.values(bundle)
      .filter((file) => /\.(js|css)$|latin-wght-normal.*\.woff2$/.test(file.fileName))
      .filter((file) => (file.type === "chunk" ? file.code : file.source).length < MOST_KEPT_BYTES)
      .map(({ fileName }) => `/${fileName}`)
      .sort();
    const build = createHash("sha256").update(files.join()).digest("hex").slice(0, 12);
    const worker = readFileSync(new URL("service-worker.js", import.meta.url), "utf8");
    this.emitFile({
      type: "asset",
      fileName: "sw.js",
      source: `const BUILD = ${JSON.stringify(build)};\nconst FILES = ${JSON.stringify(files)};\n${worker}`,
    });
  },
};

const hostConfiguration: Plugin = {
  name: "enerlink-configuration",
  configureServer: (server) => void server.middlewares.use(serve),
  configurePreviewServer: (server) => void server.middlewares.use(serve),
  generateBundle() {
    try {
      this.emitFile({ type: "asset", fileName: "config.json", source: JSON.stringify(configuration()) });
    } catch (error) {
      this.warn(`The build has no config.json, its host has to serve one: ${String(error)}`);
    }
  },
  transformIndexHtml: {
    order: "post",
    handler: (_html, context) =>
      context.server
        ? [] // The development server injects inline scripts.
        : [
            {
              tag: "meta",
              attrs: { "http-equiv": "Content-Security-Policy", content: policy },
              injectTo: "head-prepend",
            },
          ],
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), hostConfiguration, offline],
  server: { port, strictPort: true },
  preview: { port, strictPort: true },
  build: { target: "es2023" },
});
