import { createHash, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageError } from "./message.ts";
import { LARGEST_REGISTER, parseReading, readingJson } from "./reading.ts";
import vector from "./reading.vector.json" with { type: "json" };
import { devicePublicKey, packReading, signReading, verifyReading } from "./reading-signature.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

const register = fc.bigInt(0n, LARGEST_REGISTER);
const reading = fc.record({
  serial: fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/),
  epoch: fc.nat(2 ** 32 - 1),
  sequence: register,
  timestamp: fc.nat({ max: 2 ** 40 - 1 }),
  exportWh: register,
  importWh: register,
  storedWh: register,
});

describe("a signed reading", () => {
  test("is packed, hashed and verified as in the published vector", () => {
    const parsed = parseReading(bytes(vector.message));
    const of = { chainId: vector.domain.chainId, registry: vector.domain.registry as `0x${string}` };
    const packed = packReading(of, parsed);
    expect(packed).toHaveLength(123);
    expect(`0x${Buffer.from(packed).toString("hex")}`).toBe(vector.packed);
    expect(`0x${createHash("sha256").update(packed).digest("hex")}`).toBe(vector.sha256);
    const { x, y } = vector.publicKey as { x: `0x${string}`; y: `0x${string}` };
    expect(verifyReading(of, parsed, devicePublicKey(x, y))).toBe(true);
  });

  test("comes back unchanged from the wire and still verifies", () => {
    fc.assert(
      fc.property(reading, (unsigned) => {
        const parsed = parseReading(bytes(readingJson(signReading(domain, unsigned, key.privateKey))));
        expect(parsed).toMatchObject(unsigned);
        expect(verifyReading(domain, parsed, key.publicKey)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("counts for no other chain, registry, key or value", () => {
    const unsigned = {
      serial: "home-01",
      epoch: 1,
      sequence: 5n,
      timestamp: 10,
      exportWh: 1n,
      importWh: 2n,
      storedWh: 3n,
    };
    const signed = signReading(domain, unsigned, key.privateKey);
    expect(verifyReading({ ...domain, chainId: 1 }, signed, key.publicKey)).toBe(false);
    expect(verifyReading({ ...domain, registry: `0x${"11".repeat(20)}` }, signed, key.publicKey)).toBe(false);
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(verifyReading(domain, signed, other.publicKey)).toBe(false);
    for (const field of ["sequence", "exportWh", "importWh", "storedWh"] as const) {
      expect(verifyReading(domain, { ...signed, [field]: signed[field] + 1n }, key.publicKey)).toBe(false);
    }
    expect(verifyReading(domain, { ...signed, epoch: 2 }, key.publicKey)).toBe(false);
    expect(verifyReading(domain, { ...signed, timestamp: 11 }, key.publicKey)).toBe(false);
    expect(verifyReading(domain, { ...signed, serial: "home-02" }, key.publicKey)).toBe(false);
  });
});

describe("a reading's JSON", () => {
  const good = vector.message;
  const json = JSON.stringify(good);

  test("takes integers beyond 2^53 as decimal text and exactly as numbers", () => {
    expect(parseReading(bytes({ ...good, exportWh: "9223372036854775807" })).exportWh).toBe(LARGEST_REGISTER);
    expect(parseReading(bytes(json.replace("228072", "9007199254740993"))).exportWh).toBe(
      9_007_199_254_740_993n,
    );
  });

  test.each<[string, unknown, string]>([
    ["a repeated key", json.replace("{", '{"serial":"home-02",'), 'the key "serial" is there twice'],
    ["NaN", json.replace("228072", "NaN"), "not JSON at character"],
    ["a float", json.replace("228072", "228072.0"), "exportWh: must be an integer from 0"],
    ["an exponent", json.replace("228072", "1e3"), "exportWh: must be an integer from 0"],
    ["a negative register", json.replace("228072", "-1"), "exportWh: must be from 0"],
    ["a register beyond the range", { ...good, importWh: "9223372036854775808" }, "importWh: must be from 0"],
    ["an epoch beyond 32 bits", { ...good, epoch: 2 ** 32 }, "epoch: must be from 0 to 4294967295"],
    ["text that is no number", { ...good, storedWh: "0x10" }, "storedWh: must be an integer"],
    ["a missing field", { ...good, sequence: undefined }, "sequence: must be an integer"],
    ["a serial that is none", { ...good, serial: "home 1" }, "serial: must be 1 to 32 characters"],
    ["a short signature", { ...good, signature: "AAAA" }, "signature: must be 64 bytes"],
    ["an array", [], "message: "],
    ["text after it", `${json}x`, "text after the value"],
    ["nothing", "", "not JSON"],
    ["deep nesting", `{"a":${"[".repeat(100)}`, "more than 4 levels"],
  ])("refuses %s", (_name, message, reason) => {
    expect(() => parseReading(bytes(message))).toThrow(reason);
  });

  test("refuses what is too long or not UTF-8", () => {
    expect(() => parseReading(Buffer.alloc(16_385, 32))).toThrow("16385 bytes; at most 16384 are allowed");
    expect(() => parseReading(Buffer.from([0x22, 0xff, 0x22]))).toThrow("not UTF-8");
  });

  test("arbitrary bytes and damaged readings are refused by name, never a crash", () => {
    const damaged = fc
      .tuple(fc.nat(json.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, text]) => bytes(json.slice(0, at) + text + json.slice(at + text.length)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(bytes), damaged), (payload) => {
        try {
          parseReading(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("reads every other JSON exactly as JSON.parse does", async () => {
    const { parseStrictJson } = await import("./strict-json.ts");
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? Number(inner) : inner)));
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        expect(plain(parseStrictJson(text))).toEqual(plain(JSON.parse(text)));
      }),
    );
  });
});
