/** What is told of a meter that is silent, or whose words count for nothing: topic and setting, whatever the mistake. */
import { expect, test } from "vitest";
import type { Setting } from "../oracle/src/rules/about.ts";
import { counted, counts, type Device, presence } from "./why.ts";

const heard: Device = {
  trust: "C",
  state: "online",
  access: "full",
  lastHeard: "2026-06-01T12:00:00.000Z",
  lastEmpty: null,
  lastEmptyTopic: null,
  unheardTopics: [],
  lastReading: null,
  lastReport: null,
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

test("counts while nothing after its last reading that counted was refused", () => {
  const of = (at: string) => ({
    at,
    topic: "t",
    reason: "wrong-serial",
    checks: "",
    detail: "",
    settings: [],
  });
  const good = read("2026-06-01T11:59:00.000Z");
  expect(counts(good)).toBe(true);
  expect(counts({ ...good, refused: of("2026-06-01T11:00:00.000Z") })).toBe(true);
  expect(counts({ ...good, refused: of("2026-06-01T11:59:30.000Z") })).toBe(false);
  expect(counts({ ...good, state: "offline" })).toBe(false);
  expect(counts({ ...good, lastReading: null })).toBe(false);
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

test.each<[Setting[], string[], string?]>([
  [
    ["fields", "byException"],
    ["`fields` says null in its place", "`byException` is true"],
  ],
  [["device"], ["`device` is another's name"]],
  [["offset", "clock"], ["`offset` is not the zone", "`clock` is receipt"], "future"],
  [["offset"], ["`offset` is left out"]],
  [["registers"], ["`registers`: `import` is what is drawn from the grid"]],
  [
    ["unit", "powerUnit", "power"],
    ["`unit` is the other of Wh and kWh", "`powerUnit` says"],
  ],
])("a refusal is told with the settings that it is about: %s", (settings, words, reason = "malformed") => {
  const refused = {
    at: "2026-06-01T12:00:00.000Z",
    topic: "tele/plug/SENSOR",
    reason,
    checks: "it",
    detail: "ENERGY.Total: is wrong",
    settings,
  };
  const lines = counted({ ...heard, refused });
  expect(lines.at(-2)).toContain(`on tele/plug/SENSOR (${reason}): ENERGY.Total: is wrong`);
  for (const one of words) expect(lines.at(-1)).toContain(one);
  expect(lines.at(-1)).toMatch(/^In METER_BINDINGS: /);
  expect(counted({ ...heard, refused: { ...refused, settings: [] } })).toHaveLength(lines.length - 1);
});

test("a report that did not reach the chain is told with why; one that did says nothing", () => {
  const told = (status: string, reason: string | null) =>
    counted({ ...heard, lastReport: { timestamp: "2026-06-01T12:00:00.000Z", status, reason } }).slice(1);
  expect(told("settled", null)).toEqual([]);
  expect(told("skipped", "Decreasing")).toEqual([
    "Its last report, of 2026-06-01T12:00:00.000Z, was skipped: Decreasing (docs/oracle.md#skipped-reports).",
  ]);
  expect(told("skipped", "waits: export of 97 Wh")).toEqual([
    "Its last report, of 2026-06-01T12:00:00.000Z, waits: export of 97 Wh (docs/oracle.md#skipped-reports).",
  ]);
});
