import { expect, test } from "vitest";
import { meterLabel, readMeterLabel } from "./labels.ts";

const label = {
  serial: "roof-01",
  kind: "prosumer",
  key: { x: `0x${"1a".repeat(32)}`, y: `0x${"2b".repeat(32)}` },
} as const;
const text = `enerlink:meter?serial=roof-01&kind=prosumer&key=${"1a".repeat(32)}${"2b".repeat(32)}`;

test("a label is read as it was written, in any order and spelling of its key", () => {
  expect(meterLabel(label)).toBe(text);
  expect(readMeterLabel(` ${text}\n`)).toEqual(label);
  const key = `0x04${"1A".repeat(32)}${"2B".repeat(32)}`;
  expect(readMeterLabel(`enerlink:meter?key=${key}&kind=prosumer&serial=roof-01`)).toEqual(label);
});

test.each([
  ["", "begins with enerlink:meter?"],
  [`enerlink:account?address=0x${"12".repeat(20)}`, "begins with enerlink:meter?"],
  [text.replace("serial=roof-01&", ""), "serial must stand in the label once, not 0 times"],
  [`${text}&serial=roof-02`, "serial must stand in the label once, not 2 times"],
  [text.replace("roof-01", "roof_01"), 'serial "roof_01" must be 1 to 32 characters'],
  [text.replace("prosumer", "roof"), 'kind "roof" must be one of consumer, prosumer, battery, grid'],
  [text.slice(0, -1), "key must be 128 hexadecimal digits"],
  [text.replace("1a1a", "xyxy"), "key must be 128 hexadecimal digits"],
])("%s is refused", (wrong, message) => {
  expect(() => readMeterLabel(wrong)).toThrow(message);
});
