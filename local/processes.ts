/**
 * The services as child processes: started with a log file each, restarted when they die, and stopped together.
 * Every child leads its own process group, so that stopping it stops whatever it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { files, path, root } from "./files.ts";
import { say } from "./output.ts";

export type Service = {
  name: string;
  command: string;
  args: string[];
  cwd?: URL;
  environment?: Record<string, string>;
  /** Whether it is started again when it dies. The chain is not: its blocks are gone. */
  restart: boolean;
};

const STOP_PATIENCE_MS = 5_000;
const RESTART_DELAY_MS = 1_000;

/** `inherited` with a service's own settings; one that is inherited as a file would contradict its own. */
export function withOwn(inherited: NodeJS.ProcessEnv, own: Record<string, string>): NodeJS.ProcessEnv {
  const files = new Set(Object.keys(own).map((name) => `${name}_FILE`));
  const kept = Object.entries(inherited).filter(([name]) => !files.has(name));
  return { ...Object.fromEntries(kept), ...own };
}

export function makeProcesses({ onFatal }: { onFatal: (message: string) => void }) {
  const running = new Map<string, ChildProcess>();
  let stopping = false;

  function logFile(name: string): string {
    return path(new URL(`${name}.log`, files.logs));
  }

  /** The last lines that `name` wrote, for an error message. */
  function lastWords(name: string): string {
    const lines = readFileSync(logFile(name), "utf8").trimEnd().split("\n");
    return lines.slice(-15).join("\n");
  }

  function launch(service: Omit<Service, "restart">): ChildProcess {
    const log = createWriteStream(logFile(service.name), { flags: "a" });
    const child = spawn(service.command, service.args, {
      cwd: path(service.cwd ?? root),
      env: withOwn(process.env, service.environment ?? {}),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    running.set(service.name, child);
    return child;
  }

  /** Starts `service` and keeps it running until `stop`. */
  function start(service: Service): void {
    const child = launch(service);
    child.once("error", (error) => onFatal(`${service.name} could not be started: ${error.message}`));
    child.once("exit", async (code, signal) => {
      running.delete(service.name);
      if (stopping) return;
      const how = signal ? `was killed (${signal})` : `ended with code ${code}`;
      if (!service.restart) return onFatal(`${service.name} ${how}:\n${lastWords(service.name)}`);
      say(service.name, `${how}; starting it again (log: ${logFile(service.name)})`, { code, signal });
      await sleep(RESTART_DELAY_MS);
      if (stopping) return;
      start(service);
      say(service.name, `runs again (process ${pid(service.name)})`, { pid: pid(service.name) });
    });
  }

  /** Runs `service` to its end. @throws with its last words when it fails. */
  function run(service: Omit<Service, "restart">): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = launch(service);
      child.once("error", reject);
      child.once("exit", (code) => {
        running.delete(service.name);
        if (code === 0) resolve();
        else reject(new Error(`${service.name} ended with code ${code}:\n${lastWords(service.name)}`));
      });
    });
  }

  function signal(child: ChildProcess, name: NodeJS.Signals): void {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // The group is already gone.
    }
  }

  /** Stops every child: asks first, then kills what has not ended after five seconds. */
  async function stop(): Promise<void> {
    stopping = true;
    const children = [...running.values()];
    const ended = children.map(
      (child) =>
        new Promise<void>((resolve) =>
          child.exitCode !== null ? resolve() : child.once("exit", () => resolve()),
        ),
    );
    for (const child of children) signal(child, "SIGTERM");
    await Promise.race([Promise.all(ended), sleep(STOP_PATIENCE_MS)]);
    // Also after a clean end: a service's own children may have outlived it.
    for (const child of children) signal(child, "SIGKILL");
  }

  const pid = (name: string): number | undefined => running.get(name)?.pid;

  return { start, run, stop, pid };
}

/** Whether something listens on `port` of this machine. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Waits until `ready` holds. @throws after `seconds`, naming `what`. */
export async function waitFor(what: string, ready: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what} did not answer within ${seconds} s`);
    await sleep(100);
  }
}
