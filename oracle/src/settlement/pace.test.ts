import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { log, signing } from "../../testing/meter-world.ts";
import type { Meter } from "../chain/mirror.ts";
import { makePace, RETRY_AFTER } from "./pace.ts";

/** Milliseconds for which windows that close together are waited for. */
const LINGER = 500;

let meters: Meter[];
let alive: string[];
/** The ends of the runs that are under way. */
let ends: (() => void)[];
/** How often all that waits was settled. */
let runs: number;
/** What a run ends with: in how many milliseconds there is more. */
let next: number | undefined;
let broken: boolean;
let pace: ReturnType<typeof makePace>;

beforeEach(() => {
  vi.useFakeTimers();
  meters = ["home-1", "home-2"].map((serial) => ({ ...signing, serial }));
  [alive, ends, runs, next, broken] = [["home-1", "home-2"], [], 0, undefined, false];
  pace = makePace({
    settle: async () => {
      runs++;
      await new Promise<void>((resolve) => ends.push(resolve));
      if (broken) throw new Error("the node does not answer");
      return next;
    },
    ...{ linger: LINGER, log: { ...log, warn: () => {}, info: () => {} } as never },
    mirror: { meters: () => meters },
    isExpected: (serial) => alive.includes(serial),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The run that is under way comes to its end. */
async function end(): Promise<void> {
  ends.shift()!();
  await vi.advanceTimersByTimeAsync(0);
}

test("windows that close together are settled together: the others are waited for, a moment", async () => {
  pace.windowClosed("home-1");
  await vi.advanceTimersByTimeAsync(LINGER - 1);
  expect(runs).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(1);
});

test("who is expected is looked up anew when the clock was put back", async () => {
  pace.windowClosed("home-1");
  pace.windowClosed("home-2");
  await end();
  vi.setSystemTime(Date.now() - 3_600_000);
  alive = ["home-1"];
  await vi.advanceTimersByTimeAsync(300);
  pace.windowClosed("home-1");
  expect(runs).toBe(2);
});

test("what is due sooner is done sooner when the clock was put forward", async () => {
  pace.schedule(60_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  pace.schedule(RETRY_AFTER);
  await vi.advanceTimersByTimeAsync(RETRY_AFTER);
  expect(runs).toBe(1);
});

test("once everybody who is expected has reported, nobody is waited for", async () => {
  pace.windowClosed("home-1");
  pace.windowClosed("home-2");
  expect(runs).toBe(1);
  await end();
  // Who is silent, suspended, or does not settle is not expected.
  alive = ["home-1"];
  await vi.advanceTimersByTimeAsync(1_000);
  pace.windowClosed("home-1");
  expect(runs).toBe(2);
  await end();
  alive = ["home-1", "home-2"];
  for (const others of [{ suspended: true }, { settles: false }]) {
    meters = [meters[0]!, { ...meters[1]!, ...others }];
    await vi.advanceTimersByTimeAsync(1_000);
    pace.windowClosed("home-1");
    await end();
  }
  expect(runs).toBe(4);
});

test("what comes while all is being settled is settled after it, once", async () => {
  pace.flush();
  pace.flush();
  pace.flush();
  expect(runs).toBe(1);
  await end();
  expect(runs).toBe(2);
  await end();
  expect(runs).toBe(2);
});

test("what is worth another look by time alone gets it then, and what failed a second later", async () => {
  next = 5_000;
  pace.flush();
  await end();
  await vi.advanceTimersByTimeAsync(4_999);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  broken = true;
  await end();
  await vi.advanceTimersByTimeAsync(RETRY_AFTER);
  expect(runs).toBe(3);
});

test("once it is stopped, nothing is settled any more", async () => {
  pace.windowClosed("home-1");
  await pace.stop();
  await vi.advanceTimersByTimeAsync(LINGER);
  pace.flush();
  expect(runs).toBe(0);
});
