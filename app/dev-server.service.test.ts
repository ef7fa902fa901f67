/** The development server hands out what the pages are made of, and no other file of the repository. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");
/** Of the repository, and nothing of a page: who reads these reads the broker's secret and the stores as well. */
const foreign = ["local/accounts.ts", "oracle/package.json", "hardhat.config.ts", ".env.example"];
/** Links among the packages that lead there too. */
const linked = [
  "node_modules/@enerlink/oracle/package.json",
  "node_modules/.pnpm/node_modules/@enerlink/oracle/package.json",
];

let server: ViteDevServer;
let port: number;
let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "enerlink-vite-"));
  server = await createServer({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    root: fileURLToPath(new URL(".", import.meta.url)),
    logLevel: "silent",
    // Not where a running one keeps what it has prepared.
    cacheDir,
    optimizeDeps: { noDiscovery: true },
    server: { port: 0, strictPort: false, ws: false, watch: null, preTransformRequests: false },
  });
  await server.listen();
  port = (server.httpServer!.address() as AddressInfo).port;
}, 60_000);
afterAll(async () => {
  await server?.close();
  await rm(cacheDir, { recursive: true, force: true });
});

/** As it is written: `fetch` would tidy the path up first. */
function get(path: string, accept = "text/javascript"): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "localhost", port, path, headers: { accept } }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, body }));
    });
    sent.on("error", reject).end();
  });
}

const encoded = (path: string) => path.replaceAll("/", "%2f");
const up = "../".repeat(12);
const spellings = (file: string) => {
  const path = `${root}/${file}`;
  const bases = [
    `/@fs${path}`,
    `/@fs/${path}`,
    `/@fs/${encoded(path)}`,
    `/@fs${root}/app/src/${up}${path.slice(1)}`,
    `/@fs${root}/app/src/${encoded(up + path.slice(1))}`,
    `/@fs${root}/app/src/..%5c..%5c${file}`,
    `/../${file}`,
    `/%2e%2e/${file}`,
    `/..%2f${encoded(file)}`,
    `/src/../../${file}`,
    `/src/..%2f..%2f${encoded(file)}`,
    `/@id/${path}`,
    `/@id${path}`,
    `/@id/__x00__${path}`,
    `/@fs//${path}`,
    path,
  ];
  const endings = [
    "",
    "?raw",
    "?raw??",
    "?import&raw",
    "?import&raw??",
    "?url",
    "?import&url&inline",
    "?inline",
    "?.svg?.wasm?init",
    "?t=1",
    "#?raw",
  ];
  return bases.flatMap((base) => endings.map((ending) => base + ending));
};

describe("the development server", () => {
  test("serves the pages' own files", async () => {
    expect((await get("/", "text/html")).body).toContain("<title>EnerLink</title>");
    for (const path of ["/src/main.tsx", "/src/app.css", `/@fs${root}/packages/protocol/units.ts`])
      expect([path, (await get(path)).status]).toEqual([path, 200]);
  });

  test.each([...foreign, ...linked])(
    "does not hand out %s, however it is spelled",
    async (file) => {
      const lines = (await readFile(`${root}/${file}`, "utf8")).split("\n");
      const telling = lines.filter((line) => line.length > 30).slice(0, 5);
      expect(telling.length).toBeGreaterThan(0);
      const answers = await Promise.all(
        spellings(file).map(async (spelling) => ({ spelling, ...(await get(spelling)) })),
      );
      // As it is, as a module's text, or as data.
      const traces = telling.flatMap((line) => [
        line,
        JSON.stringify(line).slice(1, -1),
        Buffer.from(line).toString("base64").slice(0, 30),
      ]);
      const leaks = answers.filter(({ body }) => traces.some((trace) => body.includes(trace)));
      expect(leaks.map(({ spelling, body }) => `${spelling}: ${body.slice(0, 200)}`)).toEqual([]);
    },
    60_000,
  );
});
