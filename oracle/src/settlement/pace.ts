/** When to settle: once every meter that is expected to report has, a moment after the first that did, one run after another. */

import { LARGEST_BATCH } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { Mirror } from "../chain/mirror.ts";
import { type Timer, time } from "../seams/time.ts";

/** Milliseconds until what could not be settled is looked at again. */
export const RETRY_AFTER = 1_000;
/** How long the list of meters that are expected to report may be out of date, milliseconds. */
const EXPECTED_AGE = 250;

type Expecting = {
  mirror: Pick<Mirror, "meters">;
  /** Whether a meter is alive, so that its window's end is worth a wait. */
  isExpected: (serial: string) => boolean;
};

/** Meters that settle and are alive. */
function makeExpected({ mirror, isExpected }: Expecting): () => ReadonlySet<string> {
  let at = Number.NEGATIVE_INFINITY;
  let serials = new Set<string>();
  return () => {
    if (time.elapsed() - at > EXPECTED_AGE) {
      const alive = mirror
        .meters()
        .filter((meter) => meter.settles && !meter.suspended && isExpected(meter.serial));
      at = time.elapsed();
      serials = new Set(alive.map(({ serial }) => serial));
    }
    return serials;
  };
}

export function makePace({
  settle,
  linger,
  log,
  ...expecting
}: Expecting & {
  /** Settles what waits. Resolves to the milliseconds after which it is worth another look, if it is by time alone. */
  settle: () => Promise<number | undefined>;
  /** Milliseconds. */
  linger: number;
  log: Log;
}) {
  const expectedSerials = makeExpected(expecting);
  const trouble = makeTrouble("settling", log);
  /** Meters whose windows were closed since the last run. */
  const closed = new Set<string>();
  let timer: Timer | undefined;
  let timerAt = 0;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  /** Flushes in `delay` milliseconds, or sooner. */
  function schedule(delay: number): void {
    const at = time.elapsed() + delay;
    if (stopped || (timer && timerAt <= at)) return;
    time.clear(timer);
    timerAt = at;
    timer = time.setTimeout(flush, delay);
  }

  async function run(): Promise<void> {
    try {
      const delay = await settle();
      if (delay !== undefined) schedule(delay);
      trouble.done();
    } catch (error) {
      trouble.failed(error);
      schedule(RETRY_AFTER);
    }
    running = undefined;
    if (again) flush();
  }

  /** Settles everything that waits; what is being settled first. */
  function flush(): void {
    time.clear(timer);
    timer = undefined;
    closed.clear();
    if (stopped) return;
    again = running !== undefined;
    running ??= run();
  }

  return {
    schedule,
    flush,
    /** A window of `serial` was closed and committed. */
    windowClosed: (serial: string): void => {
      closed.add(serial);
      const expected = expectedSerials();
      const everybody = closed.size >= expected.size && [...expected].every((one) => closed.has(one));
      if (everybody || closed.size >= LARGEST_BATCH) flush();
      else schedule(linger);
    },
    /** Resolves when nothing is being settled, and nothing will be. */
    stop: async (): Promise<void> => {
      stopped = true;
      time.clear(timer);
      await running;
    },
  };
}
