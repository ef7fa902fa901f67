/** The index as a process of its own over a chain, and what its clients do. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PublicClient } from "viem";
import { freePorts } from "../../test/ports.ts";
import { type Answer, CHAIN_ID, until } from "./chain.ts";

const indexer = fileURLToPath(new URL("..", import.meta.url));
const PONDER = join(indexer, "node_modules/ponder/dist/esm/bin/ponder.js");

export type Index = Awaited<ReturnType<typeof makeIndex>>;

type Options = {
  chain: { rpcUrl: string; client: Pick<PublicClient, "getBlockNumber"> };
  /** Where it listens; a free one unless given. */
  port?: number;
  /** Where the Ponder program is; the index unless given. */
  folder?: string;
  /** Added to the program's settings. */
  environment?: Record<string, string>;
};

export async function makeIndex({
  chain,
  port: wished,
  folder = indexer,
  environment: always = {},
}: Options) {
  const port = wished ?? (await freePorts(1));
  const directory = await mkdtemp(join(tmpdir(), "enerlink-index-"));
  const url = `http://127.0.0.1:${port}`;
  let ponder: ChildProcess | undefined;
  let output = "";
  let schema = 1;
  const answered = new Set<string>();

  /** Starts the program; resolves when it answers HTTP, which is before it has read history. */
  async function spawnIndex(environment: Record<string, string> = {}, command = "start") {
    ponder = spawn(
      process.execPath,
      [
        folder === indexer ? join(indexer, "index.ts") : PONDER,
        command,
        ...["--schema", `enerlink_${schema}`, "--port", String(port), "--log-format", "json"],
      ],
      {
        cwd: folder,
        env: {
          ...process.env,
          RPC_URL: chain.rpcUrl,
          CHAIN_ID: String(CHAIN_ID),
          PORT: String(port),
          DATABASE_DIR: join(directory, "pglite"),
          POLLING_INTERVAL: "200",
          PONDER_TELEMETRY_DISABLED: "1",
          NODE_ENV: "development",
          ...always,
          ...environment,
        },
      },
    );
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    ponder.stdout!.on("data", keep);
    ponder.stderr!.on("data", keep);
    await untilHere("the index answers", () => answers("/health"));
  }

  /** Starts the program and waits until it has read history. */
  async function startIndex(environment: Record<string, string> = {}) {
    await spawnIndex(environment);
    await untilReady();
  }

  const untilReady = (seconds?: number) => untilHere("the index is ready", () => answers("/ready"), seconds);

  async function answers(path: string): Promise<boolean> {
    if (ponder!.exitCode !== null || ponder!.signalCode !== null)
      throw new Error(`The index stopped:\n${output.slice(-4_000)}`);
    return (await fetch(`${url}${path}`).catch(() => undefined))?.ok ?? false;
  }

  const untilHere = (what: string, condition: () => Promise<boolean>, seconds = 300) =>
    until(what, condition, seconds, () => output.slice(-4_000));

  /** Waits until the index has read the chain's latest block. */
  async function caughtUp() {
    const head = Number(await chain.client.getBlockNumber({ cacheTime: 0 }));
    await untilHere(`block ${head} is indexed`, async () => {
      const status = (await (await fetch(`${url}/status`)).json()) as {
        chain: { block: { number: number } };
      };
      return status.chain.block.number >= head;
    });
  }

  /** Asks REST below `/api/v1`. */
  async function rest(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; answer: Answer }> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    if (response.ok) answered.add(`${method} ${path.split("?")[0]}`);
    return { status: response.status, answer: await response.json() };
  }

  /**
   * Listens to a GraphQL subscription.
   * @returns what came so far, and a function that stops listening
   */
  async function subscribe(text: string): Promise<{ events: Answer[]; close: () => void }> {
    const abort = new AbortController();
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: text }),
      signal: abort.signal,
    });
    const events: Answer[] = [];
    const listen = async () => {
      let buffered = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        buffered += decoder.decode(chunk, { stream: true });
        const lines = buffered.split("\n");
        buffered = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith("data: {")) events.push(JSON.parse(line.slice(6)).data);
        }
      }
    };
    listen().catch(() => undefined);
    // The feed begins after its first look at what is already there.
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { events, close: () => abort.abort() };
  }

  /** Asks the GraphQL. @throws when it answers with errors */
  async function query(text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Answer; errors?: unknown[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Stops the index: SIGTERM as the local system does, or SIGKILL. @returns its exit code */
  async function stopIndex(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    if (!ponder || ponder.exitCode !== null || ponder.signalCode !== null) return ponder?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => ponder!.once("exit", resolve));
    ponder.kill(signal);
    return ended;
  }

  /** Lets the next start begin from nothing, as another version of the code does. */
  function forget() {
    schema++;
  }

  async function stop() {
    await stopIndex();
    await rm(directory, { recursive: true, force: true });
  }

  return {
    url,
    spawnIndex,
    startIndex,
    untilReady,
    caughtUp,
    until: untilHere,
    query,
    rest,
    /** Requests of REST that were answered with success. */
    answered: () => [...answered],
    subscribe,
    stopIndex,
    forget,
    stop,
    pid: () => ponder?.pid,
    output: () => output,
  };
}
