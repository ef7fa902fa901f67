import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { follow, StreamRefused, type Told } from "./follow.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let close = () => {};
afterEach(() => close());

/** A service that answers the first connection with the first of `answers`, and so on. */
async function serve(...answers: Answer[]) {
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers["last-event-id"] as string | undefined);
    response.writeHead(200, { "content-type": "text/event-stream" });
    answers[Math.min(heard.length, answers.length) - 1]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

async function take(count: number, told: AsyncIterable<Told>): Promise<Told[]> {
  const taken: Told[] = [];
  for await (const one of told) {
    taken.push(one);
    if (taken.length === count) break;
  }
  return taken;
}

test("goes on behind what was heard last, also behind an id without an event", async () => {
  const { url, heard } = await serve(
    (_, response) => {
      response.write('retry: 10\n\nid: 1\nevent: fills\ndata: {"a":1}\n\nid: 2\n\nid: 3\ndata: {"lo');
      setTimeout(() => response.destroy(), 20);
    },
    (_, response) => response.end('id: 3\nevent: fills\ndata: {"a":3}\n\n'),
    (_, response) => response.write(": heartbeat\n\nid: 4\ndata: 1\ndata: \n\n"),
  );
  const told = await take(3, follow(url));
  expect(heard).toEqual([undefined, "2", "3"]);
  expect(told).toEqual([
    { id: "1", event: "fills", data: { a: 1 } },
    { id: "3", event: "fills", data: { a: 3 } },
    { id: "4", event: "message", data: 1 },
  ]);
});

test("a service that says nothing any more is left", async () => {
  const { url } = await serve(
    (_, response) => response.write("retry: 10\n\n"),
    (_, response) => response.write("id: 1\ndata: 1\n\n"),
  );
  const reasons: unknown[] = [];
  const told = follow(url, { silence: 50, lost: (reason) => reasons.push(reason) });
  expect(await take(1, told)).toHaveLength(1);
  expect(String(reasons[0])).toContain("nothing was heard for 50 ms");
});

test("a question that is refused is not asked again", async () => {
  const { url, heard } = await serve((_, response) => {
    response.end();
  });
  close();
  const server = createServer((_, response) => {
    heard.push("asked");
    response.writeHead(400).end("topics must be …");
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), "127.0.0.1", resolve));
  close = () => void server.close();
  await expect(take(1, follow(url))).rejects.toThrow(StreamRefused);
  expect(heard).toEqual(["asked"]);
});

test("ends when it is told to", async () => {
  const { url } = await serve((_, response) => response.write("id: 1\ndata: 1\n\n"));
  const ending = new AbortController();
  const taken: Told[] = [];
  for await (const one of follow(url, { signal: ending.signal })) {
    taken.push(one);
    ending.abort();
  }
  expect(taken).toHaveLength(1);
});
