/** The AsyncAPI document against AsyncAPI's own schema, and what it says of messages against real ones. */
import { createRequire } from "node:module";
import { parseAck, parseCommand } from "@enerlink/protocol/wire/command";
import { parseStatus, parseTelemetry } from "@enerlink/protocol/wire/presence";
import { parseReading } from "@enerlink/protocol/wire/reading";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { asyncDocument } from "./asyncapi.ts";

const require = createRequire(import.meta.url);
type Document = {
  channels: Record<string, object>;
  components: { messages: Record<string, { payload: object }> };
};
const document = asyncDocument() as Document;

test("is what AsyncAPI 3 says that a document is", () => {
  const official = require("@asyncapi/specs/schemas/3.0.0-without-$id.json") as object;
  const check = new Ajv({ strict: false, validateFormats: false, allErrors: false }).compile(official);
  expect(check(document) ? [] : check.errors).toEqual([]);
  // And it finds what is wrong.
  expect(check({ ...document, channels: { x: { address: 7 } } })).toBe(false);
});

const reading = {
  serial: "home-01",
  epoch: 1,
  sequence: 4711,
  timestamp: 1_795_000_000,
  exportWh: "9223372036854775807",
  importWh: 5_000,
  storedWh: 0,
  signature: "A".repeat(86),
};
const command = {
  id: "7",
  name: "grid",
  arguments: { mode: "off" },
  nonce: "1",
  deadline: 1_795_000_000,
  signature: `0x${"ab".repeat(65)}`,
};
const telemetry = {
  serial: "home-01",
  timestamp: 1_795_000_000,
  solarW: 1.5,
  homeW: 2,
  batteryW: 0,
  gridW: 0.5,
  chargePercent: 50,
};

test.each<
  [name: string, parse: (payload: Uint8Array) => unknown, right: object, field: string, wrong: unknown]
>([
  ["reading", parseReading, reading, "serial", 7],
  ["reading", parseReading, reading, "signature", "short"],
  ["reading", parseReading, reading, "exportWh", 1.5],
  ["telemetry", parseTelemetry, telemetry, "solarW", "much"],
  ["status", parseStatus, { state: "online" }, "state", "asleep"],
  ["ack", parseAck, { id: "7", state: "done", timestamp: 1 }, "state", "maybe"],
  ["command", parseCommand, command, "name", "explode"],
])("a %s is taken and refused as a node does", (name, parse, right, field, wrong) => {
  const check = new Ajv2020({ strict: false }).compile(document.components.messages[name]!.payload);
  const bytes = (message: object) => new TextEncoder().encode(JSON.stringify(message));
  expect(check(right) ? [] : check.errors).toEqual([]);
  expect(() => parse(bytes(right))).not.toThrow();
  const bad = { ...right, [field]: wrong };
  expect(check(bad)).toBe(false);
  expect(() => parse(bytes(bad))).toThrow(field);
});
