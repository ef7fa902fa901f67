/** A program that listens to the stream by its rules, and what it has by then. */
import { follow, type Told } from "@enerlink/client";
import type { Answer } from "./chain.ts";

export type Listener = ReturnType<typeof listen>;

/** @param query of the stream */
export function listen(url: string, query: string, after?: string) {
  const ending = new AbortController();
  let told: Told[] = [];
  let voided = 0;
  let ready = 0;
  const losses: unknown[] = [];
  /** Events that came twice, or before an earlier one. */
  const disorder: string[] = [];
  let place: [bigint, bigint] = [-1n, -1n];

  function take(one: Told): void {
    const data = one.data as Answer;
    if (one.event === "ready") ready++;
    else if (one.event === "reorganised") {
      voided++;
      const last = BigInt(data.afterBlock);
      told = told.filter(({ data }) => BigInt((data as Answer).block) <= last);
      if (place[0] > last) place = [last, 2n ** 64n];
    } else {
      const [at, log] = one.id.split("-", 2).map(BigInt) as [bigint, bigint];
      if (at < place[0] || (at === place[0] && log <= place[1])) disorder.push(one.id);
      place = [at, log];
      told.push(one);
    }
  }
  const done = (async () => {
    const options = { after, signal: ending.signal, lost: (reason: unknown) => void losses.push(reason) };
    for await (const one of follow(`${url}/api/v1/stream?${query}`, options)) take(one);
  })();
  /** Why it listens no more. */
  let failure: { error: unknown } | undefined;
  const ended = done.catch((error) => {
    failure = { error };
  });

  /** @throws where it listens no more: whoever asks would wait in vain */
  function heard(topic?: string): Told[] {
    if (failure) throw failure.error;
    return topic === undefined ? told : told.filter(({ event }) => event === topic);
  }

  return {
    told: () => heard(),
    items: (topic: string): Answer[] => heard(topic).map(({ data }) => (data as Answer).item),
    events: (topic: string): string[] => heard(topic).map(({ data }) => (data as Answer).event),
    /** Gives it what it had heard before. */
    begin: (before: readonly Told[]) => {
      told = [...before, ...told];
    },
    /** How often the chain changed its mind, the connection was lost, and all was told. */
    counts: () => {
      heard();
      return { voided, losses: losses.length, ready };
    },
    disorder: () => disorder,
    stop: async () => {
      ending.abort();
      await ended;
      heard();
    },
  };
}
