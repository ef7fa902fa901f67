import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf, OracleProblem, oracleAt } from "./client.ts";

type Asked = { method: string; url: string; type: string | undefined; body: string };
const asked: Asked[] = [];
const answers: Record<string, [status: number, type: string, body: string]> = {
  "/api/v1/auth/me": [200, "application/json", '{"address":null,"name":"","roles":[],"meters":[]}'],
  "/api/v1/device/status/nobody": [
    404,
    "application/problem+json",
    '{"type":"about:blank","title":"Unknown meter","status":404,"detail":"meterId nobody is not in the registry","errors":[]}',
  ],
  "/api/v1/alerts?limit=50": [502, "text/html", "<html>a proxy's page</html>"],
};
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url = "", headers } = request;
    asked.push({ method, url, type: headers["content-type"], body });
    const [status, type, text] = answers[url] ?? [202, "application/json", '{"status":"pending"}'];
    response.writeHead(status, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe("what the oracle answers", () => {
  test("is the answer, asked for as its document says", async () => {
    expect((await answerOf(oracleAt(url).GET("/api/v1/auth/me"))).address).toBeNull();
    const path = { meterId: "home-01" };
    const settled = await answerOf(
      oracleAt(url).POST("/api/v1/energy/settle/{meterId}", { params: { path } }),
    );
    expect(settled.status).toBe("pending");
    await answerOf(
      oracleAt(`${url}/`).POST("/api/v1/device/command/{meterId}", {
        params: { path },
        body: { name: "grid", arguments: { mode: "off" } },
      }),
    );
    expect(asked.slice(1)).toEqual([
      { method: "POST", url: "/api/v1/energy/settle/home-01", type: undefined, body: "" },
      {
        method: "POST",
        url: "/api/v1/device/command/home-01",
        type: "application/json",
        body: '{"name":"grid","arguments":{"mode":"off"}}',
      },
    ]);
  });

  test("is a problem with its title and words where it refuses", async () => {
    const path = { meterId: "nobody" };
    const error = await answerOf(
      oracleAt(url).GET("/api/v1/device/status/{meterId}", { params: { path } }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OracleProblem);
    expect(error).toMatchObject({
      status: 404,
      title: "Unknown meter",
      message: "meterId nobody is not in the registry",
    });
  });

  test("is the status where somebody else answers in its place, and nothing where nobody does", async () => {
    const alerts = (oracleUrl: string) =>
      answerOf(oracleAt(oracleUrl).GET("/api/v1/alerts", { params: { query: { limit: 50 } } }));
    await expect(alerts(url)).rejects.toMatchObject({ status: 502, title: "HTTP", message: "HTTP 502" });
    await expect(alerts("http://127.0.0.1:1")).rejects.toThrow(TypeError);
  });
});
