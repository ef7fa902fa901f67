import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeOrderId, meterId, serialOf } from "./ids.ts";

describe("meter ids", () => {
  test("a serial is its ASCII, zero-padded", () => {
    expect(meterId("home-01")).toBe(`0x686f6d652d3031${"0".repeat(50)}`);
  });

  test("serial and id are inverse", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/), (serial) => {
        expect(serialOf(meterId(serial))).toBe(serial);
      }),
    );
  });

  test.each(["", "a b", "meter/1", "ü", "x".repeat(33)])("refuses %j", (serial) => {
    expect(() => meterId(serial)).toThrow("is not a meter serial");
  });
});

describe("order ids", () => {
  test("say side, tick, epoch and index", () => {
    const id = (1n << 80n) | (1445n << 64n) | (7n << 32n) | 3n;
    expect(decodeOrderId(id)).toEqual({ side: 1, tick: 1445, epoch: 7, index: 3 });
  });

  test("refuse stray high bits", () => {
    expect(() => decodeOrderId(1n << 81n)).toThrow("is not an order id");
  });
});
