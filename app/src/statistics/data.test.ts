import { expect, test } from "vitest";
import { daysOf } from "./data.ts";

const at = (time: string) => Date.parse(time) / 1_000;
const hour = (time: string, exportedWh: bigint, importedWh: bigint) => ({
  start: at(time),
  exportedWh,
  importedWh,
});

test("a day of the community is Jakarta's, from midnight on, as it is on a household's pages", () => {
  expect(
    daysOf([
      hour("2026-11-26T16:00:00Z", 1n, 10n),
      hour("2026-11-26T17:00:00Z", 2n, 20n),
      hour("2026-11-27T00:00:00Z", 4n, 40n),
      hour("2026-11-27T16:00:00Z", 8n, 80n),
      hour("2026-11-29T03:00:00Z", 16n, 160n),
    ]),
  ).toEqual([
    hour("2026-11-26T00:00:00+07:00", 1n, 10n),
    hour("2026-11-27T00:00:00+07:00", 14n, 140n),
    hour("2026-11-29T00:00:00+07:00", 16n, 160n),
  ]);
});
