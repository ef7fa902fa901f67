/** The command as an operator gives it: an installation's folder, what strangers reach, and what is not there at all. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disk } from "../../oracle/src/seams/disk.ts";
import { makeAuthority, makeCertificate, type Pair } from "../installation/authority.ts";
import { install } from "../installation/install.ts";
import type { Finding } from "./finding.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const DAY = 86_400_000;
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

let temporary: string;
let folder: string;
let authority: Pair;
const servers: Server[] = [];

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), "doctor-"));
  folder = join(temporary, "installation");
  await install({ folder, domain: "enerlink.example", rpcUrl: NOWHERE, chainId: 7_100 });
  authority = { certificate: read("authority/ca.crt"), key: read("authority/ca.key") };
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(temporary, { recursive: true });
});

const read = (name: string) => readFileSync(join(folder, name), "utf8");

/** A web host for `localhost` whose proxy lets figures out if it is `open`. */
async function serve(pair: Pair, open: boolean): Promise<string> {
  const server = createServer({ cert: pair.certificate, key: pair.key }, ({ url }, response) => {
    const figures = open && url === "/metrics";
    const headers = {
      "content-type": figures ? "text/plain" : "text/html",
      "strict-transport-security": "max-age=1",
    };
    response.writeHead(200, headers).end("answered");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function doctor(
  ...args: string[]
): Promise<{ code: number; findings: Finding[]; error: { message: string } }> {
  const { RPC_URL: _, CHAIN_ID: __, DEPLOYMENTS_DIR: ___, ...environment } = process.env;
  const given = ["cli/enerlink.ts", "doctor", ...args, "--node", NOWHERE, "--index", NOWHERE, "--json"];
  return new Promise((resolve) => {
    execFile(process.execPath, given, { cwd: root, env: environment }, (failure, stdout, stderr) => {
      const answer = JSON.parse(stdout || stderr);
      resolve({ code: Number(failure?.code ?? 0), ...answer });
    });
  });
}

const stateOf = (findings: Finding[], check: string, part?: string) =>
  findings
    .filter((one) => one.check === check && (part === undefined || one.part === part))
    .map(({ state }) => state);

test("of a folder that was only made it says what is missing, and that it is safe", async () => {
  const { code, findings } = await doctor(folder, "--door", NOWHERE.replace("http", "mqtts"));
  expect(code).toBe(1);
  expect(stateOf(findings, "rights")).toEqual(["good"]);
  expect(stateOf(findings, "authority")).toEqual(["behind"]);
  expect(stateOf(findings, "contracts")).toEqual(["missing"]);
  expect(stateOf(findings, "copies")).toEqual(["missing"]);
  expect(stateOf(findings, "nodes")).toEqual(["missing"]);
  expect(stateOf(findings, "answers")).toEqual(["missing", "missing", "missing"]);
  expect(stateOf(findings, "certificate")).toEqual(["good", "good", "good", "good"]);
});

test("finds what was planted: an open key, a damaged copy, a certificate that ends, figures let out", async () => {
  chmodSync(join(folder, "member-2/signer.json"), 0o644);
  for (const [number, text] of [
    ["1", undefined],
    ["2", undefined],
    ["3", "no database"],
  ] as const) {
    const copies = join(folder, `state/oracle-${number}/copies`);
    mkdirSync(copies, { mode: 0o700 });
    const file = join(copies, "oracle-2026-01-01.sqlite");
    if (text === undefined) disk.sqlite(file).exec("CREATE TABLE t (x)").close();
    else writeFileSync(file, text);
    chmodSync(file, 0o600);
  }
  const old = await makeCertificate(authority, ["broker"], Date.now() - 390 * DAY);
  writeFileSync(join(folder, "tls/broker/tls.crt"), old.certificate);
  const open = await serve(await makeCertificate(authority, ["localhost"]), true);
  const closed = await serve(await makeCertificate(authority, ["localhost"]), false);
  const strange = await serve(await makeCertificate(await makeAuthority("another"), ["localhost"]), false);

  const { code, findings } = await doctor(folder, "--door", [open, closed, strange].join());
  expect(code).toBe(1);
  const bad = findings.filter(({ state }) => state === "unsafe" || state === "behind");
  expect(bad.map(({ check, found }) => [check, found])).toEqual([
    ["rights", "others may read member-2/signer.json"],
    ["authority", expect.any(String)],
    ["copies", expect.stringMatching(/^oracle-3: .*not a database/)],
    ["certificate", expect.stringMatching(/^tls\/broker\/tls\.crt until .* 7 d$/)],
    ["inner paths", "/metrics answered"],
    ["trusted", expect.any(String)],
  ]);
  expect(stateOf(findings, "trusted", open)).toEqual(["good"]);
  expect(stateOf(findings, "inner paths", closed)).toEqual(["good"]);
  expect(stateOf(findings, "trusted", strange)).toEqual(["unsafe"]);
});

test("says which option or folder is wrong", async () => {
  expect((await doctor(temporary)).error.message).toContain(
    "has no file `env`; enerlink installation makes such",
  );
  expect((await doctor(folder, "--door", "ftp://x")).error.message).toBe(
    '--door "ftp://x": a URL beginning with http://, https:// or mqtts://',
  );
});
