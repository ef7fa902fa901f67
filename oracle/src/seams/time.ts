/** The clock and the timers of this process, under the names that JavaScript has for them. */

export type Timer = NodeJS.Timeout;

export type Time = {
  /** Milliseconds since 1970, by a clock that may be set. */
  now: () => number;
  /** Milliseconds by a clock that nobody sets, from a beginning of its own: how long something takes or waits. */
  elapsed: () => number;
  setTimeout: (work: () => unknown, milliseconds: number) => Timer;
  setInterval: (work: () => unknown, milliseconds: number) => Timer;
  /** Both of what `setTimeout` and `setInterval` gave. */
  clear: (timer: Timer | undefined) => void;
  /** Resolves once everything that has arrived by now has been handed over. */
  turn: () => Promise<void>;
};

const machine: Time = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (work, milliseconds) => setTimeout(work, milliseconds),
  setInterval: (work, milliseconds) => setInterval(work, milliseconds),
  clear: (timer) => clearTimeout(timer),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

let inUse = machine;

export const time: Time = {
  now: () => inUse.now(),
  elapsed: () => inUse.elapsed(),
  setTimeout: (work, milliseconds) => inUse.setTimeout(work, milliseconds),
  setInterval: (work, milliseconds) => inUse.setInterval(work, milliseconds),
  clear: (timer) => inUse.clear(timer),
  turn: () => inUse.turn(),
};

/** For simulations: `other` is the time from now on; undefined: the machine's again. */
export const replaceTime = (other: Time | undefined): void => {
  inUse = other ?? machine;
};
