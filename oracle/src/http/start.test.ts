/** What the thread that answers need not have to begin. */
import { expect, test } from "vitest";
import { readBy } from "../../../test/loaded.ts";

test("GraphQL is not read before somebody asks it", () => {
  const read = readBy(new URL("api.ts", import.meta.url));
  expect(read.filter((url) => url.includes("/hono/"))).not.toEqual([]);
  expect(read.filter((url) => /\/node_modules\/(graphql|graphql-yoga)\//.test(url))).toEqual([]);
});
