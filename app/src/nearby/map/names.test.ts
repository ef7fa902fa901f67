import { describe, expect, test } from "vitest";
import { boxOf, placed } from "./names.ts";

const size = { width: 360, height: 256 };
const at = (x: number, y: number, name = "Jakarta Selatan") => ({ name, middle: [x, y] as const });

describe("a name on the map", () => {
  test("stands in its place's middle where that is free", () => {
    expect(placed([at(180, 128)], [], size).get(0)).toEqual([180, 128]);
  });

  test("gives way to a cell, up or down, and to a name before it", () => {
    const cell = boxOf([
      [150, 110],
      [210, 140],
      [180, 100],
    ]);
    const [, y] = placed([at(180, 128)], [cell], size).get(0)!;
    expect(y - 11 >= cell.bottom || y + 11 <= cell.top).toBe(true);
    const both = placed([at(180, 128), at(190, 130)], [], size);
    expect(Math.abs(both.get(0)![1] - both.get(1)![1])).toBeGreaterThanOrEqual(22);
  });

  test("is left out where there is no room, and rather than cut at an edge", () => {
    expect(placed([at(340, 128)], [], size).size).toBe(0);
    expect(placed([at(180, 400)], [], size).size).toBe(0);
    expect(placed([at(180, 128)], [{ left: 0, top: 0, right: 360, bottom: 256 }], size).size).toBe(0);
  });
});
