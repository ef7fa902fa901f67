/**
 * Who is served next: a few requests at a time, of each client fewer, and of those that wait one of each client in turn.
 * However many one client sends, another waits for a few of them and no more.
 */

type Options = {
  /** Requests that are worked on at once. */
  most: number;
  /** Of one client. */
  mostOfOne: number;
  /** That one client may have waiting. */
  mostWaiting: number;
};

export type Turns = ReturnType<typeof makeTurns>;

export function makeTurns({ most, mostOfOne, mostWaiting }: Options) {
  const working = new Map<string, number>();
  let all = 0;
  /** Of each client what waits, the client served longest ago first. */
  const waiting = new Map<string, (() => void)[]>();

  const isFree = (client: string) => all < most && (working.get(client) ?? 0) < mostOfOne;

  function begin(client: string): void {
    working.set(client, (working.get(client) ?? 0) + 1);
    all++;
  }

  function end(client: string): void {
    const left = working.get(client)! - 1;
    if (left > 0) working.set(client, left);
    else working.delete(client);
    all--;
    next();
  }

  function next(): void {
    for (const [client, queue] of waiting) {
      if (all >= most) return;
      if (!isFree(client)) continue;
      begin(client);
      queue.shift()!();
      waiting.delete(client);
      if (queue.length > 0) waiting.set(client, queue);
    }
  }

  /** @returns when it is the request's turn, what to call when it is over; undefined when too many wait already */
  async function take(client: string): Promise<(() => void) | undefined> {
    if (isFree(client)) begin(client);
    else {
      const queue = waiting.get(client) ?? [];
      if (queue.length >= mostWaiting) return undefined;
      waiting.set(client, queue);
      await new Promise<void>((turn) => queue.push(turn));
    }
    let over = false;
    return () => {
      if (!over) end(client);
      over = true;
    };
  }

  return { take };
}
