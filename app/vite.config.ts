/**
 * Builds and serves the dApp. The only place that knows where the chain, the index and the oracle are: it hands them
 * over as `/config.json`, which the app reads when it starts (`src/system/config.ts`), so that a built app moves to
 * another network by replacing that one file.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readDeployment } from "@enerlink/protocol/deployment";
import { readSettings } from "@enerlink/service/settings";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { appSettings } from "./settings.ts";

const settings = readSettings(appSettings);
const services = {
  rpcUrl: settings.RPC_URL[0],
  indexerUrl: settings.INDEXER_URL,
  oracleUrl: settings.ORACLE_URL,
};

/** The development server stands beside a running local market, and asks its host for what only that knows. */
const marketPort = settings.APP_PORT;
const market = `http://127.0.0.1:${marketPort}`;
const development = {
  port: marketPort + 1,
  strictPort: true,
  proxy: { "/config.json": market, "/demo-accounts": market },
};

const configuration = () => ({ ...services, deployment: readDeployment(settings.CHAIN_ID) });

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

/**
 * Every place's own HTML: its first paint, before a script is there, and all of its scripts named, so that none waits
 * for another to ask for it. `/market` is answered with `market.html`; `index.html` does for every path as well.
 */
const firstPaint: Plugin = {
  name: "enerlink-first-paint",
  apply: "build",
  enforce: "post",
  async generateBundle(_options, bundle) {
    const { firstPaints } = await import("./src/shell/first-paint.tsx");
    const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
    const index = bundle["index.html"];
    if (index?.type !== "asset") throw new Error("The build has no index.html.");
    const page = String(index.source);
    const chunkOf = (module: string) => {
      const chunk = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/${module}`)));
      if (!chunk) throw new Error(`The build has no chunk with ${module}.`);
      return chunk.fileName;
    };
    /** A chunk and all that it imports. */
    const withImports = (name: string, found = new Set<string>()): Set<string> => {
      const chunk = bundle[name];
      if (chunk?.type !== "chunk" || found.has(name)) return found;
      found.add(name);
      for (const next of chunk.imports) withImports(next, found);
      return found;
    };
    const start = chunks.find(({ isEntry }) => isEntry)!.fileName;
    const font = Object.keys(bundle).find((file) => /inter-latin-wght-normal/.test(file));
    const head = page
      // `public/theme.js` adds the scripts when the page is painted.
      .replace(/\s*<script type="module"[^>]*><\/script>|\s*<link rel="modulepreload"[^>]*>/g, "")
      .replace(
        "</head>",
        `<link rel="preload" as="font" type="font/woff2" crossorigin href="/${font}"></head>`,
      );
    for (const { path, ...markup } of firstPaints()) {
      const place = path.slice(1) || "home";
      const scripts = {
        start,
        page: [...withImports(chunkOf(`${place}-page.tsx`), withImports(start))].join(" /"),
        id: chunkOf("i18n/id.ts"),
        en: chunkOf("i18n/en.ts"),
      };
      const data = Object.entries(scripts).map(([name, files]) => ` data-${name}="/${files}"`);
      const templates = Object.entries(markup).map(
        ([name, text]) => `<template id="${name}">${text}</template>`,
      );
      const body = `<div id="root"></div>${templates.join("")}`;
      const source = head
        .replace('src="/theme.js"', `src="/theme.js"${data.join("")}`)
        .replace(/<div id="root">.*<\/div>(?=\s*<\/body>)/s, () => body);
      if (path === "/") index.source = source;
      else this.emitFile({ type: "asset", fileName: `${place}.html`, source });
    }
  },
};

/** Larger files, such as the map, are kept offline once they were used. */
const MOST_KEPT_BYTES = 200_000;

/** The shell's files, and a name that changes with any of them, put into the service worker. */
const offline: Plugin = {
  name: "enerlink-offline",
  apply: "build",
  enforce: "post",
  generateBundle(_options, bundle) {
    const files = Object.values(bundle)
      .filter((file) => /\.(js|css|html)$|latin-wght-normal.*\.woff2$/.test(file.fileName))
      .filter((file) =>
        file.type === "chunk"
          ? file.isEntry || file.code.length < MOST_KEPT_BYTES
          : file.source.length < MOST_KEPT_BYTES,
      )
      // A place's HTML is kept under the place's path.
      .map(({ fileName }) => `/${fileName.replace(/(index)?\.html$/, "")}`)
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

/** What several pages have in common; what an account's keys take, and what one page alone draws, stands apart. */
const SHARED =
  /\/src\/(?!browser-wallet|nearby|passkeys\/(passkey|signed)|account\/(called|code-box|codes|guardian-field|home-account|leave|let-in|let-in-field|recovery-banner|spare|use-change|waiting|words)|notifications\/words|ui\/(name-form|letters)|i18n\/(device|notice)-)|wagmi/;

export default defineConfig({
  plugins: [react(), tailwindcss(), hostConfiguration, firstPaint, offline],
  server: {
    ...development,
    fs: {
      // What pages are made of. By default it would be the whole repository, keys and stores included.
      allow: ["src", "index.html", "node_modules/.vite", "../packages/protocol", "../node_modules/.pnpm"],
      // There are links to the other parts of the repository among the packages.
      deny: [".env", ".env.*", "*.{crt,pem}", "**/.git/**", "**/node_modules/@enerlink/**"],
    },
  },
  preview: development,
  build: {
    target: "es2023",
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few files: on a phone's connection every one of them costs a round trip.
          groups: [
            { name: "start", tags: ["$initial"], priority: 5 },
            // What most pages show at once, among it what tables, sheets and forms have in common.
            {
              name: "choices",
              test: /\/src\/ui\/(segmented\.tsx|field\.tsx|use-wide\.ts)|\/icons\/x\.m?js/,
              priority: 4,
            },
            { name: "forms", test: /\/src\/ui\/form\.ts|react-hook-form/, priority: 3 },
            { name: "sheets", test: /\/src\/ui\/(sheet|confirm)\.tsx/, priority: 3 },
            { name: "tables", test: /\/src\/ui\/records\.tsx|@tanstack\/(react-)?table/, priority: 3 },
            { name: "codes", test: /\/src\/account\/qr\.tsx|uqr/, priority: 3 },
            { name: "pages", test: SHARED, minShareCount: 2, priority: 2 },
          ],
        },
      },
    },
  },
});
