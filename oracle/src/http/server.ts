/** Starts the thread that answers over HTTP, tells it what is new, does what it asks for, and starts it again if it ends. */
import { Worker } from "node:worker_threads";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import type { Address } from "viem";
import { type Timer, time } from "../seams/time.ts";
import type { Acts } from "./acts.ts";
import type { ApiSettings } from "./api.ts";
import { type Answer, answerCall, type Call } from "./calls.ts";
import { makeNews, type News, type Source } from "./replica.ts";

export type ServerSettings = ApiSettings & {
  domain: ReadingDomain;
  dataDir: string;
  rpcUrls: readonly string[];
  operators: readonly Address[];
  /** The node's own address; that of its port on this machine unless given. */
  publicUrl: string | undefined;
  host: string | undefined;
  port: number;
  settlementInterval: number;
};
export type ThreadSettings = ServerSettings & { acts: (keyof Acts)[] };

type Listening = { address: string; port: number };
export type ToThread = { news?: News; answer?: Answer };
export type FromThread = {
  call?: Call;
  taken?: true;
  listening?: Listening;
  failed?: string;
  unexpected?: { error: unknown; request: string };
};

/** Milliseconds until a thread that has ended is started again. */
const PAUSE = 1_000;
/** What requests may take, MB: a thread that needs more ends, and the node goes on. */
const MEMORY = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 };

export type Server = Awaited<ReturnType<typeof startServer>>;

/** @throws when it cannot listen, naming the setting. */
export async function startServer(
  settings: ServerSettings,
  { mirror, presence, events, acts, log }: Source & { acts: Acts; log: Log },
) {
  let stopped = false;
  let worker: Worker;
  let news: ReturnType<typeof makeNews> | undefined;
  let again: Timer | undefined;

  /** @param port where to listen; a thread that is started again listens where the first did */
  function start(port: number): Promise<Listening> {
    const workerData: ThreadSettings = { ...settings, port, acts: Object.keys(acts) as (keyof Acts)[] };
    const thread = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      resourceLimits: MEMORY,
      // The node's own limits are not the thread's.
      execArgv: [],
    });
    worker = thread;
    const send = (message: ToThread) => thread.postMessage(message);
    news = makeNews({ mirror, presence }, (news) => send({ news }));
    return new Promise((resolve, reject) => {
      thread.on("message", ({ call, taken, listening, failed, unexpected }: FromThread) => {
        if (unexpected) log.error({ err: unexpected.error }, unexpected.request);
        if (call) void answerCall(acts, call).then((answer) => send({ answer }));
        if (taken) news?.taken();
        if (listening) resolve(listening);
        if (failed !== undefined) reject(new Error(failed));
      });
      thread.on("error", (error) => log.error({ err: error }, "the thread that answers has failed"));
      thread.on("exit", () => {
        reject(new Error("the thread that answers over HTTP has ended"));
        if (worker !== thread || stopped || !started) return;
        news = undefined;
        log.warn("starting the thread that answers again");
        restart();
      });
    });
  }

  function restart(): void {
    again = time.setTimeout(() => {
      start(started!.port).catch((error) => {
        log.error({ err: error }, "the thread that answers does not start");
        void worker.terminate();
      });
    }, PAUSE);
  }

  let started: Listening | undefined;
  mirror.onMeter((meter) => news?.meter(meter));
  presence.onChange((serial) => news?.alive(serial));
  const unsubscribe = events.subscribe((message) => news?.message(message));
  async function stop(): Promise<void> {
    stopped = true;
    time.clear(again);
    unsubscribe();
    await worker.terminate();
  }
  try {
    started = await start(settings.port);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...started,
    stop,
    /** Ends the thread, as when it has used up its memory. */
    end: () => worker.terminate(),
  };
}
