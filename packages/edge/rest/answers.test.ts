import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodingFor, wholeAnswers } from "./answers.ts";
import { answerStream } from "./stream.ts";

const long = { rows: Array.from({ length: 300 }, (_, number) => ({ number, word: "energy" })) };
let server: ServerType;
let port: number;

beforeAll(async () => {
  const app = new Hono();
  app.use(wholeAnswers("no-cache"));
  app.get("/long", (context) => context.json(long));
  app.get("/short", (context) => context.json({ short: true }));
  app.get("/file", (context) => context.body("x", 200, { "cache-control": "max-age=60" }));
  app.get("/wrong", (context) => context.json(long, 400));
  app.get("/none", (context) => context.body(null, 204));
  app.get("/stream", (context) =>
    answerStream(
      context,
      async function* () {
        yield { id: "1", event: "long", data: long };
      },
      () => {},
    ),
  );
  // As Ponder has it: an application within another.
  const outer = new Hono().route("/", app);
  server = serve({ fetch: outer.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** As it comes over the wire. */
async function ask(path: string, headers: Record<string, string> = {}, method = "GET") {
  const asked = request({ port, host: "127.0.0.1", path, headers, method }).end();
  const [answer] = await once(asked, "response");
  const chunks: Buffer[] = await answer.toArray();
  const body = Buffer.concat(chunks);
  return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body };
}

test("an answer is compressed for who takes it, and as long as it says", async () => {
  const whole = await ask("/long");
  expect(whole.headers["content-encoding"]).toBe(undefined);
  for (const [accepted, name, decode] of [
    ["gzip, br", "br", brotliDecompressSync],
    ["gzip", "gzip", gunzipSync],
    ["br;q=0, *;q=0.5", "gzip", gunzipSync],
  ] as const) {
    const { headers, body } = await ask("/long", { "accept-encoding": accepted });
    expect(headers).toMatchObject({ "content-encoding": name, "content-length": String(body.length) });
    expect(headers.vary).toContain("accept-encoding");
    expect(body.length).toBeLessThan(whole.body.length / 4);
    expect(decode(body)).toEqual(whole.body);
    expect(headers.etag).toBe(whole.headers.etag);
  }
  expect((await ask("/short", { "accept-encoding": "br" })).headers["content-encoding"]).toBe(undefined);
  expect((await ask("/wrong", { "accept-encoding": "br" })).headers).toMatchObject({
    "content-encoding": "br",
  });
});

test("who has an answer already is told so, and nothing else", async () => {
  const first = await ask("/long");
  expect(first.headers["cache-control"]).toBe("no-cache");
  const tag = first.headers.etag!;
  for (const known of [tag, `"other", ${tag}`, tag.slice(2), "*"]) {
    const { status, headers, body } = await ask("/long", { "if-none-match": known });
    expect([status, body.length, headers.etag, headers["content-length"]]).toEqual([304, 0, tag, undefined]);
  }
  expect((await ask("/long", { "if-none-match": '"other"' })).status).toBe(200);
  expect((await ask("/wrong", { "if-none-match": "*" })).status).toBe(400);
  expect((await ask("/file")).headers["cache-control"]).toBe("max-age=60");
});

test("HEAD says what GET would, without it", async () => {
  const whole = await ask("/long", { "accept-encoding": "br" });
  const { status, headers, body } = await ask("/long", { "accept-encoding": "br" }, "HEAD");
  expect([status, body.length]).toEqual([200, 0]);
  for (const name of ["etag", "content-encoding", "content-type"])
    expect(headers[name], name).toBe(whole.headers[name]);
});

test("a stream goes out as it comes, and nothing stays nothing", async () => {
  const { headers, body } = await ask("/stream", { "accept-encoding": "br" });
  expect([headers["content-encoding"], headers.etag]).toEqual([undefined, undefined]);
  expect(body.toString()).toContain("event: long");
  expect((await ask("/none")).status).toBe(204);
});

test("which encoding a client takes", () => {
  const named = (accepted?: string) => encodingFor(accepted)?.name;
  expect([named(), named(""), named("identity"), named("deflate")]).toEqual(Array(4).fill(undefined));
  expect([named("*"), named("gzip;q=1.0, *;q=0"), named("BR")]).toEqual(["br", "gzip", "br"]);
});
