import { makeLog } from "@enerlink/service/log";
import { afterEach, expect, test, vi } from "vitest";
import { type WebSocket as Client, WebSocketServer } from "ws";
import { makeBell } from "./bell.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
  vi.useRealTimers();
});

const BLOCK = JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { result: {} } });

/** A node of which each client gets `answer` to what it asks for. */
async function node(answer: string) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  undo.push(() => server.close());
  const asked: unknown[] = [];
  const clients: Client[] = [];
  server.on("connection", (client) => {
    clients.push(client);
    client.on("message", (text) => {
      asked.push(JSON.parse(String(text)));
      client.send(answer);
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}`, asked, clients };
}

function bellAt(url: string) {
  const bell = makeBell({ url, log: makeLog({ level: "silent" }) });
  undo.push(bell.stop);
  let heard = 0;
  bell.start(() => heard++);
  return { bell, heard: () => heard };
}

/** Waits without the clock. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 10_000 && !holds(); tries++)
    await new Promise((resolve) => setImmediate(resolve));
  expect(holds()).toBe(true);
}

test("rings once the node has taken the subscription, and for each block", async () => {
  const { url, asked, clients } = await node('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  const { bell, heard } = bellAt(url);
  expect(bell.rings()).toBe(false);
  await vi.waitFor(() => expect(bell.rings()).toBe(true));
  expect(asked).toMatchObject([{ method: "eth_subscribe", params: ["newHeads"] }]);
  expect(heard()).toBe(1);
  clients[0]!.send(BLOCK);
  await vi.waitFor(() => expect(heard()).toBe(2));
});

test.each([
  ["that tells of no blocks", '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}'],
  ["that speaks another language", "hello"],
])("a node %s is no bell", async (_, answer) => {
  const { url, clients } = await node(answer);
  const { bell, heard } = bellAt(url);
  await vi.waitFor(() => expect(heard()).toBe(1));
  expect(bell.rings()).toBe(false);
  await vi.waitFor(() => expect(clients[0]!.readyState).toBe(clients[0]!.CLOSED));
});

test("a connection that ends is a reason to look, and is made again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { url, clients } = await node('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  const { bell, heard } = bellAt(url);
  await until(bell.rings);
  clients[0]!.terminate();
  await until(() => !bell.rings());
  expect(heard()).toBe(2);
  vi.advanceTimersByTime(9_999);
  expect(clients).toHaveLength(1);
  vi.advanceTimersByTime(1);
  await until(bell.rings);
  expect(clients).toHaveLength(2);
});

test("a connection that tells of no blocks, though new ones are seen, is given up", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { url } = await node('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  const { bell } = bellAt(url);
  await until(bell.rings);
  bell.seen();
  vi.advanceTimersByTime(12_000);
  bell.seen();
  vi.advanceTimersByTime(10_000);
  bell.seen();
  expect(bell.rings()).toBe(true);
  vi.advanceTimersByTime(1);
  bell.seen();
  expect(bell.rings()).toBe(false);
});

test("a block that is seen a moment before it is told of is no reason to give it up, however seldom blocks come", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { url, clients } = await node('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  const { bell, heard } = bellAt(url);
  await until(bell.rings);
  bell.seen();
  for (let block = 1; block <= 3; block++) {
    vi.advanceTimersByTime(12_000);
    bell.seen();
    expect(bell.rings()).toBe(true);
    clients[0]!.send(BLOCK);
    await until(() => heard() === 1 + block);
  }
});
