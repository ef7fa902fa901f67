/** Keys of programs: what they raise, and what becomes of them where the node that knows them is away. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { World } from "./index.service.test.ts";

export const KEY = `enerlink_${"k".repeat(43)}`;
const ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

/** Stands for the oracle's node: it knows one key. */
export async function startHolders() {
  const asked: string[] = [];
  let isAway = false;
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace("Bearer ", "") ?? "";
    asked.push(`${request.method} ${request.url} ${key}`);
    response.writeHead(isAway ? 503 : key === KEY ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(key === KEY ? { address: ACCOUNT, name: "", roles: [], meters: [] } : {}));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    away: (now: boolean) => {
      isAway = now;
    },
    stop: () => new Promise((stopped) => server.close(stopped)),
  };
}

export const keys = (world: World) => () => {
  const ask = (client: string, authorization?: string) =>
    fetch(`${world.harness.url}/api/v1/health`, {
      headers: { "x-forwarded-for": client, ...(authorization ? { authorization } : {}) },
    });
  const statuses = (answers: Response[]) => [...new Set(answers.map(({ status }) => status))];

  test("raise what a client may ask to what its network may, and are asked about once", async () => {
    const without = await Promise.all(Array.from({ length: 1_000 }, () => ask("198.18.1.1")));
    expect(statuses(without).sort()).toEqual([200, 429]);
    expect(without[0]!.headers.get("ratelimit-limit")).toBe("100");
    const before = world.holders.asked.length;
    for (let round = 0; round < 7; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => ask("198.18.2.1", `Bearer ${KEY}`)),
      );
      expect(statuses(answers)).toEqual([200]);
      expect(answers.at(-1)!.headers.get("ratelimit-limit")).toBe("400");
    }
    expect(world.holders.asked.slice(before)).toEqual([`GET /api/v1/auth/me ${KEY}`]);
    // GraphQL is charged there too.
    const query = "{ fills(limit: 1000) { items { id } } }";
    const { status } = await fetch(`${world.harness.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ query }),
    });
    expect(status).toBe(200);
  });

  test("that open nothing are refused by name; what is no key of ours is let be", async () => {
    for (const wrong of [`Bearer enerlink_${"x".repeat(43)}`, "Bearer nonsense"]) {
      const answer = await ask("198.18.3.1", wrong);
      expect([answer.status, await answer.json()]).toMatchObject([
        401,
        { title: "Unknown key", errors: [{ field: "authorization" }] },
      ]);
    }
    // A gateway's own.
    expect((await ask("198.18.3.1", "Basic dXNlcjpwYXNz")).status).toBe(200);
    const preflight = await fetch(`${world.harness.url}/api/v1/health`, {
      method: "OPTIONS",
      headers: {
        origin: "https://page.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
  });

  test("a flood of made-up ones is its client's own loss", async () => {
    const before = world.holders.asked.length;
    const flood = await Promise.all(
      Array.from({ length: 300 }, (_, i) => ask("198.18.4.1", `Bearer enerlink_made-up-${i}`)),
    );
    expect(statuses(flood).sort()).toEqual([401, 429]);
    // Each of them costs as much as ten requests.
    expect(world.holders.asked.length - before).toBeLessThan(150);
    expect((await ask("198.18.5.1", `Bearer ${KEY}`)).status).toBe(200);
  });

  test("where nobody can be asked, one that was known counts on, and another as none", async () => {
    world.holders.away(true);
    const known = await ask("198.18.6.1", `Bearer ${KEY}`);
    expect([known.status, known.headers.get("ratelimit-limit")]).toEqual([200, "400"]);
    const other = await ask("198.18.6.2", `Bearer enerlink_${"y".repeat(43)}`);
    expect([other.status, other.headers.get("ratelimit-limit")]).toEqual([200, "100"]);
    world.holders.away(false);
    expect((await ask("198.18.6.2", `Bearer enerlink_${"y".repeat(43)}`)).status).toBe(401);
  });
};
