/**
 * The folder of an installation on one machine, as `compose.yaml` mounts it: authority and certificates, the broker's
 * users, each member's keys, the database's roles, and where everything is. What is there stays as it is, so that the
 * same command renews certificates that end soon, and completes what had to wait for the deployment.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newPrivateKey, readKeystore } from "@enerlink/protocol/keystore";
import { writeWhole } from "@enerlink/service/whole-file";
import { type Address, getAddress } from "viem";
import { writeKey } from "../../oracle/src/keys/secret-file.ts";
import { holds, makeAuthority, makeCertificate, type Pair } from "./authority.ts";
import { METER_RULES, memberRules, passwordLine } from "./broker.ts";

/** Whom programs run as where the command is root's; otherwise they run as whoever gave it. */
const USER_ID = 10_001;
export const MEMBERS = 3;

export type Wish = { folder: string; domain: string; rpcUrl: string; chainId: number };
export type Installed = {
  folder: string;
  /** What was written now. */
  written: string[];
  members: { signer: Address; submitter: Address }[];
  /** Whether the contracts' addresses are there, so that services can start. */
  deployed: boolean;
};

const PRIVATE = 0o600;
const PUBLIC = 0o644;
const makePassword = () => randomBytes(24).toString("base64url");

/** Writes below `folder` what is not there yet, and says what it wrote. */
function makeFiles(folder: string) {
  const written: string[] = [];
  const place = (name: string) => join(folder, name);
  function put(name: string, text: string, mode: number): void {
    mkdirSync(dirname(place(name)), { recursive: true, mode: 0o700 });
    writeWhole(place(name), text, { mode });
    chmodSync(place(name), mode);
    written.push(name);
  }
  return {
    place,
    written,
    put,
    read: (name: string): string | undefined =>
      existsSync(place(name)) ? readFileSync(place(name), "utf8") : undefined,
    /** What is there, or what is put there now. */
    keep: (name: string, make: () => string, mode = PRIVATE): string => {
      const found = existsSync(place(name)) ? readFileSync(place(name), "utf8") : undefined;
      if (found !== undefined) return found;
      const text = make();
      put(name, text, mode);
      return text;
    },
  };
}
type Files = ReturnType<typeof makeFiles>;

async function certificates({ put, read }: Files, domain: string): Promise<void> {
  const found = { certificate: read("authority/ca.crt"), key: read("authority/ca.key") };
  let authority: Pair;
  if (found.certificate && found.key) authority = { certificate: found.certificate, key: found.key };
  else {
    authority = await makeAuthority(`EnerLink ${domain}`);
    put("authority/ca.crt", authority.certificate, PUBLIC);
    put("authority/ca.key", authority.key, PRIVATE);
  }
  const servers: { folder: string; names: [string, ...string[]]; files: [string, string] }[] = [
    { folder: "broker", names: [`broker.${domain}`, "broker"], files: ["tls.crt", "tls.key"] },
    { folder: "postgres", names: ["postgres"], files: ["tls.crt", "tls.key"] },
    { folder: "web", names: [domain, `index.${domain}`, `oracle.${domain}`], files: ["web.crt", "web.key"] },
  ];
  for (const { folder, names, files } of servers) {
    const [certificateFile, keyFile] = files.map((file) => `tls/${folder}/${file}`) as [string, string];
    const present = read(certificateFile);
    if (present && (holds(present, names) || !(await isOf(authority, present)))) continue;
    const { certificate, key } = await makeCertificate(authority, names);
    put(certificateFile, certificate, PUBLIC);
    put(keyFile, key, PRIVATE);
    put(`tls/${folder}/ca.crt`, authority.certificate, PUBLIC);
  }
}

/** A certificate of a public authority, put in the place of one's own, is somebody else's to renew. */
async function isOf(authority: Pair, certificate: string): Promise<boolean> {
  const { X509Certificate } = await import("@peculiar/x509");
  return new X509Certificate(certificate).verify({
    publicKey: await new X509Certificate(authority.certificate).publicKey.export(),
    signatureOnly: true,
  });
}

async function member({ place, keep, read, written }: Files, number: number) {
  const folder = `member-${number}`;
  const password = keep(`${folder}/password`, () => `${makePassword()}\n`).trimEnd();
  const addresses: Address[] = [];
  for (const name of [`${folder}/signer.json`, `${folder}/submitter.json`]) {
    const found = read(name);
    if (found) addresses.push(getAddress(`0x${String(readKeystore(found).address).replace(/^0x/, "")}`));
    else {
      addresses.push(await writeKey(place(name), newPrivateKey(), password));
      written.push(name);
    }
  }
  const broker = keep(`${folder}/mqtt-password`, () => `${makePassword()}\n`).trimEnd();
  return { signer: addresses[0]!, submitter: addresses[1]!, broker };
}

/** The roles of docs/production.md, each with a password of its own. */
function database({ keep }: Files): void {
  const urlOf = (user: string, password: string) =>
    `postgresql://${user}:${password}@postgres:5432/enerlink?sslmode=verify-full&sslrootcert=/etc/enerlink/authority/ca.crt\n`;
  const passwordOf = (url: string) => new URL(url.trim()).password;
  keep("database/superuser", () => `${makePassword()}\n`);
  const writer = passwordOf(keep("database/writer", () => urlOf("enerlink_writer", makePassword())));
  const reader = passwordOf(keep("database/reader", () => urlOf("enerlink_reader", makePassword())));
  keep("database/roles.sql", () => rolesFor(writer, reader));
}

export const rolesFor = (
  writer: string,
  reader: string,
) => `-- The two roles of docs/production.md, "The index".
CREATE ROLE enerlink_writer LOGIN PASSWORD '${writer}';
CREATE ROLE enerlink_reader LOGIN PASSWORD '${reader}' CONNECTION LIMIT 100;
ALTER ROLE enerlink_reader SET statement_timeout = '5s';
ALTER ROLE enerlink_reader SET default_transaction_read_only = on;
REVOKE ALL ON DATABASE enerlink FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE enerlink TO enerlink_writer;
GRANT CONNECT ON DATABASE enerlink TO enerlink_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE enerlink_writer GRANT USAGE ON SCHEMAS TO enerlink_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE enerlink_writer GRANT SELECT ON TABLES TO enerlink_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE enerlink_writer REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_notify(text, text), set_config(text, text, boolean),
  pg_cancel_backend(integer), pg_terminate_backend(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO enerlink_writer;
`;

/** What the dApp reads; it waits for the contracts. @returns whether they are there */
function web({ put, read }: Files, { domain, rpcUrl, chainId }: Wish): boolean {
  const deployment = read(`deployments/${chainId}.json`);
  if (deployment === undefined) return false;
  const urls = { rpcUrl, indexerUrl: `https://index.${domain}`, oracleUrl: `https://oracle.${domain}` };
  const text = `${JSON.stringify({ ...urls, deployment: JSON.parse(deployment) }, null, 2)}\n`;
  if (read("web/config.json") !== text) put("web/config.json", text, PUBLIC);
  return true;
}

/** Containers run as one user, to whom all of it belongs. */
function own(folder: string): { user: number; group: number } {
  const [user, group] = [process.getuid?.() ?? USER_ID, process.getgid?.() ?? USER_ID];
  if (user !== 0) return { user, group };
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    chownSync(join(folder, name), USER_ID, USER_ID);
  chownSync(folder, USER_ID, USER_ID);
  return { user: USER_ID, group: USER_ID };
}

export async function install(wish: Wish): Promise<Installed> {
  const { folder, domain, rpcUrl, chainId } = wish;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = makeFiles(folder);
  await certificates(files, domain);
  const members: Awaited<ReturnType<typeof member>>[] = [];
  for (let number = 1; number <= MEMBERS; number++) members.push(await member(files, number));
  const names = members.map((_, index) => `oracle-${index + 1}`);
  files.keep("broker/passwords", () =>
    members.map(({ broker }, index) => passwordLine(names[index]!, broker)).join(""),
  );
  files.keep("broker/acl", () =>
    [...members.map(({ signer }, index) => memberRules(names[index]!, signer)), METER_RULES].join("\n"),
  );
  database(files);
  files.keep("grafana/password", () => `${makePassword()}\n`);
  const deployed = web(files, wish);
  for (const name of ["broker", ...names, "postgres", "prometheus", "grafana", "loki"])
    mkdirSync(files.place(`state/${name}`), { recursive: true, mode: 0o700 });
  mkdirSync(files.place("deployments"), { recursive: true });
  const { user, group } = own(folder);
  files.keep(
    "env",
    () =>
      `COMPOSE_PROJECT_NAME=enerlink\nENERLINK_INSTALLATION=${folder}\nENERLINK_DOMAIN=${domain}\n` +
      `ENERLINK_USER=${user}:${group}\nRPC_URL=${rpcUrl}\nCHAIN_ID=${chainId}\n`,
  );
  // The doctor reads it, as who owns the rest.
  if (process.getuid?.() === 0) chownSync(files.place("env"), user, group);
  const addresses = members.map(({ signer, submitter }) => ({ signer, submitter }));
  return { folder, written: files.written, members: addresses, deployed };
}
