/**
 * The services as child processes: started with a log file each, restarted when they die, and stopped together.
 * Every child leads its own process group, so that stopping it stops whatever it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
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

/** The most that it waits for a process's last lines once it has ended, milliseconds: its own children may still write. */
const LAST_WORDS_MS = 1_000;

/**
 * Why a service ended, by what it wrote: the text of its last fatal line where it logs as services do, otherwise its last
 * lines.
 */
export function lastWordsOf(written: string): string {
  const lines = written.trimEnd().split("\n");
  const fatal = lines.findLast((line) => line.startsWith('{"level":"fatal"'));
  if (fatal === undefined) return lines.slice(-15).join("\n");
  try {
    return String((JSON.parse(fatal) as { msg: unknown }).msg);
  } catch {
    return fatal;
  }
}

/** `inherited` with a service's own settings; one that is inherited as a file would contradict its own. */
export function withOwn(inherited: NodeJS.ProcessEnv, own: Record<string, string>): NodeJS.ProcessEnv {
  const files = new Set(Object.keys(own).map((name) => `${name}_FILE`));
  const kept = Object.entries(inherited).filter(([name]) => !files.has(name));
  return { ...Object.fromEntries(kept), ...own };
}

export function makeProcesses({ onFatal }: { onFatal: (message: string) => void }) {
  const running = new Map<string, ChildProcess>();
  /** Those that have answered once; what ends before is not started again, since it would end again. */
  const answered = new Set<string>();
  /** When all that a process wrote is in its file. */
  const written = new WeakMap<ChildProcess, Promise<unknown>>();
  let stopping = false;

  function logFile(name: string): string {
    return path(new URL(`${name}.log`, files.logs));
  }

  /** Why `name` ended, for an error message. */
  async function lastWords(name: string, child: ChildProcess): Promise<string> {
    await Promise.race([written.get(child), sleep(LAST_WORDS_MS)]);
    return lastWordsOf(readFileSync(logFile(name), "utf8"));
  }

  function launch(service: Omit<Service, "restart">): ChildProcess {
    const log = createWriteStream(logFile(service.name), { flags: "a" });
    const child = spawn(service.command, service.args, {
      cwd: path(service.cwd ?? root),
      env: withOwn(process.env, service.environment ?? {}),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    child.once("close", () => log.end());
    written.set(child, once(log, "close"));
    running.set(service.name, child);
    return child;
  }

  /** Starts `service` and keeps it running until `stop`, once it has answered. */
  function start(service: Service): void {
    const child = launch(service);
    child.once("error", (error) => onFatal(`${service.name} could not be started: ${error.message}`));
    child.once("exit", async (code, signal) => {
      running.delete(service.name);
      if (stopping) return;
      const how = signal ? `was killed (${signal})` : `ended with code ${code}`;
      if (!service.restart || !answered.has(service.name)) {
        const when = service.restart ? " before it was ready" : "";
        return onFatal(`${service.name} ${how}${when}:\n${await lastWords(service.name, child)}`);
      }
      say(service.name, `${how}; starting it again (log: ${logFile(service.name)})`, { code, signal });
      await sleep(RESTART_DELAY_MS);
      if (stopping) return;
      start(service);
      say(service.name, `runs again (process ${pid(service.name)})`, { pid: pid(service.name) });
    });
  }

  /** Waits until the service `name` is ready. @throws after `seconds`; one that ends before is told to `onFatal`. */
  async function answers(name: string, ready: () => Promise<boolean>, seconds: number): Promise<void> {
    await waitFor(`The ${name}`, ready, seconds);
    answered.add(name);
  }

  /** Runs `service` to its end. @throws with its last words when it fails. */
  function run(service: Omit<Service, "restart">): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = launch(service);
      child.once("error", reject);
      child.once("exit", async (code) => {
        running.delete(service.name);
        if (code === 0) return resolve();
        const words = await lastWords(service.name, child);
        reject(new Error(`${service.name} ended with code ${code}:\n${words}`));
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

  return { start, answers, run, stop, pid };
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
