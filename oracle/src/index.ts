/** `node oracle/src/index.ts`: runs one oracle node until it is told to stop. */
import { startApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { messageOf } from "./log.ts";

function fail(error: unknown): never {
  console.error(`The oracle stops: ${messageOf(error)}`);
  process.exit(1);
}

try {
  const app = await startApp(readConfig(), fail);
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
