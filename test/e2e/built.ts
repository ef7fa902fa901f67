/** The dApp as it is shipped: built, weighed, and served as a host would, compressed and with its policy. */
import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzipSync } from "node:zlib";

const appRoot = fileURLToPath(new URL("../../app/", import.meta.url));
/** What the host answers by itself, everything else is a file of the build. */
const CONFIGURATION = "/config.json";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};
const compressible = new Set([".html", ".js", ".css", ".json", ".svg", ".webmanifest"]);

const compress = promisify(brotliCompress);

type Chunk = { file: string; src?: string; imports?: string[]; isEntry?: boolean };
type Manifest = Record<string, Chunk>;

/** Builds the dApp into a folder of its own. @returns the folder, and how to remove it */
export async function buildApp() {
  const folder = await mkdtemp(join(tmpdir(), "enerlink-app-"));
  await promisify(execFile)(
    join(appRoot, "node_modules/.bin/vite"),
    ["build", "--logLevel", "error", "--outDir", folder, "--emptyOutDir", "--manifest"],
    // A test runner's own mode would build React for developers.
    { cwd: appRoot, env: { ...process.env, NODE_ENV: "production" } },
  );
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Compressed bytes of a script. */
const gzipped = async (folder: string, file: string) =>
  gzipSync(await readFile(join(folder, file)), { level: 9 }).length;

/**
 * The scripts that every first visit loads before its page's own chunk: the entry, what it imports, and the larger
 * language.
 * @returns compressed bytes of each file
 */
export async function firstLoad(folder: string): Promise<Map<string, number>> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, ".vite/manifest.json"), "utf8"));
  const files = new Set(["theme.js"]);
  const follow = (key: string) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) follow(next);
  };
  for (const [key, { isEntry }] of Object.entries(manifest)) if (isEntry) follow(key);
  const sizes = new Map<string, number>();
  for (const file of files) sizes.set(file, await gzipped(folder, file));
  const languages = ["src/i18n/id.ts", "src/i18n/en.ts"].map((key) => manifest[key]!.file);
  const weighed = await Promise.all(
    languages.map(async (file) => [file, await gzipped(folder, file)] as const),
  );
  const [file, bytes] = weighed.sort(([, a], [, b]) => b - a)[0]!;
  return sizes.set(file, bytes);
}

/** Every file that grows smaller by it, compressed once, as hosts of static files do. */
async function compressAll(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => compressible.has(extname(name))).map((name) => join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await compress(await readFile(file), { params })] as const),
    ),
  );
}

/**
 * Serves a build on a free port.
 * @param appUrl where the running system's own dApp is: its configuration is passed on
 */
export async function serveBuilt(folder: string, appUrl: string) {
  const compressed = await compressAll(folder);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", appUrl).pathname;
    if (path === CONFIGURATION) {
      const answer = await fetch(new URL(path, appUrl)).catch(() => undefined);
      response.writeHead(answer?.status ?? 503, { "content-type": "application/json" });
      return response.end(await answer?.text());
    }
    const wanted = join(folder, normalize(path));
    const isFile = async (file: string) =>
      file.startsWith(folder) && ((await stat(file).catch(() => undefined))?.isFile() ?? false);
    const place = `${wanted}.html`;
    const file = (await isFile(wanted)) ? wanted : (await isFile(place)) ? place : join(folder, "index.html");
    const type = extname(file);
    const zipped = /\bbr\b/.test(String(request.headers["accept-encoding"])) && compressed.get(file);
    response.writeHead(200, {
      "content-type": types[type] ?? "application/octet-stream",
      // Names of built assets change with their content.
      "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      ...(zipped ? { "content-encoding": "br" } : {}),
    });
    if (zipped) response.end(zipped);
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    port,
    /** For Chromium: the build answers under the dApp's own address, which the oracle allows. */
    resolverRule: `--host-resolver-rules=MAP ${new URL(appUrl).host} 127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}
