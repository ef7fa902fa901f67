import { describe, expect, it } from "vitest";
import { belongs, foldersOf } from "./tree.ts";

describe("a service's tree", () => {
  it("has the packages that the service needs when it runs, and no other service", () => {
    expect(foldersOf("oracle").sort()).toEqual([
      "oracle",
      "packages/edge",
      "packages/protocol",
      "packages/service",
    ]);
    expect(foldersOf("indexer")).not.toContain("oracle");
  });

  it("has what was generated of the contracts, and neither tests nor the record of a deployment", () => {
    expect(belongs("packages/protocol/generated")).toBe(true);
    expect(belongs("packages/protocol/generated/abis.ts")).toBe(true);
    expect(belongs("oracle/src/index.ts")).toBe(true);
    for (const path of [
      "oracle/src/config.test.ts",
      "oracle/chaos",
      "contracts/deployments",
      "indexer/generated",
    ])
      expect(belongs(path), path).toBe(false);
    expect(belongs("oracle/simulator", ["oracle/simulator"])).toBe(false);
  });
});
