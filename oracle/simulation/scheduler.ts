/**
 * Time that goes on by itself: what is to happen waits in order, one thing happens after another, and everything that
 * follows from it at once has been done before the next. Each belongs to a process; those of one that was killed never
 * happen.
 */

/** A run of a program, until it is killed or stops. */
export type Process = {
  name: string;
  alive: boolean;
  /** By how much its clock is ahead, milliseconds. */
  clockOffset: number;
};

type Due = { at: number; order: number; owner: Process | undefined; work: () => unknown };

export type Scheduler = ReturnType<typeof makeScheduler>;

const isBefore = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A heap: the first is always the earliest. */
function makeQueue() {
  const heap: Due[] = [];
  return {
    push(one: Due): void {
      let place = heap.push(one) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(one, heap[parent]!)) break;
        heap[place] = heap[parent]!;
        place = parent;
      }
      heap[place] = one;
    },
    first: () => heap[0],
    pop(): Due | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last || heap.length === 0) return first;
      let place = 0;
      for (;;) {
        let child = 2 * place + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (!isBefore(heap[child]!, last)) break;
        heap[place] = heap[child]!;
        place = child;
      }
      heap[place] = last;
      return first;
    },
  };
}

/**
 * Everything that promises have led to by now: Node.js goes to its next tick once no promise has anything left to do. A
 * turn of the event loop, which would be the same, takes twice as long as most of what happens in a life.
 */
const settled = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** @param start Milliseconds since 1970 */
export function makeScheduler(start: number) {
  const queue = makeQueue();
  let now = start;
  let order = 0;
  let current: Process | undefined;

  /** Has `work` done in `delay` milliseconds, on behalf of `owner`: whoever asks for it, a process, or the world. */
  function after(delay: number, work: () => unknown, owner: Process | "world" = current ?? "world"): void {
    queue.push({
      at: now + Math.max(0, delay),
      order: order++,
      owner: owner === "world" ? undefined : owner,
      work,
    });
  }

  return {
    now: () => now,
    /** Whose turn it is; undefined: the world's. */
    current: () => current,
    after,
    /** Goes on until `end`; `step` is called after everything that happened. */
    run: async (end: number, step: () => void): Promise<void> => {
      for (let due = queue.first(); due && due.at <= end; due = queue.first()) {
        queue.pop();
        if (due.owner && !due.owner.alive) continue;
        now = due.at;
        current = due.owner;
        due.work();
        await settled();
        current = undefined;
        step();
      }
      now = end;
    },
  };
}
