/** A small GraphQL service over the edge: what it refuses, what it charges, and what it tells of what went wrong. */
import { getIntrospectionQuery, parse } from "graphql/index.js";
import { createSchema } from "graphql-yoga";
import { beforeEach, describe, expect, test } from "vitest";
import { readBy } from "../../../test/loaded.ts";
import { invalid, Problem } from "../problem.ts";
import { MOST_OF_ONE, makeSeats } from "../seats.ts";
import { type Bill, costOf, isRepetitive, MOST_COST, makeFeed, makeGraphql, type Prices } from "./index.ts";

class Slow extends Error {}

const seats = makeSeats({ all: 100 });
const schema = createSchema<{ bill: Bill<string> }>({
  typeDefs: /* GraphQL */ `
    type Query {
      hello(name: String): String
      list(limit: Int!): [Item!]
      broken: String
      slow: String
      hidden(id: String): String
    }
    type Item { id: String text: String }
    type Subscription { ticks(from: Int!): Int }
  `,
  resolvers: {
    Query: {
      hello: (_, { name }, { bill }) => `hello ${name ?? bill.who}`,
      list: (_, { limit }) => {
        if (limit < 1) throw invalid([{ field: "limit", message: "must be 1 or more" }]);
        return Array.from({ length: limit }, (_, id) => ({
          id: String(id),
          text: "ü".repeat(limit === 7 ? 400_000 : 1),
        }));
      },
      broken: () => {
        throw new Error("SELECT secret FROM /home/me/code.ts");
      },
      slow: () => {
        throw new Slow("took longer than 5 s");
      },
      hidden: (_, { id }) => {
        if (id === undefined) throw new Problem(401, "Not signed in", "Sign in first");
        const statuses = new Map([
          ["mine", 403],
          ["later", 503],
        ] as const);
        throw new Problem(statuses.get(id) ?? 404, "No", `${id} is not for you`);
      },
    },
    Subscription: {
      ticks: {
        subscribe: (_, { from }, { bill }) => {
          if (from < 0) throw invalid([{ field: "from", message: "must be 0 or more" }]);
          return makeFeed<number>(seats, { room: "all", client: bill.who }, bill.cost, (tell) => {
            tell(from);
            return () => {};
          });
        },
        resolve: (tick: number) => tick,
      },
    },
  },
});
const prices: Prices = { work: () => 10, rows: (_, { limit }) => Number(limit ?? 1), row: () => 4 };

let charged: [string, number][];
let refunded: [string, number][];
let wait: number;
const failed: unknown[] = [];
const options = {
  schema,
  most: { tokens: 500, depth: 5, aliases: 5 },
  prices,
  till: {
    charge: (who: string, tokens: number) => {
      charged.push([who, tokens]);
      return wait;
    },
    refund: (who: string, tokens: number) => void refunded.push([who, tokens]),
  },
  asProblem: (error: unknown) =>
    error instanceof Slow ? new Problem(503, "Not answered", error.message) : error,
  failed: (error: unknown) => void failed.push(error),
};
const developers = makeGraphql<string>({
  ...options,
  page: { title: "Things", questions: async () => ["{ hello }"] },
  introspection: true,
});
const strangers = makeGraphql<string>({ ...options, page: false, introspection: false });

beforeEach(() => {
  charged = [];
  refunded = [];
  wait = 0;
});

const post = (query: string, accept = "application/json", who = "192.0.2.1", serve = developers) =>
  serve(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
    }),
    who,
  );
const ask = async (query: string) => (await post(query)).json();
const stream = "text/event-stream";

test("answers, with what the request brought in the context", async () => {
  expect(await ask("{ hello }")).toEqual({ data: { hello: "hello 192.0.2.1" } });
  expect(await ask("{ list(limit: 2) { id } }")).toEqual({ data: { list: [{ id: "0" }, { id: "1" }] } });
});

test("HEAD is answered as GET, and leaves no subscription behind", async () => {
  const head = (query: string, accept: string) => {
    const address = `http://localhost/graphql?query=${encodeURIComponent(query)}`;
    return developers(new Request(address, { method: "HEAD", headers: { accept } }), "192.0.2.9");
  };
  const answer = await head("{ hello }", "application/json");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    expect.stringContaining("application/json"),
  ]);
  for (let i = 0; i <= MOST_OF_ONE; i++) {
    const { status, body } = await head("subscription { ticks(from: 3) }", stream);
    expect([status, await body?.getReader().read()]).toEqual([200, { done: true, value: undefined }]);
  }
});

describe("an error", () => {
  test("of who asks is told with a code, and the field where there is one", async () => {
    const error = async (query: string) => (await ask(query)).errors[0];
    expect(await error("{ list(limit: 0) { id } }")).toMatchObject({
      message: "limit must be 1 or more",
      path: ["list"],
      extensions: { code: "BAD_USER_INPUT", field: "limit" },
    });
    expect(await error("{ slow }")).toMatchObject({
      message: "took longer than 5 s",
      extensions: { code: "SERVICE_UNAVAILABLE" },
    });
    expect((await error("{ hidden }")).extensions.code).toBe("UNAUTHENTICATED");
    expect((await error('{ hidden(id: "mine") }')).extensions.code).toBe("FORBIDDEN");
    expect((await error('{ hidden(id: "x") }')).extensions.code).toBe("NOT_FOUND");
    expect((await error('{ hidden(id: "later") }')).extensions.code).toBe("SERVICE_UNAVAILABLE");
    expect((await error("{ nothing }")).message).toContain("Cannot query field");
    const body = await (await post("subscription { ticks(from: -1) }", stream)).text();
    expect(body).toContain('"message":"from must be 0 or more"');
  });

  test("of who writes no JSON where it is needed is told as theirs", async () => {
    for (const name of ["variables", "extensions"]) {
      const given = `query=${encodeURIComponent("{ hello }")}&${name}=%7B`;
      for (const request of [
        new Request(`http://localhost/graphql?${given}`),
        new Request("http://localhost/graphql", {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: given,
        }),
      ]) {
        const answer = await developers(request, "192.0.2.1");
        expect([answer.status, await answer.json()]).toMatchObject([
          400,
          { errors: [{ message: "variables and extensions must be JSON" }] },
        ]);
      }
    }
    expect(failed).toEqual([]);
  });

  test("of who sends no question, or one that is no JSON, says what is needed", async () => {
    const send = async (headers: Record<string, string>, body?: string) => {
      const request = { method: "POST", headers, ...(body === undefined ? {} : { body }) };
      const answer = await developers(new Request("http://localhost/graphql", request), "192.0.2.1");
      return [answer.status, (await answer.json()).errors[0].message];
    };
    expect(await send({})).toEqual([400, expect.stringContaining("a question is needed")]);
    expect(await send({ "content-type": "application/json" }, "")).toEqual([400, expect.any(String)]);
    expect(await send({ "content-type": "text/csv" }, "hello")).toEqual([
      415,
      "content-type must be application/json, not text/csv",
    ]);
    expect(await send({ "content-type": "multipart/form-data; boundary=x" }, "hello")).toEqual([
      415,
      expect.stringContaining("not multipart/form-data"),
    ]);
    expect(failed).toEqual([]);
  });

  test("of who can be answered in no form is a problem with the header that says so", async () => {
    const of = async (headers: Record<string, string>, body: string) => {
      const request = new Request("http://localhost/graphql", { method: "POST", headers, body });
      const answer = await developers(request, "192.0.2.1");
      return [answer.headers.get("content-type"), await answer.json()];
    };
    const question = JSON.stringify({ query: "{ hello }" });
    for (const [status, field, headers] of [
      [406, "accept", { "content-type": "application/json", accept: "image/png" }],
      [415, "content-type", { "content-type": "text/plain" }],
    ] as const)
      expect(await of(headers, question)).toEqual([
        "application/problem+json",
        {
          type: "about:blank",
          title: expect.any(String),
          status,
          detail: expect.stringContaining(`${field} must `),
          errors: [{ field, message: expect.any(String), extensions: { code: expect.any(String) } }],
        },
      ]);
  });

  test("of ours is told to us alone, and spoils no other answer", async () => {
    const { data, errors } = await ask("{ hello broken }");
    expect([data, errors[0].path]).toEqual([{ hello: "hello 192.0.2.1", broken: null }, ["broken"]]);
    expect(JSON.stringify(errors)).not.toMatch(/secret|\.ts|stack/);
    expect(failed).toEqual([expect.objectContaining({ message: "SELECT secret FROM /home/me/code.ts" })]);
  });
});

describe("a question", () => {
  test.each([
    ["deep", `{ ${"a { ".repeat(7)} b ${"} ".repeat(7)} }`, "depth limit of 5"],
    [
      "many-named",
      `{ ${Array.from({ length: 6 }, (_, i) => `a${i}: hello`).join(" ")} }`,
      "Aliases limit of 5",
    ],
    ["long", `{ ${"hello ".repeat(501)} }`, "more that 500 tokens"],
    [
      "costly",
      "{ list(limit: 10000) { id text } }",
      "the query's cost must be at most 70000, not 260011: lower a limit",
    ],
    ["repetitive", `{ ${"hello ".repeat(201)} }`, "a field's name must be asked for at most 200 times"],
  ])("that is too %s is refused before it is worked on", async (_, query, message) => {
    const { data, errors } = await ask(query);
    expect([data ?? undefined, errors[0].message]).toEqual([undefined, expect.stringContaining(message)]);
  });

  test("is charged for what it may cost, and given back what it did not, but for a tenth", async () => {
    await ask("{ list(limit: 1000) { id } }");
    const cost = 11 + 1_000 * (4 + 11);
    expect(charged).toEqual([["192.0.2.1", cost / 1_000 - 1]]);
    expect(refunded).toEqual([["192.0.2.1", expect.closeTo((cost * 9) / 10_000)]]);
  });

  test("that was refused gives nothing back", async () => {
    wait = 1;
    for (const query of ["{ list(limit: 1000) { id } }", "{ list(limit: 10000) { id } }"]) await ask(query);
    expect(refunded.map(([, tokens]) => tokens)).toEqual([0, 0]);
  });

  test("that costs too much has cost its client what it took to find out", async () => {
    await ask("{ list(limit: 10000000) { id } }");
    expect(charged).toEqual([["192.0.2.1", MOST_COST / 10_000 - 1]]);
  });

  test("about the schema is counted out no further than is needed to refuse it, whatever asks for it", () => {
    const asked = `__schema { types { ${"fields { type { ".repeat(4)} name ${"} } ".repeat(4)} } }`;
    const most = (query: string) => costOf(schema, parse(query), {}, prices);
    const once = most(`{ ${asked} }`);
    const aliases = Array.from({ length: 400 }, (_, i) => `a${i}: ${asked}`);
    const operations = aliases.map((one, i) => `query q${i} { ${one} }`);
    for (const many of [`{ ${aliases.join(" ")} }`, operations.join(" ")]) {
      expect(most(many)).toBeGreaterThan(MOST_COST);
      // Once it is clear each of the others adds its own name.
      expect(most(many)).toBeLessThan(MOST_COST + once + 400);
    }
  });

  test("beyond what its client may ask is told when to come back", async () => {
    wait = 7;
    const answer = await post("{ hello }");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "7"]);
    expect((await answer.json()).errors[0]).toMatchObject({
      message: "Too much at once: ask again in 7 s",
      extensions: { code: "TOO_MANY_REQUESTS" },
    });
  });

  test("whose answer is beyond four MiB becomes an error that says so", async () => {
    const { errors } = await ask("{ list(limit: 7) { text } }");
    expect(errors[0]).toEqual({
      message: expect.stringMatching(
        /^the answer must be at most 4194304 bytes, not 5600\d{3}: lower a limit, or ask for fewer fields$/,
      ),
      extensions: { code: "TOO_COSTLY" },
    });
  });

  test("about the schema is for whom it is meant", async () => {
    expect((await ask("{ __schema { queryType { name } } }")).data.__schema.queryType.name).toBe("Query");
    const refused = await (
      await post("{ __schema { queryType { name } } }", "application/json", "x", strangers)
    ).json();
    expect(refused.errors[0].message).toContain("introspection");
  });
});

test("a field asked for again and again under one name is found before each is compared with each", () => {
  expect(isRepetitive(parse(`{ ${"hello ".repeat(200)} }`))).toBe(false);
  expect(isRepetitive(parse(`{ ${"hello ".repeat(201)} }`))).toBe(true);
  expect(isRepetitive(parse(getIntrospectionQuery()))).toBe(false);
});

test("subscribers are told as it comes, so many of one client, and who has too many is told at once", async () => {
  const first = async (who: string) => {
    const answer = await post("subscription { ticks(from: 3) }", stream, who);
    const reader = answer.body!.getReader();
    let text = "";
    while (!text.includes("data: {")) text += new TextDecoder().decode((await reader.read()).value);
    return { text, leave: () => reader.cancel() };
  };
  const all = [];
  for (let i = 0; i < MOST_OF_ONE; i++) all.push(await first("192.0.2.7"));
  expect(all[0]!.text).toContain('{"data":{"ticks":3}}');
  const refused = await post("subscription { ticks(from: 3) }", stream, "192.0.2.7");
  expect([refused.status, await refused.text()]).toEqual([
    429,
    expect.stringContaining("TOO_MANY_SUBSCRIPTIONS"),
  ]);
  expect((await first("192.0.2.8")).text).toContain("ticks");
  await all[0]!.leave();
  expect((await first("192.0.2.7")).text).toContain("ticks");
});

test("the page needs no other host, begins with the service's questions, and runs its own scripts only", async () => {
  const page = (serve: typeof developers) =>
    serve(new Request("http://localhost/graphql", { headers: { accept: "text/html" } }), "192.0.2.1");
  const answer = await page(developers);
  const html = await answer.text();
  expect(html).not.toMatch(/(?:src|href)="https?:/);
  expect(html).toContain("{ hello }");
  expect(answer.headers.get("content-security-policy")).toMatch(
    /script-src 'self' 'sha256-.*frame-ancestors 'none'/,
  );
  expect(await (await page(strangers)).text()).not.toContain("<html");
});

test("the page's nine megabytes are not read before somebody wants it", () => {
  const read = readBy(new URL("index.ts", import.meta.url));
  expect(read.filter((url) => url.includes("/graphql-yoga/"))).not.toEqual([]);
  expect(read.filter((url) => url.includes("render-graphiql"))).toEqual([]);
});
