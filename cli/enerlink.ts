#!/usr/bin/env node
/** The one command line: `pnpm enerlink <command>`, or `enerlink <command>` in a shell that has `node_modules/.bin`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { explain } from "./chain.ts";
import { enerlink } from "./commands.ts";

/** What is set in the environment stays. */
const settings = fileURLToPath(new URL("../.env", import.meta.url));
if (existsSync(settings)) process.loadEnvFile(settings);

try {
  await enerlink(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
