import { Hono } from "hono";
import { expect, test } from "vitest";
import { answerStream, type Sent } from "./stream.ts";

const told: Sent[] = [{ id: "1", event: "fills", data: { note: "two\nlines" } }, { id: "2" }];

async function textOf(tell: () => AsyncIterable<Sent>, failed: (error: unknown) => void = () => {}) {
  const app = new Hono().get("/", (context) => answerStream(context, tell, failed, 20));
  const response = await app.request("/");
  return { type: response.headers.get("content-type"), text: await response.text() };
}

test("each event with its id and its data in one line", async () => {
  const { type, text } = await textOf(async function* () {
    yield* told;
  });
  expect(type).toBe("text/event-stream; charset=utf-8");
  expect(text).toBe('retry: 2000\n\nevent: fills\nid: 1\ndata: {"note":"two\\nlines"}\n\nid: 2\n\n');
});

test("a sign of life while nothing happens, and nothing is lost meanwhile", async () => {
  let happen = () => {};
  const quiet = new Promise<void>((resolve) => {
    happen = resolve;
  });
  async function* tell() {
    await quiet;
    yield* told;
  }
  const app = new Hono().get("/", (context) => answerStream(context, tell, () => {}, 20));
  const { body } = await app.request("/");
  let text = "";
  for await (const part of body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.endsWith(": heartbeat\n\n: heartbeat\n\n")) happen();
  }
  expect(text).toMatch(/^retry: 2000\n\n(: heartbeat\n\n){2,}event: fills\nid: 1\n/);
  expect(text).toMatch(/id: 2\n\n$/);
});

test("a failure ends the answer and is told", async () => {
  const failures: unknown[] = [];
  const { text } = await textOf(
    async function* () {
      yield told[0]!;
      throw new Error("no database");
    },
    (error) => failures.push(error),
  );
  expect(text).toContain("id: 1");
  expect(failures).toEqual([new Error("no database")]);
});

test("who goes is not told any more, which is no failure", async () => {
  const failures: unknown[] = [];
  let end = () => {};
  const app = new Hono().get("/", (context) =>
    answerStream(
      context,
      async function* (gone) {
        try {
          yield told[0]!;
          await new Promise<void>((resolve) => {
            gone.addEventListener("abort", () => resolve());
          });
        } finally {
          end();
        }
      },
      (error) => failures.push(error),
    ),
  );
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { body } = await app.request("/");
  const reader = body!.getReader();
  for (let part = 0; part < 2; part++) await reader.read();
  await reader.cancel();
  await ended;
  await new Promise(setImmediate);
  expect(failures).toEqual([]);
});
