import { describe, expect, test } from "vitest";
import { places, titleOf } from "./frame.tsx";

describe("what a page is called", () => {
  test("is what its place is called, and no two are called the same", () => {
    expect(titleOf("/")).toBe("place.home");
    expect(titleOf("/market")).toBe("place.market");
    expect(titleOf("/market/")).toBe("place.market");
    expect(new Set(places.map(({ to }) => titleOf(to))).size).toBe(places.length);
  });

  test("is not home where there is no such page", () => {
    for (const path of ["/markets", "/market/x", "/wallets"]) expect(titleOf(path)).toBe("place.none");
  });
});
