/** What the index relies on inside of Ponder's package; a new version must pass this before anything else is
 * tried. How readers connect is in `test/readers.service.test.ts`. */

import type { GraphQLObjectType } from "graphql";
import { integer, onchainTable, primaryKey } from "ponder";
import { expect, test } from "vitest";
import { buildGraphQLSchema, NonRetryableUserError } from "./ponder.ts";

const day = onchainTable(
  "day",
  (t) => ({ meter: t.hex().notNull(), at: t.bigint().notNull(), wattHours: integer() }),
  (table) => ({
    pk: primaryKey({ columns: [table.meter, table.at] }),
  }),
);

test("the generated schema has a page for each table", () => {
  const schema = buildGraphQLSchema({ schema: { day } });
  const query = schema.getQueryType()!.getFields();
  expect(Object.keys(query)).toEqual(["day", "days", "_meta"]);
  expect(query.days!.args.map(({ name }) => name)).toEqual([
    "where",
    "orderBy",
    "orderDirection",
    "before",
    "after",
    "limit",
    "offset",
  ]);
  const page = schema.getType("dayPage") as GraphQLObjectType;
  expect(Object.keys(page.getFields())).toEqual(["items", "pageInfo", "totalCount"]);
});

test("an error that is not met again can be told", () => {
  expect(new NonRetryableUserError("no")).toMatchObject({ name: "NonRetryableUserError", message: "no" });
});
