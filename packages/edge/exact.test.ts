import fc from "fast-check";
import { expect, test } from "vitest";
import { repeatedNames, roundedNumbers } from "./exact.ts";

test("a number that JavaScript rounds is found, wherever it stands", () => {
  expect(roundedNumbers("9007199254740993")).toEqual([""]);
  expect(roundedNumbers('{"a":{"b":9007199254740993,"c":[1,0.12345678901234567890]},"d":1e400}')).toEqual([
    "a.b",
    "a.c.1",
    "d",
  ]);
  expect(roundedNumbers("123456789012.123456")).toEqual([""]);
  expect(roundedNumbers("1.00000000000000000001")).toEqual([""]);
  expect(roundedNumbers("1e-400")).toEqual([""]);
});

test("a number is the same however it is written, and text is left alone", () => {
  for (const text of [
    "1",
    "1.0",
    "-0",
    "0.10",
    "1e2",
    "100E-2",
    "9007199254740992",
    "1e21",
    "-2.5e-7",
    '"9007199254740993"',
    "null",
  ])
    expect([text, roundedNumbers(text)]).toEqual([text, []]);
});

test("a name that is given twice in one object is found, however it is written", () => {
  expect(repeatedNames('{"a":1,"b":{"a":"a\\"a:{","a" : 2},"\\u0061":[{"c":1},{"c":"]"}],"a":0}')).toEqual([
    "b.a",
    "a",
  ]);
  expect(repeatedNames('{"calls":["a,b",{"to":1,"value":[1,2]},{"to":1,"to":2}]}')).toEqual(["calls.2.to"]);
  expect(repeatedNames('"a"')).toEqual([]);
  expect(repeatedNames('["a","a"]')).toEqual([]);
  fc.assert(
    fc.property(fc.json(), (text) => {
      // JSON of JavaScript's own values has each name once.
      expect(repeatedNames(JSON.stringify(JSON.parse(text)))).toEqual([]);
    }),
  );
});

test("what JavaScript writes is kept", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(roundedNumbers(JSON.stringify({ number }))).toEqual([]);
    }),
  );
});

test("amounts of up to fifteen digits are kept, those that differ from what is kept are found", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.integer({ min: 0, max: 6 }),
      (units, decimals) => {
        const digits = String(units).padStart(decimals + 1, "0");
        const whole = digits.slice(0, digits.length - decimals);
        const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
        // Of a number beyond 2^53 JavaScript writes fewer digits than it holds: what it writes is what was sent, but for noughts at the end.
        const same = BigInt(Number(text).toFixed(decimals).replace(".", "")) === units;
        const shortest = decimals === 0 ? text : text.replace(/\.?0+$/, "");
        const kept = same || String(Number(text)) === shortest;
        if (digits.length <= 15) expect([text, roundedNumbers(text)]).toEqual([text, []]);
        if (!kept) expect([text, roundedNumbers(text)]).toEqual([text, [""]]);
      },
    ),
  );
});

test("what is no JSON is an error of syntax", () => {
  expect(() => roundedNumbers("{")).toThrow(SyntaxError);
});
