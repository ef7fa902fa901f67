#!/usr/bin/env node
/** The one command line: `pnpm enerlink <command>`, or `enerlink <command>` in a shell that has `node_modules/.bin`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { asJson } from "./answer.ts";
import { explain } from "./chain.ts";
import { enerlink } from "./commands.ts";

/** What is set in the environment stays. */
const settings = fileURLToPath(new URL("../.env", import.meta.url));
if (existsSync(settings)) process.loadEnvFile(settings);

const args = process.argv.slice(2);
try {
  await enerlink(args);
} catch (error) {
  const problem = explain(error);
  console.error(args.includes("--json") ? asJson({ error: problem }) : problem.message);
  process.exitCode = 1;
}
