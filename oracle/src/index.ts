/** `node oracle/src/index.ts`: runs one oracle node until it is told to stop. */
import { makeLog, makeMask, messageOf } from "@enerlink/service/log";
import { startApp } from "./app.ts";
import { readConfig } from "./config.ts";

const mask = makeMask();

function fail(error: unknown): never {
  makeLog({ level: "error", mask }).fatal(
    { part: "oracle", err: error },
    `the oracle stops: ${messageOf(error)}`,
  );
  process.exit(1);
}
process.on("uncaughtException", fail);

try {
  const config = readConfig();
  for (const secret of config.secrets) mask.hide(secret);
  const log = makeLog({ level: config.logLevel, mask });
  let app: Awaited<ReturnType<typeof startApp>> | undefined;
  let stopping = false;
  // From the start on: a node that waits for its chain has nothing to bring to an end, and is told to stop all the same.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      await app?.stop().catch(fail);
      log.info({ part: "oracle" }, `stopped, as ${signal} asks`);
      process.exit(0);
    });
  }
  app = await startApp(config, { log, hide: mask.hide, failed: fail });
} catch (error) {
  fail(error);
}
