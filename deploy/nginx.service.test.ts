/** The web server's configuration as it is shipped, with its folders and ports moved: taken by nginx, and answering as it should. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request as overHttp } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, makeCertificate } from "../cli/installation/authority.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const hasNginx = spawnSync("nginx", ["-v"], { env: environment }).error === undefined;
const DOMAIN = "enerlink.example";
const [PLAIN, TLS] = [20_000 + Math.floor(Math.random() * 5_000), 25_000 + Math.floor(Math.random() * 5_000)];

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

describe.skipIf(!hasNginx)("nginx as it is shipped", () => {
  let folder: string;
  let ca: string;
  const services: Record<string, ReturnType<typeof createServer>> = {};
  let child: ReturnType<typeof spawn> | undefined;
  let printed = "";

  /** Says who it is and what it was told of the client. */
  async function service(name: string): Promise<string> {
    const server = createServer(({ url, headers }, response) => {
      const { host, "x-forwarded-for": client, "x-forwarded-proto": scheme } = headers;
      response.end(JSON.stringify({ name, url, host, client, scheme }));
    });
    services[name] = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A shipped file with its places moved. */
  function move(from: string, to: string, more: [string, string][] = []): void {
    const moves: [string, string][] = [
      ["/etc/nginx/", `${folder}/nginx/`],
      ["/etc/enerlink", `${folder}/enerlink`],
      ["/usr/share/enerlink", `${folder}/dist`],
      ["/tmp/nginx", `${folder}/nginx`],
      // What Node gives a program as its output is no file that could be opened by name.
      ["/dev/stdout", `${folder}/access.log`],
      ["listen 8080", `listen 127.0.0.1:${PLAIN}`],
      ["listen 8443", `listen 127.0.0.1:${TLS}`],
      ...more,
    ];
    const text = moves.reduce(
      (text, [was, is]) => text.replaceAll(was, is),
      readFileSync(here(from), "utf8"),
    );
    writeFileSync(join(folder, "nginx", to), text);
  }

  const nginx = (...more: string[]) => ["-e", "stderr", "-c", join(folder, "nginx/nginx.conf"), ...more];
  const isTaken = () =>
    new Promise<string>((resolve) =>
      execFile("nginx", nginx("-t"), { env: environment }, (failure, _, said) =>
        resolve(failure ? said : "taken"),
      ),
    );

  function get(host: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: TLS,
        servername: host,
        ca,
        path,
        headers: { ...headers, host },
      };
      const asking = request(options, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      });
      asking.once("error", reject).end();
    });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "web-"));
    // Its workers are another user where this is root.
    chmodSync(folder, 0o755);
    for (const name of ["nginx/conf.d", "enerlink/tls", "dist/assets", "dist/.vite"])
      mkdirSync(join(folder, name), { recursive: true });
    for (const [file, text] of [
      ["dist/index.html", "the dApp"],
      ["dist/market.html", "the market"],
      ["dist/assets/a.js", "1"],
      ["dist/.vite/manifest.json", "{}"],
      ["enerlink/config.json", "{}"],
    ] as const)
      writeFileSync(join(folder, file), text);
    const authority = await makeAuthority("EnerLink test");
    ca = authority.certificate;
    const names = [DOMAIN, `index.${DOMAIN}`, `oracle.${DOMAIN}`] as const;
    const { certificate, key } = await makeCertificate(authority, [...names]);
    writeFileSync(join(folder, "enerlink/tls/web.crt"), certificate);
    writeFileSync(join(folder, "enerlink/tls/web.key"), key, { mode: 0o600 });
    const [index, oracle] = [await service("index"), await service("oracle")];
    move("nginx/nginx.conf", "nginx.conf");
    move("nginx/headers.conf", "headers.conf");
    move("nginx/conf.d/files.app", "conf.d/files.app");
    move("nginx/conf.d/app.conf", "conf.d/app.conf");
    expect(await isTaken()).toBe("taken");
    // As Compose mounts it in the other's place.
    move("nginx/tls.conf", "conf.d/app.conf", [
      ["index-api:42069", index],
      ["oracle-1:3000", oracle],
    ]);
    expect(await isTaken()).toBe("taken");
    child = spawn("nginx", nginx("-g", "daemon off;"), {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr!.on("data", (data) => (printed += data));
    for (let tries = 0; tries < 50 && !(await get(DOMAIN, "/").catch(() => undefined)); tries++)
      await sleep(100);
  });
  afterAll(async () => {
    if (child) {
      const ended = new Promise((resolve) => child!.once("close", resolve));
      child.kill("SIGQUIT");
      await ended;
    }
    for (const server of Object.values(services)) server.close();
    rmSync(folder, { recursive: true });
  });

  test("hands out the dApp with its headers, and nothing that the builder noted", async () => {
    const { status, headers, text } = await get(DOMAIN, "/market");
    expect([status, text, printed]).toEqual([200, "the market", ""]);
    expect(headers["content-security-policy"]).toContain(`connect-src 'self' https://*.${DOMAIN}`);
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers.server).toBe("nginx");
    expect((await get(DOMAIN, "/anything")).text).toBe("the dApp");
    expect((await get(DOMAIN, "/assets/a.js")).headers["cache-control"]).toContain("immutable");
    expect((await get(DOMAIN, "/.vite/manifest.json")).status).toBe(404);
  });

  test("leads to both services by their names, tells them who asks, and keeps their figures", async () => {
    for (const name of ["index", "oracle"]) {
      const host = `${name}.${DOMAIN}`;
      const { status, headers, text } = await get(host, "/api/v1/health", { "x-forwarded-for": "6.6.6.6" });
      expect(headers["strict-transport-security"]).toBe("max-age=31536000");
      expect([status, JSON.parse(text)]).toEqual([
        200,
        { name, url: "/api/v1/health", host, client: "127.0.0.1", scheme: "https" },
      ]);
      expect((await get(host, "/metrics")).status).toBe(404);
    }
    for (const path of ["/figures", "/status"]) expect((await get(`index.${DOMAIN}`, path)).status).toBe(404);
  });

  test("logs each request as a line of JSON, without what was asked for behind it", async () => {
    await get(`index.${DOMAIN}`, "/api/v1/trading/balance?account=0x12");
    const lines = readFileSync(join(folder, "access.log"), "utf8").trimEnd().split("\n");
    const last = JSON.parse(lines.at(-1)!);
    expect(last).toMatchObject({ part: "web", host: `index.${DOMAIN}`, method: "GET", status: 200 });
    expect(last.path).toBe("/api/v1/trading/balance");
    expect(lines.join()).not.toContain("0x12");
  });

  test("sends whoever comes without TLS to it", async () => {
    const location = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: PLAIN, path: "/market?side=buy", headers: { host: DOMAIN } };
      overHttp(options, ({ headers }) => resolve(headers.location))
        .once("error", reject)
        .end();
    });
    expect(location).toBe(`https://${DOMAIN}/market?side=buy`);
  });
});
