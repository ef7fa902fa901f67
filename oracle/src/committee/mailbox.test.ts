import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeMailbox } from "./mailbox.ts";

let read: string[];
/** How long reading a member's message takes, milliseconds. */
let takes: Record<string, number>;
let mailbox: ReturnType<typeof makeMailbox<string>>;

beforeEach(() => {
  vi.useFakeTimers();
  read = [];
  takes = {};
  mailbox = makeMailbox<string>({
    read: async (sender, kind, payload) => {
      read.push(`${sender} ${kind} ${payload}`);
      if (takes[sender]) await new Promise((resolve) => setTimeout(resolve, takes[sender]));
    },
  });
});
afterEach(() => vi.useRealTimers());

const post = (sender: string, kind: string, text: string) => mailbox.post(sender, kind, Buffer.from(text));

test("of each kind of each member the newest is read", async () => {
  takes.a = 10;
  expect([post("a", "proposal", "1"), post("a", "proposal", "2"), post("a", "proposal", "3")]).toEqual([
    false,
    false,
    true,
  ]);
  post("a", "hello", "1");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(read).toEqual(["a proposal 1", "a proposal 3", "a hello 1"]);
});

test("one that says much takes a part of the time, and keeps nobody else waiting", async () => {
  takes = { flood: 100, other: 1 };
  const flood = setInterval(() => post("flood", "proposal", "x"), 1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(read.length).toBeLessThanOrEqual(4);
  read = [];
  post("other", "approval", "y");
  await vi.advanceTimersByTimeAsync(101);
  expect(read).toContain("other approval y");
  clearInterval(flood);
});

test("members are read in turn, however little time their messages take", async () => {
  post("a", "proposal", "1");
  for (const kind of ["hello", "approval"]) post("a", kind, "2");
  post("b", "proposal", "3");
  await vi.advanceTimersByTimeAsync(1_000);
  // The one that was read first has its turn once more; then it stands behind the other.
  expect(read).toEqual(["a proposal 1", "a hello 2", "b proposal 3", "a approval 2"]);
});

test("what is being read when it stops has been read", async () => {
  takes.a = 50;
  post("a", "proposal", "1");
  post("a", "hello", "1");
  let stopped = false;
  void mailbox.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(40);
  expect(stopped).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(stopped).toBe(true);
  post("a", "hello", "2");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(read).toEqual(["a proposal 1"]);
});
