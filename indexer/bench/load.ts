/** Clients that each ask one question a second, and how long they wait. */
import type { Question } from "./queries.ts";

/** The `share` quantile of `times`. */
export const quantile = (times: number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;

/** @returns milliseconds until the whole answer is there @throws when it is an error */
export async function ask(
  url: string,
  { query, variables }: Omit<Question, "name">,
  client = 0,
): Promise<number> {
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

/** `clients` ask the questions in turn for `seconds`. @returns the waiting times of each question, ms */
export async function load(
  url: string,
  questions: (client: number) => Question[],
  clients: number,
  seconds: number,
) {
  const times = new Map<string, number[]>();
  const end = performance.now() + seconds * 1_000;
  const one = async (client: number) => {
    await sleep((client * 1_000) / clients);
    const own = questions(client);
    for (let turn = client; performance.now() < end; turn++) {
      const question = own[turn % own.length]!;
      const took = await ask(url, question, client);
      times.set(question.name, [...(times.get(question.name) ?? []), took]);
      await sleep(Math.max(0, 1_000 - took));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return times;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
