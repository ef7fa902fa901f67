import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeListening } from "./listening.ts";

/** A stream as a browser has it, of which the test says what becomes of it. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 0;
  constructor() {
    super();
    streams.push(this);
  }
  say(event: string, readyState = this.readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event(event));
  }
  close() {
    this.readyState = Stream.CLOSED;
  }
}

let streams: Stream[] = [];
const heard = vi.fn();
const changed = vi.fn();
const latest = () => streams.at(-1)!;

beforeEach(() => {
  streams = [];
  heard.mockClear();
  changed.mockClear();
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Stream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listening(least = () => 5_000) {
  const { listen, stop } = makeListening("https://index.example/stream", { heard, changed }, least);
  listen();
  return { listen, stop };
}

test("while nobody touches the page what changes is told as seldom as everything else is asked", () => {
  let least = 5_000;
  const { stop } = listening(() => least);
  latest().say("open", 1);
  latest().say("next");
  vi.advanceTimersByTime(0);
  least = 30_000;
  latest().say("next");
  vi.advanceTimersByTime(29_999);
  expect(changed).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(changed).toHaveBeenCalledTimes(2);
  stop();
});

test("what changes is told at once, and then every five seconds at most", () => {
  const { stop } = listening();
  latest().say("open", 1);
  expect(heard.mock.calls).toEqual([[true]]);
  vi.advanceTimersByTime(60_000);
  expect(changed).not.toHaveBeenCalled();
  for (let event = 0; event < 3; event++) latest().say("next");
  vi.advanceTimersByTime(0);
  expect(changed).toHaveBeenCalledTimes(1);
  latest().say("next");
  vi.advanceTimersByTime(4_999);
  expect(changed).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(changed).toHaveBeenCalledTimes(2);
  stop();
});

test("a stream that was refused is asked for again, and what was missed meanwhile is asked for", () => {
  const { listen, stop } = listening();
  latest().say("error", Stream.CLOSED);
  expect(heard.mock.calls).toEqual([[false]]);
  vi.advanceTimersByTime(4_999);
  expect(streams).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(streams).toHaveLength(2);
  expect(changed).not.toHaveBeenCalled();
  latest().say("open", 1);
  vi.advanceTimersByTime(0);
  expect(changed).toHaveBeenCalledTimes(1);
  // One connection, however often it is asked to listen.
  listen();
  expect(streams).toHaveLength(2);
  stop();
});

test("a stream that was cut off the browser opens again itself: what was missed is asked for", () => {
  const { stop } = listening();
  latest().say("open", 1);
  latest().say("error", 0);
  vi.advanceTimersByTime(60_000);
  expect(streams).toHaveLength(1);
  latest().say("open", 1);
  vi.advanceTimersByTime(0);
  expect(changed).toHaveBeenCalledTimes(1);
  expect(heard.mock.calls).toEqual([[true], [false], [true]]);
  stop();
});

test("once stopped it neither tells nor tries, and begun anew it makes good what it missed", () => {
  const { listen, stop } = listening();
  latest().say("error", Stream.CLOSED);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(streams).toHaveLength(1);
  expect(changed).not.toHaveBeenCalled();
  expect(heard).toHaveBeenLastCalledWith(false);
  listen();
  latest().say("open", 1);
  vi.advanceTimersByTime(0);
  expect(changed).toHaveBeenCalledTimes(1);
  stop();
});
