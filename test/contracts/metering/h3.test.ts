/** The registry's idea of an H3 cell is h3-js's, sample by sample. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import * as h3 from "h3-js";
import { type BaseError, ContractFunctionRevertedError, type Hex } from "viem";
import { type System, startSystem } from "./system.ts";

type Verdict = "taken" | "CellTooFine" | "InvalidCell";

describe("cells", () => {
  let system: System;
  let home: Hex;

  before(async () => {
    system = await startSystem();
    home = await system.register("home-1", system.wallets[0]!.account.address);
  });

  async function verdict(cell: bigint): Promise<Verdict> {
    try {
      await system.registry.simulate.setCell([home, cell]);
      return "taken";
    } catch (error) {
      const revert = (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError);
      return (revert as ContractFunctionRevertedError).data!.errorName as Verdict;
    }
  }

  /** What h3-js says. It reads an index as hexadecimal text. */
  function expected(cell: bigint): Verdict {
    const text = cell.toString(16);
    if (!h3.isValidCell(text)) return "InvalidCell";
    return h3.getResolution(text) > 7 ? "CellTooFine" : "taken";
  }

  const cellOf = (text: string) => BigInt(`0x${text}`);
  const place = fc.tuple(
    fc.double({ min: -90, max: 90, noNaN: true }),
    fc.double({ min: -180, max: 180, noNaN: true }),
    fc.integer({ min: 0, max: 15 }),
  );
  const realCell = place.map(([latitude, longitude, resolution]) =>
    cellOf(h3.latLngToCell(latitude, longitude, resolution)),
  );

  it("anywhere on earth, at every resolution, are taken to resolution 7", async () => {
    await fc.assert(
      fc.asyncProperty(realCell, async (cell) => assert.equal(await verdict(cell), expected(cell))),
      { numRuns: 400 },
    );
  });

  it("with one or two bits flipped are what h3-js says", async () => {
    const bit = fc.integer({ min: 0, max: 63 });
    await fc.assert(
      fc.asyncProperty(realCell, bit, bit, async (cell, one, other) => {
        const flipped = cell ^ (1n << BigInt(one)) ^ (one === other ? 0n : 1n << BigInt(other));
        assert.equal(await verdict(flipped), expected(flipped), flipped.toString(16));
      }),
      { numRuns: 1_200 },
    );
  });

  it("around every pentagon lack one direction", async () => {
    for (let resolution = 0; resolution <= 8; resolution++) {
      for (const pentagon of h3.getPentagons(resolution)) {
        assert.equal(await verdict(cellOf(pentagon)), expected(cellOf(pentagon)));
        if (resolution === 0) continue;
        // All eight values of each digit, below the pentagon and beside it.
        for (let level = 1; level <= Math.min(resolution, 3); level++) {
          for (let digit = 0n; digit < 8n; digit++) {
            const shift = BigInt(45 - 3 * level);
            const cell = (cellOf(pentagon) & ~(7n << shift)) | (digit << shift);
            assert.equal(await verdict(cell), expected(cell), cell.toString(16));
          }
        }
      }
    }
  });

  it("are every base cell and no other", async () => {
    for (let base = 0n; base < 128n; base++) {
      const cell = 0x08001fffffffffffn | (base << 45n);
      assert.equal(await verdict(cell), base < 122n ? "taken" : "InvalidCell");
      assert.equal(expected(cell), base < 122n ? "taken" : "InvalidCell");
    }
  });

  it("come back from storage as they went in", async () => {
    await fc.assert(
      fc.asyncProperty(place, async ([latitude, longitude, resolution]) => {
        const cell = cellOf(h3.latLngToCell(latitude, longitude, resolution % 8));
        await system.registry.write.setCell([home, cell]);
        assert.equal((await system.registry.read.meter([home])).h3Cell, cell);
      }),
      { numRuns: 40 },
    );
  });
});
