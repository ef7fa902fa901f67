import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { type Called, callAll, householdOf } from "./called.ts";

const meter = (serial: string, kind: Called["kind"]): Called => ({ id: `0x${serial}`, serial, kind });
const [home, battery, other] = [
  meter("home-05", "PROSUMER"),
  meter("battery-05", "BATTERY"),
  meter("battery-06", "BATTERY"),
];
const kemang = { serial: "home-05", label: "Rumah Kemang" };
const called = (
  meters: Called[],
  given: Record<string, string> = {},
  household: Parameters<typeof callAll>[2] | null = kemang,
) => Object.fromEntries(callAll(meters, given, household ?? undefined, makeI18n("en", en).t));

test("a meter is called as its household is, or what it is", () => {
  expect(called([home, battery])).toEqual({ "home-05": "Rumah Kemang", "battery-05": "Battery" });
  expect(called([home], {}, null)).toEqual({ "home-05": "Home" });
  // Somebody's name is not that of every meter that they hold.
  expect(called([home], {}, { serial: "bank", label: "Bank (IDRS issuer)" })).toEqual({ "home-05": "Home" });
  expect(callAll([meter("roof-1", "CONSUMER")], {}, undefined, makeI18n("id", id).t).get("roof-1")).toBe(
    "Rumah",
  );
});

test("two of one name are told apart by their serials", () => {
  expect(called([battery, other])).toEqual({
    "battery-05": "Battery (battery-05)",
    "battery-06": "Battery (battery-06)",
  });
});

test("what its owner calls it goes first, for that meter and no other", () => {
  expect(called([home, battery, other], { "0xbattery-05": "Garasi", "0xhome-05": "Rumah Ibu" })).toEqual({
    "home-05": "Rumah Ibu",
    "battery-05": "Garasi",
    "battery-06": "Battery",
  });
});

test("a neighbour's meter is called as its household is, and by its serial where nobody knows that", () => {
  const households = [
    { name: "home-03", label: "Rumah Kebayoran" },
    { name: "home-04", label: "" },
  ];
  expect(["home-03", "home-04", "roof-1"].map((serial) => householdOf(serial, households))).toEqual([
    "Rumah Kebayoran",
    "home-04",
    "roof-1",
  ]);
});
