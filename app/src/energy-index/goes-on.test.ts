import { describe, expect, test } from "vitest";
import { goesOn } from "./goes-on.ts";

const HOUR = 3_600;
const NOON = 1_800_000_000;
const lastHour = (end: number, account = "0xa") => ({
  account,
  from: String(end - HOUR),
  to: String(end),
  groupBy: "ALL",
});

describe("what was answered stands for the same question", () => {
  test("of a minute later, and as long as it says something of that time", () => {
    expect(goesOn(lastHour(NOON), lastHour(NOON + 60), NOON)).toBe(true);
    // Handed on from minute to minute it was answered when it was.
    expect(goesOn(lastHour(NOON + 59 * 60), lastHour(NOON + 60 * 60 - 1), NOON)).toBe(true);
    expect(goesOn(lastHour(NOON + HOUR), lastHour(NOON + HOUR + 60), NOON)).toBe(false);
    expect(goesOn(lastHour(NOON), lastHour(NOON + 60), 0)).toBe(false);
  });

  test("with a beginning that moves on, or an end", () => {
    const since = (from: number) => ({ owner: "0xa", from: String(from), seconds: HOUR });
    expect(goesOn(since(NOON - 24 * HOUR), since(NOON - 23 * HOUR), NOON)).toBe(true);
    const month = (to: number) => ({ account: "0xa", from: "1", to: String(to) });
    expect(goesOn(month(NOON), month(NOON + 24 * HOUR), NOON)).toBe(true);
  });

  test("and for no other account, no other day, and no time that was chosen", () => {
    expect(goesOn(lastHour(NOON), lastHour(NOON + 60, "0xb"), NOON)).toBe(false);
    expect(goesOn(lastHour(NOON), { ...lastHour(NOON + 60), groupBy: "DAY" }, NOON)).toBe(false);
    // The hour after it, and the one before.
    expect(goesOn(lastHour(NOON), lastHour(NOON + HOUR), NOON + 2 * HOUR)).toBe(false);
    expect(goesOn(lastHour(NOON), lastHour(NOON - HOUR / 2), NOON)).toBe(false);
  });
});
