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
  const app = await startApp(config, { log, hide: mask.hide, failed: fail });
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      app.stop().then(() => process.exit(0), fail);
    });
  }
} catch (error) {
  fail(error);
}
