import { execFileSync, spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readKey } from "../../oracle/src/keys/secret-file.ts";
import { CERTIFICATE_DAYS, holds, makeAuthority, makeCertificate } from "./authority.ts";
import { METER_RULES, memberRules, passwordLine } from "./broker.ts";
import { install } from "./install.ts";

const DAY = 86_400_000;
/** Keys take long to be encrypted: made once, for all. */
let made: string;
let folder: string;
let first: Awaited<ReturnType<typeof install>>;
beforeAll(async () => {
  made = folder = mkdtempSync(join(tmpdir(), "installation-"));
  first = await install(wish());
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "installation-"));
  cpSync(join(made, "here"), join(folder, "here"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => rmSync(made, { recursive: true }));

const wish = () => ({
  folder: join(folder, "here"),
  domain: "enerlink.example",
  rpcUrl: "https://node.example",
  chainId: 7_100,
});
const read = (name: string) => readFileSync(join(folder, "here", name), "utf8");

test("a folder is made once: the same command again changes nothing, and completes what had to wait", async () => {
  expect(first.deployed).toBe(false);
  expect(new Set(first.members.flatMap(({ signer, submitter }) => [signer, submitter])).size).toBe(6);
  for (const name of first.written)
    if (!/\.crt$|config\.json$/.test(name))
      expect(statSync(join(folder, "here", name)).mode & 0o777, name).toBe(0o600);
  for (const name of first.written)
    expect(statSync(join(made, "here", name)).uid, name).toBe(statSync(join(made, "here")).uid);
  const before = Object.fromEntries(first.written.map((name) => [name, read(name)]));

  const second = await install(wish());
  expect(second).toMatchObject({ written: [], members: first.members, deployed: false });
  expect(existsSync(join(folder, "here/web/config.json"))).toBe(false);

  const deployment = { chainId: 7_100, contracts: { energyMarket: "0x01" } };
  writeFileSync(join(folder, "here/deployments/7100.json"), JSON.stringify(deployment));
  const third = await install(wish());
  expect(third).toMatchObject({ written: ["web/config.json"], deployed: true });
  expect(JSON.parse(read("web/config.json"))).toMatchObject({
    oracleUrl: "https://oracle.enerlink.example",
    deployment,
  });
  for (const [name, text] of Object.entries(before)) expect(read(name), name).toBe(text);
});

test("the members' keys open with their passwords, and their addresses are those that are said", async () => {
  const { members } = first;
  const password = read("member-2/password").trimEnd();
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect(await readKey(join(folder, "here/member-2/signer.json"), password)).toMatch(/^0x[0-9a-f]{64}$/);
  await expect(readKey(join(folder, "here/member-1/signer.json"), password)).rejects.toThrow("password");
  expect(read("broker/acl")).toContain(`$committee/${members[1]!.signer.toLowerCase()}/#`);
  expect(read("env")).toContain("ENERLINK_DOMAIN=enerlink.example\n");
});

test("certificates are taken by a client that knows the authority, by their names and no other", async () => {
  const authority = await makeAuthority("EnerLink test");
  const { certificate, key } = await makeCertificate(authority, ["broker.example", "broker"]);
  expect(new X509Certificate(certificate).checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  const server = createServer({ cert: certificate, key }, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const reach = (servername: string, ca: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1", servername, ca }, () => {
        resolve("taken");
        socket.destroy();
      });
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  expect(await reach("broker", authority.certificate)).toBe("taken");
  expect(await reach("broker.example", authority.certificate)).toBe("taken");
  expect(await reach("another.example", authority.certificate)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  const other = await makeAuthority("EnerLink test");
  expect(await reach("broker", other.certificate)).not.toBe("taken");
  server.close();
});

test("a certificate that ends soon, or lacks a name, is made anew; one of another authority is left alone", async () => {
  const authority = { certificate: read("authority/ca.crt"), key: read("authority/ca.key") };
  const names = ["enerlink.example", "index.enerlink.example", "oracle.enerlink.example"] as const;
  const present = read("tls/web/web.crt");
  expect(holds(present, names)).toBe(true);
  expect(holds(present, names, Date.now() + (CERTIFICATE_DAYS - 59) * DAY)).toBe(false);
  expect(holds(present, ["elsewhere.example"])).toBe(false);

  const old = await makeCertificate(authority, [...names], Date.now() - (CERTIFICATE_DAYS - 10) * DAY);
  writeFileSync(join(folder, "here/tls/web/web.crt"), old.certificate);
  expect((await install(wish())).written).toEqual(["tls/web/web.crt", "tls/web/web.key", "tls/web/ca.crt"]);
  expect(holds(read("tls/web/web.crt"), names)).toBe(true);

  const foreign = await makeCertificate(await makeAuthority("a public one"), ["elsewhere.example"]);
  writeFileSync(join(folder, "here/tls/web/web.crt"), foreign.certificate);
  expect((await install(wish())).written).toEqual([]);
});

const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const hasMosquitto = spawnSync("mosquitto", ["-h"], { env: environment }).error === undefined;

test.skipIf(!hasMosquitto)("Mosquitto takes users, rules and certificates as they are written", async () => {
  const { default: mqtt } = await import("mqtt");
  const { members } = first;
  const here = join(folder, "here");
  writeFileSync(
    join(here, "broker/passwords"),
    read("broker/passwords") + passwordLine("home-01", "of the meter"),
    { mode: 0o600 },
  );
  expect(read("broker/acl")).toBe(
    [...members.map(({ signer }, index) => memberRules(`oracle-${index + 1}`, signer)), METER_RULES].join(
      "\n",
    ),
  );
  mkdirSync(join(folder, "data"));
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const conf = readFileSync(new URL("../../deploy/kubernetes/broker/mosquitto.conf", import.meta.url), "utf8")
    .replace("listener 8883", `listener ${port} 127.0.0.1`)
    .replaceAll("/etc/mosquitto-users", join(here, "broker"))
    .replaceAll("/etc/mosquitto-tls", join(here, "tls/broker"))
    .replace("/data/", `${join(folder, "data")}/`);
  writeFileSync(join(folder, "mosquitto.conf"), `${conf}user root\n`);
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "root:root", here]);
  const broker = spawn("mosquitto", ["-c", join(folder, "mosquitto.conf")], { env: environment });
  try {
    const options = { ca: read("authority/ca.crt"), servername: "broker", reconnectPeriod: 200 };
    const login = (username: string, password: string) =>
      mqtt.connectAsync(`mqtts://127.0.0.1:${port}`, { ...options, username, password });
    const node = await login("oracle-1", read("member-1/mqtt-password").trimEnd());
    const heard: string[] = [];
    node.on("message", (topic) => heard.push(topic));
    await node.subscribeAsync("enerlink/v1/#", { qos: 1 });
    const meter = await login("home-01", "of the meter");
    await meter.publishAsync("enerlink/v1/home-02/reading", "not its own", { qos: 1 });
    await meter.publishAsync("enerlink/v1/home-01/reading", "its own", { qos: 1 });
    await expect.poll(() => heard).toEqual(["enerlink/v1/home-01/reading"]);
    await expect(
      mqtt.connectAsync(`mqtts://127.0.0.1:${port}`, {
        ...options,
        username: "oracle-2",
        password: "another",
        reconnectPeriod: 0,
      }),
    ).rejects.toThrow(/[Nn]ot authori[sz]ed/);
    await node.endAsync(true);
    await meter.endAsync(true);
  } finally {
    broker.kill();
  }
});
