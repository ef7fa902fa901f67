import { readFileSync } from "node:fs";
import fc from "fast-check";
import { hexToBigInt } from "viem";
import { describe, expect, test } from "vitest";
import { lowS, readSigned } from "./signed-reading.ts";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const vector = JSON.parse(
  readFileSync(new URL("../../../packages/protocol/wire/reading.vector.json", import.meta.url), "utf8"),
);

describe("a meter's own signed reading", () => {
  test("is read from the published vector, alone and as the oracle wraps it", () => {
    const alone = readSigned(JSON.stringify(vector.message));
    expect(alone).toMatchObject({
      serial: "home-01",
      report: { epoch: 1, timestamp: 1763740800, exportWh: 228072n, importWh: 699287n, storedWh: 13500n },
      sequence: 9007199254740993n,
    });
    expect(readSigned(JSON.stringify({ chainId: 31337, reading: vector.message }))).toEqual(alone);
  });

  test("keeps every digit of an integer that no number holds", () => {
    const text = JSON.stringify(vector.message).replace('"9007199254740993"', "9007199254740993");
    expect(text).toContain(":9007199254740993,");
    expect(readSigned(text)).toMatchObject({ sequence: 9007199254740993n });
  });

  test("names the field that does not fit", () => {
    const wrong = (change: object) => readSigned(JSON.stringify({ ...vector.message, ...change }));
    expect(readSigned("not json")).toEqual({ kind: "json" });
    expect(wrong({ exportWh: -1 })).toEqual({ kind: "field", field: "exportWh" });
    expect(wrong({ importWh: "18446744073709551616" })).toEqual({ kind: "field", field: "importWh" });
    expect(wrong({ signature: "short" })).toEqual({ kind: "field", field: "signature" });
    expect(wrong({ serial: "a b" })).toEqual({ kind: "field", field: "serial" });
    expect(readSigned("[]")).toEqual({ kind: "field", field: "reading" });
  });

  test("goes to the chain with the lower of its two s", () => {
    const { s } = readSigned(JSON.stringify(vector.message)) as { s: `0x${string}` };
    expect(hexToBigInt(s)).toBeLessThanOrEqual(ORDER / 2n);
    fc.assert(
      fc.property(fc.bigInt(1n, ORDER - 1n), (value) => {
        expect(lowS(value)).toBe(lowS(ORDER - value));
        expect(lowS(value)).toBeLessThanOrEqual(ORDER / 2n);
      }),
    );
  });
});
