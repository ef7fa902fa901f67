import { expect, test } from "vitest";
import { spansOf } from "./spans.ts";

test("settlements fall into the span that ends with their reading", () => {
  const at = (readAt: number, exportedWh: bigint) => ({ readAt, exportedWh, importedWh: 1n });
  const spans = spansOf([at(100, 9n), at(101, 1n), at(110, 2n), at(120, 4n), at(121, 9n)], 120, 2, 10);
  expect(spans).toEqual([
    { start: 100, exportedWh: 3n, importedWh: 2n },
    { start: 110, exportedWh: 4n, importedWh: 1n },
  ]);
});
