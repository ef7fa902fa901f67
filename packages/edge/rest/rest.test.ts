/** A small service over the edge: what it refuses, what it says about itself, and who waits. */
import { z } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { answerProblem, Problem } from "../problem.ts";
import { makeTurns } from "../turns.ts";
import {
  addDocs,
  inTurn,
  makeRoute,
  makeRoutes,
  notFoundProblem,
  safeHeaders,
  smallBodies,
  tooMany,
} from "./index.ts";

const LARGEST = 200;
const unexpected: unknown[] = [];

function makeApp() {
  const app = makeRoutes();
  const turns = makeTurns({ most: 1, mostOfOne: 1, mostWaiting: 1 });
  const route = makeRoute({
    any: { 401: "Unknown" },
    writes: { 403: "Not from there" },
    signedIn: { 403: "Not by you" },
    some: { 404: "There is none", 422: "Not so" },
    more: { reason: z.string().optional() },
    headers: { "X-Thing": { description: "Which", schema: { type: "string" } } },
  });
  app.onError((error, context) => answerProblem(context, error, (one) => unexpected.push(one)) as never);
  app.use(safeHeaders(), smallBodies(LARGEST));
  app.use(
    "/slow",
    inTurn(() => ({ turns, client: "one" })),
  );
  const Thing = z.object({ id: z.string(), size: z.number() });
  const size = z.coerce.number({ error: "must be a number" }).optional();
  const sub = makeRoutes();
  sub.openapi(
    route("get", "/things/{id}", "Things", "One thing", Thing, {
      params: z.object({ id: z.string() }),
      query: z.object({ size }),
      signedIn: true,
      may: [404, 422],
    }),
    (context) => {
      const { id } = context.req.valid("param");
      if (id === "broken") throw new Error("a path: /home/me/secret.ts");
      if (id === "odd") throw new Problem(422, "Not so", "It is odd", [], { reason: "odd" });
      if (id === "busy") tooMany(context, 3);
      return context.json({ id, size: context.req.valid("query").size ?? 0 }, 200);
    },
  );
  sub.openapi(
    route("post", "/things", "Things", "A new thing", Thing, { body: Thing, may: [422] }, 201),
    (context) => context.json(context.req.valid("json"), 201),
  );
  sub.openapi(route("delete", "/things", "Things", "None", Thing), (context) =>
    context.json({ id: "", size: 0 }, 200),
  );
  sub.openapi(
    route("get", "/old", "Things", "As it was", Thing, {
      deprecated: { since: "2026-12-01T00:00:00Z", until: "2027-06-01T00:00:00Z" },
    }),
    (context) => context.json({ id: "old", size: 0 }, 200),
  );
  sub.openapi(
    route("get", "/others", "Things", "Others", Thing, {
      query: z.object({ size: size.openapi({ description: "Another size" }) }),
    }),
    (context) => context.json({ id: "other", size: 0 }, 200),
  );
  sub.openapi(
    route("get", "/first", "Things", "The first", Thing, { query: z.object({ size }) }),
    (context) => context.json({ id: "first", size: 0 }, 200),
  );
  sub.openapi(
    route("get", "/list", "Things", "All", z.object({ items: z.array(Thing) }), {
      query: z.object({ limit: z.string().default("50").transform(Number) }),
      list: true,
    }),
    (context) => context.json({ items: [] }, 200),
  );
  app.route("/api/v1", sub);
  app.get("/slow", async (context) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return context.text("done");
  });
  addDocs(app, { title: "Things", description: "All of them" });
  app.all("*", (context) => {
    throw notFoundProblem(app as never, context);
  });
  return app;
}
const app = makeApp();

// biome-ignore lint/suspicious/noExplicitAny: what the assertions below are about.
type Answer = { status: number; headers: Headers; body: any };
async function ask(method: string, path: string, body?: string, type = "application/json"): Promise<Answer> {
  const response = await app.request(path, {
    method,
    ...(body === undefined ? {} : { body, headers: { "content-type": type } }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

describe("a request", () => {
  test("that is as it must be is answered, with the status that is declared", async () => {
    expect(await ask("GET", "/api/v1/things/a?size=2")).toMatchObject({
      status: 200,
      body: { id: "a", size: 2 },
    });
    const thing = { id: "b", size: 3 };
    expect(await ask("POST", "/api/v1/things", JSON.stringify(thing))).toMatchObject({
      status: 201,
      body: thing,
    });
    expect((await ask("DELETE", "/api/v1/things", "{}")).status).toBe(200);
  });

  test.each<[string, string, string | undefined, object[]]>([
    [
      "GET",
      "/api/v1/things/a?color=red",
      undefined,
      [{ field: "color", message: "is not known here; allowed: size" }],
    ],
    ["GET", "/api/v1/things/a?size=1&size=2", undefined, [{ field: "size", message: "must be given once" }]],
    ["GET", "/api/v1/things/a?size=x", undefined, [{ field: "size", message: "must be a number" }]],
    [
      "POST",
      "/api/v1/things?dry=1",
      '{"id":"a","size":1}',
      [{ field: "dry", message: "is not known here; nothing is taken" }],
    ],
    [
      "POST",
      "/api/v1/things",
      '{"id":"a","size":1,"color":1}',
      [{ field: "color", message: "is not known here; allowed: id, size" }],
    ],
    ["POST", "/api/v1/things", '{"id":"a"}', [{ field: "size", message: expect.any(String) }]],
    [
      "POST",
      "/api/v1/things",
      undefined,
      [
        { field: "id", message: expect.any(String) },
        { field: "size", message: expect.any(String) },
      ],
    ],
    [
      "POST",
      "/api/v1/things",
      '{"id":"a","size":9007199254740993}',
      [{ field: "size", message: "has more digits than a JSON number keeps: send it as text" }],
    ],
    ["POST", "/api/v1/things", "{", [{ field: "body", message: "must be JSON" }]],
    ["POST", "/api/v1/things", "", [{ field: "body", message: "must be JSON" }]],
    ["POST", "/api/v1/things", "[]", [{ field: "body", message: "must be an object" }]],
    [
      "POST",
      "/api/v1/things",
      '{"id":7,"size":"1"}',
      [
        { field: "id", message: "must be text" },
        { field: "size", message: "must be a number" },
      ],
    ],
    [
      "POST",
      "/api/v1/things",
      '{"id":"a","size":1,"size":2}',
      [{ field: "size", message: "must be given once" }],
    ],
    [
      "DELETE",
      "/api/v1/things",
      '{"id":"a"}',
      [{ field: "id", message: "is not known here; nothing is taken" }],
    ],
    [
      "GET",
      "/api/docs?theme=dark",
      undefined,
      [{ field: "theme", message: "is not known here; nothing is taken" }],
    ],
  ])("%s %s %s is refused, naming the field", async (method, path, body, errors) => {
    const answer = await ask(method, path, body);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer).toMatchObject({
      status: 400,
      body: { type: "about:blank", title: "Invalid request", errors },
    });
  });

  test("in another form than JSON says what is needed, one that is too large what is allowed", async () => {
    const text = await ask("POST", "/api/v1/things", "id=a", "text/plain");
    expect(text).toMatchObject({
      status: 415,
      body: { errors: [{ field: "content-type", message: "must be application/json" }] },
    });
    const large = await ask("POST", "/api/v1/things", JSON.stringify({ id: "a".repeat(LARGEST), size: 1 }));
    expect(large).toMatchObject({
      status: 413,
      body: { errors: [{ field: "body", message: "must be at most 200 bytes" }] },
    });
  });

  test("for nothing that there is: 404, or 405 with what there is", async () => {
    for (const path of ["/nothing", "/api/docs/constructor", "/api/v1/things/a/b"])
      expect(await ask("GET", path)).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining("see /api/docs") },
      });
    const answer = await ask("PATCH", "/api/v1/things/a");
    expect([answer.status, answer.headers.get("allow"), answer.body.title]).toEqual([
      405,
      "GET, HEAD",
      "Method not allowed",
    ]);
    expect((await ask("PUT", "/api/v1/things")).headers.get("allow")).toBe("DELETE, POST");
  });

  test("that meets a fault of ours is told nothing of it, and somebody else is", async () => {
    const { status, body } = await ask("GET", "/api/v1/things/broken");
    expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining("secret")]);
    expect(unexpected).toEqual([expect.objectContaining({ message: "a path: /home/me/secret.ts" })]);
  });

  test("that is refused may be told more, and when to ask again", async () => {
    expect((await ask("GET", "/api/v1/things/odd")).body).toMatchObject({
      detail: "It is odd",
      reason: "odd",
    });
    const busy = await ask("GET", "/api/v1/things/busy");
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "3"]);
  });

  test("waits for its turn, while there is room to wait", async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask("GET", "/slow")));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429]);
  });

  test("of somebody who has left is not worked on", async () => {
    const signal = AbortSignal.abort();
    expect((await app.request(new Request("http://localhost/slow", { signal }))).status).toBe(408);
    expect((await ask("GET", "/slow")).status).toBe(200);
  });
});

test("the document says what is taken and answered, by unique names", async () => {
  const { body } = await ask("GET", "/api/openapi.json");
  const [one, post] = [body.paths["/api/v1/things/{id}"].get, body.paths["/api/v1/things"].post];
  expect([one.operationId, post.operationId]).toEqual(["getThingsById", "postThings"]);
  expect([one.security, post.security]).toEqual([[{ session: [] }], undefined]);
  // What cannot become of an operation is not said of it: another method's 405, a body's refusal where none is taken.
  const statuses = (path: string, method: string) =>
    Object.keys(body.paths[`/api/v1${path}`][method].responses).join(" ");
  expect(statuses("/things", "post")).toBe("201 400 401 403 413 415 422 429 500");
  expect(statuses("/things/{id}", "get")).toBe("200 304 400 401 403 404 422 429 500");
  expect(statuses("/others", "get")).toBe("200 304 400 401 429 500");
  expect(post.requestBody.content["application/json"].schema.additionalProperties).toBe(false);
  expect(body.components.schemas.Problem.properties).toHaveProperty("reason");
});

test("the document says once what routes refuse or take alike, and where each differs", async () => {
  const { body } = await ask("GET", "/api/openapi.json");
  const [one, post] = [body.paths["/api/v1/things/{id}"].get, body.paths["/api/v1/things"].post];
  expect(one.responses["400"]).toEqual({ $ref: "#/components/responses/BadRequest" });
  expect(post.responses["422"]).toEqual({ $ref: "#/components/responses/UnprocessableEntity" });
  expect(body.components.responses.BadRequest.content["application/problem+json"].schema).toEqual({
    $ref: "#/components/schemas/Problem",
  });
  expect(one.parameters).toContainEqual({ $ref: "#/components/parameters/size" });
  expect(body.components.parameters.size).toMatchObject({ name: "size", in: "query", required: false });
  // Of one name, and not the same: each stands where it is taken.
  const other = body.paths["/api/v1/others"].get.parameters;
  expect(other).toContainEqual(expect.objectContaining({ name: "size", description: "Another size" }));
  expect(other[0].schema).not.toHaveProperty("description");
  expect(post.responses["201"].content).toBeDefined();
});

test("the document says the headers of each answer, and what is where it is left out", async () => {
  const { body } = await ask("GET", "/api/openapi.json");
  const headers = (path: string, method: string, status: string) => {
    const one = body.paths[`/api/v1${path}`][method].responses[status];
    const response = one.$ref ? body.components.responses[one.$ref.split("/").at(-1)] : one;
    return Object.keys(response.headers ?? {});
  };
  expect(headers("/things/{id}", "get", "200")).toEqual(["X-Thing", "ETag", "Cache-Control"]);
  expect(headers("/things/{id}", "get", "304")).toEqual(["X-Thing", "ETag", "Cache-Control"]);
  expect(headers("/things", "post", "201")).toEqual(["X-Thing"]);
  expect(headers("/things", "post", "429")).toEqual(["X-Thing", "Retry-After"]);
  expect(headers("/old", "get", "200")).toEqual([
    "X-Thing",
    "Deprecation",
    "Sunset",
    "ETag",
    "Cache-Control",
  ]);
  expect(headers("/list", "get", "200")).toEqual([
    "X-Thing",
    "ETag",
    "Cache-Control",
    "Content-Disposition",
    "Link",
  ]);
  // Said once.
  expect(body.components.headers["Retry-After"].schema).toEqual({ type: "integer" });
  const [limit] = body.paths["/api/v1/list"].get.parameters;
  expect([limit.name, limit.schema.default]).toEqual(["limit", "50"]);
});

test("a route that will go says so with each answer, and in the document", async () => {
  for (const path of ["/api/v1/old", "/api/v1/old?unknown=1"]) {
    const { headers } = await ask("GET", path);
    expect([headers.get("deprecation"), headers.get("sunset")]).toEqual([
      "@1796083200",
      "Tue, 01 Jun 2027 00:00:00 GMT",
    ]);
  }
  const { body } = await ask("GET", "/api/openapi.json");
  expect(body.paths["/api/v1/old"].get.deprecated).toBe(true);
  expect(body.paths["/api/v1/things"].post.deprecated).toBe(undefined);
});

test("the page needs no other host, and may run nothing but its own scripts", async () => {
  const page = await ask("GET", "/api/docs");
  expect(page.body).not.toMatch(/https?:\/\//);
  expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
  for (const [, file] of page.body.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await ask("GET", file)).status).toBe(200);
  const { headers } = await ask("GET", "/api/v1/things/a");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});
