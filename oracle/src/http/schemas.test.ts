import { Problem } from "@enerlink/edge";
import { expect, test } from "vitest";
import { behind, paged } from "./schemas.ts";

test("a page goes on behind the last row of its own list, whatever ids others have", () => {
  const rows = [{ id: 12n }, { id: 7n }, { id: 3n }];
  const place = ({ id }: { id: bigint }) => `readings-home-01-${id}`;
  const { items, next } = paged(rows, 2, ({ id }) => Number(id), place);
  expect([items, next]).toEqual([[12, 7], "readings-home-01-7"]);
  expect(behind("readings-home-01", next!)).toBe(7n);
  // The last page may be a full one.
  expect(paged(rows, 3, ({ id }) => id, place).next).toBeNull();
  expect(behind("alerts", undefined)).toBe(2n ** 63n - 1n);
});

test("what is no place in this list is refused, naming the field", () => {
  for (const before of [
    "7",
    "rejects-home-01-7",
    "readings-home-02-7",
    "readings-home-01-",
    "readings-home-01-x",
    "",
  ]) {
    let refusal: unknown;
    try {
      behind("readings-home-01", before);
    } catch (error) {
      refusal = error;
    }
    expect([before, refusal]).toEqual([before, expect.any(Problem)]);
    expect((refusal as Problem).errors).toEqual([
      { field: "before", message: "must be the `next` of an answer of this list" },
    ]);
  }
});
