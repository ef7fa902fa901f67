/** The dApp's host on the local market: the build and what it says of the market, and nothing else of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../test/ports.ts";
import { homes } from "./accounts.ts";
import { isListening, waitFor } from "./processes.ts";

const SECRET = "what only the broker and the oracle know";
const PAGE = `<!doctype html><p>${"the dApp ".repeat(50)}</p>`;

let folder: string;
let port: number;
let host: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "enerlink-page-"));
  const build = join(folder, "run/app");
  await mkdir(join(build, "assets"), { recursive: true });
  await mkdir(join(build, ".vite"));
  await writeFile(join(folder, "run/broker-secret"), SECRET);
  await writeFile(join(folder, ".env"), SECRET);
  await writeFile(join(build, "index.html"), PAGE);
  await writeFile(join(build, "market.html"), `${PAGE} market`);
  await writeFile(join(build, "assets/start.js"), "start()");
  await writeFile(join(build, ".vite/manifest.json"), SECRET);
  await symlink(join(folder, "run/broker-secret"), join(build, "assets/secret.js"));
  await symlink(join(folder, "run"), join(build, "linked"));
  port = await freePorts(1);
  host = spawn(process.execPath, [fileURLToPath(new URL("page.ts", import.meta.url)), build], {
    env: {
      ...process.env,
      ENERLINK_LOCAL_DIR: folder,
      APP_PORT: String(port),
      RPC_URL: "http://127.0.0.1:1",
      INDEXER_URL: "http://127.0.0.1:2",
      ORACLE_URL: "http://127.0.0.1:3",
      DEPLOYMENTS_DIR: join(folder, "none"),
    },
    stdio: "inherit",
  });
  await waitFor("the host", () => isListening(port), 40);
});
afterAll(async () => {
  host.kill();
  await rm(folder, { recursive: true });
});

type Sent = { method?: string; headers?: Record<string, string>; body?: string; address?: string };

/** As it is written: `fetch` would tidy the path up first. */
function send(path: string, { method = "GET", headers = {}, body, address = "127.0.0.1" }: Sent = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const sent = request({ host: address, port, path, method, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      });
      sent.on("error", reject).end(body);
    },
  );
}

describe("the dApp's host", () => {
  test("hands out the build, each place's HTML at its path, and the dApp wherever a browser goes", async () => {
    expect(String((await send("/")).body)).toBe(PAGE);
    expect(String((await send("/market?side=buy")).body)).toBe(`${PAGE} market`);
    expect(await send("/assets/start.js")).toMatchObject({
      status: 200,
      headers: { "content-type": "text/javascript", "cache-control": expect.stringContaining("immutable") },
    });
    expect((await send("/somewhere")).status).toBe(404);
    const visit = { headers: { accept: "text/html,application/xhtml+xml" } };
    expect(String((await send("/somewhere", visit)).body)).toBe(PAGE);
    const zipped = await send("/", { headers: { "accept-encoding": "gzip, br" } });
    expect(zipped.headers["content-encoding"]).toBe("br");
    expect(String(brotliDecompressSync(zipped.body))).toBe(PAGE);
    expect(await send("/", { method: "HEAD" })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  test.each(["run/broker-secret", ".env", "run/app/.vite/manifest.json"])(
    "does not hand out %s, however it is spelled",
    async (file) => {
      const path = join(folder, file);
      const up = "../".repeat(12);
      const encoded = (text: string) => text.replaceAll("/", "%2f").replaceAll(".", "%2e");
      const bases = [
        ...[
          path,
          `/@fs${path}`,
          `/@fs/${path}`,
          `/@fs/${encoded(path)}`,
          `/@id/${path}`,
          `/@id/__x00__${path}`,
        ],
        ...[
          `/${up}${path}`,
          `/${encoded(up)}${path}`,
          `/assets/${up}${path}`,
          `/assets/${encoded(up + path)}`,
        ],
        ...["/../broker-secret", "/..%2fbroker-secret", "/%2e%2e/broker-secret", "/..%5cbroker-secret"],
        ...["/assets/secret.js", "/linked/broker-secret", "/.vite/manifest.json", "/%2evite/manifest.json"],
        ...["//broker-secret", "/./../broker-secret", "/../../.env", "/.env", "/../.env"],
      ];
      const endings = ["", "?raw", "?raw??", "?import&raw", "?url", "?inline", "#?raw", "%00", "%00.js", "/"];
      for (const spelling of bases.flatMap((base) => endings.map((ending) => base + ending))) {
        for (const headers of [{}, { accept: "text/html" }] as Record<string, string>[]) {
          const { status, body } = await send(spelling, { headers });
          expect([spelling, String(body).includes(SECRET)]).toEqual([spelling, false]);
          expect([spelling, status]).toEqual([spelling, headers.accept ? 200 : 404]);
        }
      }
    },
  );

  test("is not there for another machine", async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address && !address.internal && address.family === "IPv4");
    for (const { address } of others as { address: string }[])
      await expect(send("/", { address })).rejects.toThrow(/ECONNREFUSED/);
  });

  test("says which file is missing when nothing is deployed", async () => {
    const { status, body } = await send("/config.json");
    expect(status).toBe(503);
    expect(String(body)).toContain("No deployment is recorded for chain 31337");
  });
});

test("the installer wants an account's code, in JSON, and says when the chain is away", async () => {
  const ask = (code: unknown, type = "application/json") =>
    send("/installer", {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify({ code }),
    });
  const { address } = homes[4]!.account;
  expect((await ask(address, "text/plain")).status).toBe(415);
  for (const code of [undefined, 12, "", "0x12", `${address}0`, "enerlink:meter?serial=roof-01"]) {
    const { status, body } = await ask(code);
    expect([status, String(body)]).toEqual([400, expect.stringContaining("code: must be an account's code")]);
  }
  const elsewhere = await ask(`ethereum:${address}@1`);
  expect([elsewhere.status, String(elsewhere.body)]).toEqual([
    400,
    expect.stringContaining("code: is of an account on chain 1, and this is chain 31337"),
  ]);
  for (const code of [address, `ethereum:${address}@31337`]) expect((await ask(code)).status).toBe(503);
  expect((await send("/installer")).status).toBe(404);
});

describe("a demo account that is picked", () => {
  const { address } = homes[4]!.account;
  const json = { "content-type": "application/json" };
  const pick = (body: string, headers: Record<string, string> = json) =>
    send("/demo-accounts", { method: "POST", headers, body });

  test("is noted once as a person's", async () => {
    for (const spelled of [address, address.toLowerCase()])
      expect((await pick(JSON.stringify({ address: spelled }))).status).toBe(204);
    expect(await readFile(join(folder, "people"), "utf8")).toBe(`${address.toLowerCase()}\n`);
  });

  test("must be one, and said in JSON", async () => {
    expect((await pick("{")).status).toBe(400);
    expect((await pick(JSON.stringify({ address: "0x12" }))).status).toBe(400);
    expect((await pick(`{"address": "${"0".repeat(5_000)}"}`)).status).toBe(400);
    const stranger = await pick(JSON.stringify({ address: `0x${"12".repeat(20)}` }));
    expect([stranger.status, String(stranger.body)]).toEqual([
      404,
      expect.stringContaining("no demo account"),
    ]);
    expect((await pick(JSON.stringify({ address }), { "content-type": "text/plain" })).status).toBe(415);
    expect((await send("/demo-accounts")).status).toBe(404);
    expect((await send("/", { method: "PUT" })).status).toBe(405);
  });
});
