/** What is told of a meter that is silent, or whose words count for nothing: topic and setting, whatever the mistake. */
import { expect, test } from "vitest";
import { counted, type Device, presence } from "./why.ts";

const heard: Device = {
  trust: "C",
  state: "online",
  access: "full",
  lastHeard: "2026-06-01T12:00:00.000Z",
  lastEmpty: null,
  lastEmptyTopic: null,
  unheardTopics: [],
  lastReading: null,
  refused: null,
  hold: null,
};
const silent: Device = { ...heard, state: "unknown", lastHeard: null };
const read = (timestamp: string, more: Partial<Device> = {}): Device => ({
  ...heard,
  ...more,
  lastReading: { timestamp, exportKwh: "0", importKwh: "1" },
});

test.each<[string, Device, string[]]>([
  [
    "a device that is bound to other topics than its own",
    { ...silent, unheardTopics: ["tele/plug/SENSOR", "tele/plug/LWT"] },
    ["on tele/plug/SENSOR, tele/plug/LWT: compare `topic` of plug in METER_BINDINGS"],
  ],
  [
    "one that is not bound",
    silent,
    ["on enerlink/v1/plug/reading since the node started, and METER_BINDINGS has no entry of plug"],
  ],
  [
    "one that signs",
    { ...silent, trust: "A" },
    [
      "on enerlink/v1/plug/reading since the node started: see that it is on, and that the broker lets the user plug",
    ],
  ],
  [
    "one of several topics",
    { ...heard, unheardTopics: ["deye/ac/total_energy_buy"] },
    [
      "It is online; last heard of at 2026-06-01T12:00:00.000Z.",
      "Nothing was heard yet on deye/ac/total_energy_buy, and nothing of it counts before: compare `registers` or `fields` of plug in METER_BINDINGS",
    ],
  ],
  [
    "messages that hold nothing",
    { ...heard, lastEmpty: heard.lastHeard, lastEmptyTopic: "tele/plug/SENSOR" },
    [
      "It is online",
      "At 2026-06-01T12:00:00.000Z a message on tele/plug/SENSOR held nothing that its binding reads: compare `fields` of plug",
    ],
  ],
  [
    "a clock of another zone",
    read("2026-06-01T09:59:30.000Z"),
    [
      "It is online",
      "It was heard 2 h after the time of its last reading that counted: if it goes on like that, `offset` in",
    ],
  ],
])("%s", (_what, device, words) => {
  const lines = presence(device, "plug");
  expect(lines.map((line, place) => line.includes(words[place] ?? "nothing more"))).toEqual(
    words.map(() => true),
  );
});

test("a clock that is right, or late by no zone, is none of another zone; nor is a meter's that signs", () => {
  for (const timestamp of [
    "2026-06-01T11:59:59.000Z",
    "2026-06-01T11:45:00.000Z",
    "2026-06-01T09:52:00.000Z",
  ])
    expect(presence(read(timestamp), "plug")).toHaveLength(1);
  expect(presence(read("2026-06-01T10:00:00.000Z", { trust: "A" }), "plug")).toHaveLength(1);
});

test.each<[string, string, string]>([
  ["malformed", "ENERGY.ExportActive: is missing", "`fields` of its binding says null in its place"],
  ["malformed", "produced_energy: is missing", "`byException` is true"],
  ["wrong-serial", 'device.ieeeAddr: "0x1" spoke on the topic of "0x2"', "`device` of its binding"],
  ["future", "timestamp: 2 is more than 120 s after 1", "`offset` of its binding"],
  ["unset-clock", "timestamp: 1970-01-01 is before any", "`clock` of its binding is receipt"],
])("a refusal (%s, %s) names the setting that may be wrong", (reason, detail, words) => {
  const refused = { at: "2026-06-01T12:00:00.000Z", topic: "tele/plug/SENSOR", reason, checks: "it", detail };
  const lines = counted({ ...heard, refused });
  expect(lines.at(-2)).toContain(`on tele/plug/SENSOR (${reason}): ${detail}`);
  expect(lines.at(-1)).toContain(words);
  // Its own readings are in no binding.
  expect(counted({ ...heard, trust: "A", refused })).toHaveLength(lines.length - 1);
});

test.each(["Time: is missing", "Ac/Energy/Reverse: value: is missing", "RD.0.RV: is missing"])(
  "%s: no register that a binding could leave out",
  (detail) => {
    const refused = { at: "2026-06-01T12:00:00.000Z", topic: "t", reason: "malformed", checks: "it", detail };
    expect(counted({ ...heard, refused })).toHaveLength(2);
  },
);
