/**
 * `node indexer/index.ts start|serve …`: Ponder in this very process, so that a signal reaches it, from whatever folder,
 * and without telling anybody that it runs.
 */
process.env.PONDER_TELEMETRY_DISABLED ??= "1";
process.argv.push("--root", import.meta.dirname);
await import(new URL("node_modules/ponder/dist/esm/bin/ponder.js", import.meta.url).href);
