/**
 * `node indexer/index.ts start|serve …`: Ponder in this very process, so that a signal reaches it, from whatever folder,
 * without telling anybody that it runs, and outside production for this machine alone.
 */
import { commandLine } from "./lib/command-line.ts";

process.env.PONDER_TELEMETRY_DISABLED ??= "1";
const [program, file, ...asked] = process.argv;
process.argv = [program!, file!, ...commandLine(asked, import.meta.dirname, process.env.NODE_ENV)];
await import(new URL("node_modules/ponder/dist/esm/bin/ponder.js", import.meta.url).href);
