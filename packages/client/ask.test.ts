import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, indexAt, oracleAt, Refused } from "./ask.ts";

const asked: IncomingMessage[] = [];
const errors = [{ field: "amount", message: "must be above 0, or energyAmount" }];
const server = createServer((request, response) => {
  asked.push(request);
  const isWrong = request.url!.endsWith("/withdraw");
  response.writeHead(isWrong ? 400 : 200, {
    "content-type": isWrong ? "application/problem+json" : "application/json",
  });
  response.end(JSON.stringify(isWrong ? { title: "Invalid request", detail: "amount …", errors } : {}));
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

test("a program's key goes with each request, and with none without one", async () => {
  const path = { meterId: "home-01" };
  await answerOf(
    oracleAt(url, { key: "enerlink_x" }).GET("/api/v1/device/readings/{meterId}", { params: { path } }),
  );
  await answerOf(oracleAt(url).GET("/api/v1/auth/me"));
  await answerOf(indexAt(url, { key: "enerlink_x" }).GET("/api/v1/time"));
  expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["/api/v1/device/readings/home-01", "Bearer enerlink_x"],
    ["/api/v1/auth/me", undefined],
    ["/api/v1/time", "Bearer enerlink_x"],
  ]);
});

test("what is refused says each field", async () => {
  const from = `0x${"11".repeat(20)}`;
  const refused = await answerOf(indexAt(url).POST("/api/v1/trading/withdraw", { body: { from } })).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({ status: 400, title: "Invalid request", message: "amount …", errors });
});
