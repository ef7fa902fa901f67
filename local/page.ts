/**
 * The dApp's host on the local market: hands out the build, and nothing else that is on this machine. What it may answer
 * is read when it starts, under the names that it has then: no path leads out of that.
 *
 *   node local/page.ts <folder of the build>
 *
 * Besides the build there is `/config.json`, as a host of the dApp has it, here with the demo accounts; and
 * `POST /demo-accounts {"address"}`, by which the dApp says that a person has picked one; and `POST /installer {"code"}`,
 * by which somebody who begins shows an account's code to the local installer, who answers with the meter's serial.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { type AccountCode, isOfChain, readAccountCode } from "@enerlink/protocol/account";
import { AN_ADDRESS, addressSchema } from "@enerlink/protocol/address";
import { readDeployment } from "@enerlink/protocol/deployment";
import { readSettings } from "@enerlink/service/settings";
import { type Address, isAddressEqual } from "viem";
import { z } from "zod";
import { appSettings } from "../app/settings.ts";
import { CHAIN_ID } from "./accounts.ts";
import { files } from "./files.ts";
import { install } from "./installer.ts";
import { makePeople } from "./people.ts";
import { demoAccounts } from "./setup.ts";

const HOST = "127.0.0.1";
const MOST_BODY_BYTES = 1_000;

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

/** What the installer is at, and after it whatever came meanwhile. */
let installing: Promise<unknown> = Promise.resolve();

const environment = readSettings(appSettings);
const accounts = demoAccounts().accounts;
const people = makePeople(files.people);

type File = { type: string; zips: boolean; content: Buffer; zipped?: Promise<Buffer> };

/** Every file of the build by its path; a place's HTML by the place's. */
async function readBuild(folder: string): Promise<Map<string, File>> {
  const found = new Map<string, File>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file)}`;
    const extension = extname(file);
    // What the builder notes for itself begins with a dot; and a link may lead out of the build.
    if (path.includes("/.") || (await realpath(file)) !== file) continue;
    found.set(path.replace(/(index)?\.html$/, ""), {
      type: types[extension] ?? "application/octet-stream",
      zips: compressible.has(extension),
      content: await readFile(file),
    });
  }
  return found;
}

const build = await readBuild(await realpath(process.argv[2]!));

const send = (response: ServerResponse, status: number, value: unknown) => {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
};

function configuration() {
  const {
    RPC_URL: [rpcUrl],
    INDEXER_URL: indexerUrl,
    ORACLE_URL: oracleUrl,
  } = environment;
  const deployment = readDeployment(CHAIN_ID);
  return { rpcUrl, indexerUrl, oracleUrl, deployment, demoAccounts: accounts, installer: "/installer" };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MOST_BODY_BYTES) break;
  }
  return body;
}

const picked = z.object({ address: addressSchema });

/** A page of another origin cannot send this type without asking first, which nothing here allows. */
async function pick(request: IncomingMessage, response: ServerResponse) {
  if (request.headers["content-type"] !== "application/json")
    return send(response, 415, { error: "content-type: must be application/json" });
  let address: Address;
  try {
    ({ address } = picked.parse(JSON.parse(await bodyOf(request))));
  } catch {
    return send(response, 400, { error: `address: must be ${AN_ADDRESS}` });
  }
  if (!accounts.some((account) => isAddressEqual(account.address, address)))
    return send(response, 404, { error: `address: ${address} is no demo account` });
  people.take(address);
  response.writeHead(204).end();
}

const shown = z.object({ code: z.string() });

/** One after the other: each takes the next roof that nobody has. */
async function installFor(request: IncomingMessage, response: ServerResponse) {
  if (request.headers["content-type"] !== "application/json")
    return send(response, 415, { error: "content-type: must be application/json" });
  let code: AccountCode | undefined;
  try {
    code = readAccountCode(shown.parse(JSON.parse(await bodyOf(request))).code);
  } catch {}
  if (!code) return send(response, 400, { error: `code: must be an account's code, or ${AN_ADDRESS}` });
  if (!isOfChain(code, CHAIN_ID))
    return send(response, 400, {
      error: `code: is of an account on chain ${code.chainId}, and this is chain ${CHAIN_ID}`,
    });
  const owner = code.account;
  const done = installing.then(() => install(environment.RPC_URL[0]!, owner));
  installing = done.catch(() => {});
  const serial = await done;
  if (serial === undefined) return send(response, 409, { error: "all of the installer's roofs are taken" });
  send(response, 200, { meterId: serial });
}

/** The file that a path names; every place that a browser navigates to is the dApp's to know. */
function fileOf(path: string, { headers }: IncomingMessage): File | undefined {
  const found = build.get(path);
  return found ?? (headers.accept?.includes("text/html") ? build.get("/") : undefined);
}

async function handOut(path: string, request: IncomingMessage, response: ServerResponse) {
  const file = fileOf(path, request);
  if (!file) return send(response, 404, { error: "there is no such file" });
  const zip = file.zips && /\bbr\b/.test(String(request.headers["accept-encoding"]));
  if (zip) file.zipped ??= compress(file.content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  const content = zip ? await file.zipped! : file.content;
  response.writeHead(200, {
    "content-type": file.type,
    "content-length": content.length,
    // Names of built assets change with their content.
    "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    ...(zip ? { "content-encoding": "br" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : content);
}

const server = createServer(async (request, response) => {
  // As it was sent: nothing is decoded, so nothing can be spelled in another way.
  const path = request.url!.split(/[?#]/)[0]!;
  const reads = request.method === "GET" || request.method === "HEAD";
  try {
    if (path === "/demo-accounts" && request.method === "POST") return await pick(request, response);
    if (path === "/installer" && request.method === "POST") return await installFor(request, response);
    if (!reads) return send(response, 405, { error: `${request.method}: only GET and HEAD are answered` });
    if (path === "/config.json") return send(response, 200, configuration());
    await handOut(path, request, response);
  } catch (error) {
    send(response, 503, { error: error instanceof Error ? error.message : String(error) });
  }
});
server.listen(environment.APP_PORT, HOST, () =>
  console.info(`The dApp is at http://localhost:${environment.APP_PORT}.`),
);
