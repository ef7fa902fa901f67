/** Which modules a program reads at its start: what nobody needs yet should not be among them. */
import { execFileSync } from "node:child_process";

/** @returns addresses of everything that importing `module` reads, in a process of its own */
export function readBy(module: URL): string[] {
  const program = `
    import { registerHooks } from "node:module";
    const read = [];
    registerHooks({ load: (url, context, next) => (read.push(url), next(url, context)) });
    await import(${JSON.stringify(module.href)});
    console.log(JSON.stringify(read));`;
  const args = ["--input-type=module", "--eval", program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}
