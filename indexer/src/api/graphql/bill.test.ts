import { expect, test } from "vitest";
import { settle } from "./bill.ts";

const bill = { client: "192.0.2.1", cost: 10 };

test("an answer goes out as it is, a stream as it comes", async () => {
  const answer = await settle(new Response('{"data":{}}', { status: 400, headers: { "x-own": "1" } }), bill);
  expect([answer.status, answer.headers.get("x-own"), await answer.text()]).toEqual([
    400,
    "1",
    '{"data":{}}',
  ]);
  const stream = new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
  expect(await settle(stream, bill)).toBe(stream);
});

test("an answer beyond four MiB becomes an error that says so", async () => {
  const large = new Response("ü".repeat(2 * 1_024 * 1_024 + 1), {
    headers: { "content-type": "application/json" },
  });
  const { errors } = await (await settle(large, bill)).json();
  expect(errors[0]).toEqual({
    message: "the answer must be at most 4194304 bytes, not 4194306: ask for fewer rows or fields",
    extensions: { code: "BAD_USER_INPUT" },
  });
});
