/**
 * Clients that each ask one question a second, and how long they wait. They run in a thread of their own: what the
 * benchmark does besides, such as sending transactions, must not count as waiting.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Question } from "./queries.ts";

type Load = {
  url: string;
  /** What each client asks, in turn. */
  questions: Question[][];
  seconds: number;
};

/** @returns the waiting times of each question, ms @throws when an answer is an error */
export const load = (options: Load) =>
  new Promise<Map<string, number[]>>((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: options });
    thread.once("message", resolve);
    thread.once("error", reject);
  });

/** The `share` quantile of `times`. */
export const quantile = (times: number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;

/** @returns milliseconds until the whole answer is there @throws when it is an error */
async function ask(url: string, { query, variables }: Question, client: number): Promise<number> {
  const began = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    // As behind a proxy: each client is limited on its own.
    headers: { "content-type": "application/json", "x-forwarded-for": `10.0.0.${client}` },
    body: JSON.stringify({ query, variables }),
  });
  const { errors } = (await response.json()) as { errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return performance.now() - began;
}

async function run({ url, questions, seconds }: Load) {
  const times = new Map(questions[0]!.map(({ name }) => [name, [] as number[]]));
  const end = performance.now() + seconds * 1_000;
  const one = async (own: Question[], client: number) => {
    await sleep((client * 1_000) / questions.length);
    for (let turn = client; performance.now() < end; turn++) {
      const question = own[turn % own.length]!;
      const took = await ask(url, question, client);
      times.get(question.name)!.push(took);
      await sleep(Math.max(0, 1_000 - took));
    }
  };
  await Promise.all(questions.map(one));
  return times;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (!isMainThread) parentPort!.postMessage(await run(workerData as Load));
