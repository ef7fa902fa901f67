import { z } from "@hono/zod-openapi";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { answerPage, tableOf } from "./lists.ts";

const Place = z.object({
  id: z.string(),
  at: z.object({ x: z.number() }).nullable(),
  tags: z.array(z.string()),
  says: z.record(z.string(), z.string()),
  steps: z.array(z.object({ at: z.number() })),
});

test("a table has a column for each value, those within others too, words and names in one, and none for lists of rows", () => {
  const items = [
    { id: "a", at: { x: 1 }, tags: ["t", "u"], says: { state: "on" }, steps: [{ at: 1 }] },
    { id: "b", at: null, tags: [], says: {}, steps: [] },
  ];
  expect(tableOf(Place.extend({ more: z.string().optional() }), items)).toBe(
    'id,at.x,tags,says,more\r\na,1,t u,"{""state"":""on""}",\r\nb,,,{},\r\n',
  );
});

test("a page says where it goes on, as JSON and as a table", async () => {
  const page = { items: [{ id: "a", at: null, tags: [], says: {}, steps: [] }], next: "7" };
  const app = new Hono()
    .get("/json", (context) => answerPage(context, { name: "places", item: Place, form: "json" }, page))
    .get("/csv", (context) => answerPage(context, { name: "places", item: Place, form: "csv" }, page))
    .get("/end", (context) =>
      answerPage(context, { name: "places", item: Place, form: "csv" }, { ...page, next: null }),
    );
  const json = await app.request("/json?limit=1&offset=3");
  expect([json.headers.get("link"), await json.json()]).toEqual(['<?limit=1&before=7>; rel="next"', page]);
  const csv = await app.request("/csv?before=9");
  expect([csv.headers.get("link"), await csv.text()]).toEqual([
    '<?before=7>; rel="next"',
    "id,at.x,tags,says\r\na,,,{}\r\n",
  ]);
  expect((await app.request("/end")).headers.get("link")).toBeNull();
});
