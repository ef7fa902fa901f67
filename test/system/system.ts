/** Starts the whole local system for a test, as a user would, on ports and in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Deployment } from "@enerlink/protocol/deployment";
import { freePorts } from "../ports.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Chain, broker, index, dApp and three oracle nodes. */
const PORTS = 7;

/** One message of `pnpm start --json`, with the facts that it may carry. */
export type Told = {
  part?: string;
  text?: string;
  pid?: number;
  signal?: string;
  done?: number;
  total?: number;
  leftAlone?: string;
  ready?: boolean;
  /** Of the recorded days: which way their energy went, Wh. */
  energy?: Record<"sharedWh" | "soldWh" | "boughtWh" | "onBookWh" | "withUtilityWh" | "byOffersWh", string>;
};

export type System = Awaited<ReturnType<typeof startSystem>>;

/** Ports from `firstPort` on, so that suites and a system that already runs here do not meet. */
function systemEnvironment(firstPort: number, folder: string): Record<string, string> {
  return {
    CHAIN_PORT: String(firstPort),
    MQTT_PORT: String(firstPort + 1),
    ORACLE_PORT: String(firstPort + 2),
    INDEXER_PORT: String(firstPort + 3),
    APP_PORT: String(firstPort + 4),
    ORACLE_PEER_PORT: String(firstPort + 5),
    ENERLINK_LOCAL_DIR: folder,
    DEPLOYMENTS_DIR: join(folder, "deployments"),
  };
}

/** Runs a pnpm script of the project to its end. */
export const runScript = (script: string, args: string[], environment: Record<string, string>) =>
  runToEnd("pnpm", ["run", script, ...args], environment);

/** Runs a command of `enerlink` to its end, as its script does, without a look at whether everything is compiled. */
export const runCommand = (args: string[], environment: Record<string, string>) =>
  runToEnd(process.execPath, ["cli/enerlink.ts", ...args], environment);

/**
 * Has a command of `enerlink` answer a program.
 * @returns what it answered, or `error` with its words where it did not
 */
export async function ask(args: string[], environment: Record<string, string>) {
  const { code, output } = await runCommand([...args, "--json"], environment);
  // biome-ignore lint/suspicious/noExplicitAny: what the tests are about.
  const answers: any[] = output.split("\n").flatMap(parsed);
  return { code, answer: answers.at(-1), output };
}

/**
 * What a command answered.
 * @throws with all that it said where it failed
 */
export async function done(asked: ReturnType<typeof ask>) {
  const { code, answer, output } = await asked;
  if (code !== 0) throw new Error(output);
  return answer;
}

/** What a line says to programs: nothing where it is for people. */
function parsed(line: string): unknown[] {
  if (!/^[{[]/.test(line)) return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

function runToEnd(command: string, args: string[], environment: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...environment } });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Resolves when all runs.
 * @param options.days Recorded days to replay, 1
 * @param options.seconds How long the start may take, 480
 * @param options.compiles Whether it is `pnpm start` itself, which compiles first: once at a time in a folder
 * @param options.onTold Sees every message, from the first one on
 * @throws with what was printed when the start fails
 */
export async function startSystem(options: {
  days?: number;
  seconds?: number;
  compiles?: boolean;
  environment?: Record<string, string>;
  onTold?: (message: Told) => void;
}) {
  const folder = await mkdtemp(join(tmpdir(), "enerlink-system-"));
  const environment = { ...systemEnvironment(await freePorts(PORTS), folder), ...options.environment };
  const seconds = options.seconds ?? 480;
  const args = ["start", "--json", "--days", String(options.days ?? 1)];
  const [command, ...before] = options.compiles ? ["pnpm"] : [process.execPath, "cli/enerlink.ts"];
  const env = { ...process.env, ...environment };
  const child = spawn(command!, [...before, ...args], { cwd: root, env, detached: true });
  let output = "";
  const told: Told[] = [];

  function stopped(process: ChildProcess): Promise<void> {
    return new Promise((resolve) =>
      process.exitCode !== null || process.signalCode !== null
        ? resolve()
        : process.once("exit", () => resolve()),
    );
  }

  /** Ctrl-C, as a terminal sends it: to the whole foreground group. */
  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGINT");
    await stopped(child);
    await rm(folder, { recursive: true, force: true });
  }

  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      void stop();
      reject(new Error(`not ready after ${seconds} s:\n${output}`));
    }, seconds * 1_000);
    child.stderr.on("data", (chunk) => (output += chunk));
    createInterface(child.stdout).on("line", (line) => {
      output += `${line}\n`;
      for (const message of parsed(line) as Told[]) {
        told.push(message);
        options.onTold?.(message);
        if (!message.ready) continue;
        clearTimeout(late);
        resolve();
      }
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`the start ended with code ${code}:\n${output}`));
    });
  });

  const url = (port: string) => `http://localhost:${port}`;
  const deployment = JSON.parse(await readFile(join(environment.DEPLOYMENTS_DIR!, "31337.json"), "utf8"));
  return {
    environment,
    folder,
    contracts: deployment.contracts as Deployment["contracts"],
    /** What `pnpm start` told so far. */
    told,
    rpcUrl: `http://127.0.0.1:${environment.CHAIN_PORT}`,
    mqttUrl: `mqtt://127.0.0.1:${environment.MQTT_PORT}`,
    oracleUrl: url(environment.ORACLE_PORT!),
    indexUrl: url(environment.INDEXER_PORT!),
    appUrl: url(environment.APP_PORT!),
    /** The dApp as it is handed out. */
    build: join(folder, "run/app"),
    brokerSecret: () => readFile(join(folder, "run/broker-secret"), "utf8"),
    stop,
  };
}
