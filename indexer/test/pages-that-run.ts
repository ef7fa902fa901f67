/** The programs of the pages for beginners, as they stand there. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a page has its reader put together: its parts in TypeScript, one after the other. */
const programOf = (page: string) =>
  [...readFileSync(`${root}/docs/${page}`, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, part]) => part)
    .join("\n");

/** Starts a page's program at the root, where the page puts it. */
export function startPage(page: string, environment: Record<string, string>) {
  const program = ["--input-type=module-typescript", "--eval", programOf(page)];
  const child = spawn(process.execPath, program, { cwd: root, env: { ...process.env, ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    output: () => output,
    /** Resolves once it has said so. @throws with all that it said, when it has ended without, or after two minutes */
    says: async (text: string) => {
      const said = () => output.includes(text);
      const isOver = () => child.exitCode !== null || child.signalCode !== null;
      await vi.waitUntil(() => said() || isOver(), { timeout: 120_000 }).catch(() => {});
      if (!said()) throw new Error(output);
    },
    /** @returns its exit code */
    ended: () => ended,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
