import { describe, expect, test } from "vitest";
import { paceOf } from "./pace.ts";

const NOW = 1_800_000_000_000;
const pace = (change: Partial<Parameters<typeof paceOf>[0]> = {}) => ({
  touchedAt: NOW - 1_000,
  urgentAt: 0,
  streamed: false,
  ...change,
});

describe("a question is asked again", () => {
  test("every two seconds while somebody looks and nothing tells what changed", () => {
    expect(paceOf(pace(), NOW, 2_000, true)).toBe(2_000);
    expect(paceOf(pace({ streamed: true }), NOW, 2_000, false)).toBe(2_000);
  });

  test("seldom while the stream tells it, and never sooner than it is by itself", () => {
    expect(paceOf(pace({ streamed: true }), NOW, 2_000, true)).toBe(10_000);
    expect(paceOf(pace({ streamed: true }), NOW, 60_000, true)).toBe(60_000);
  });

  test("hardly at all while nobody touches the page", () => {
    for (const streamed of [false, true])
      expect(paceOf(pace({ touchedAt: NOW - 61_000, streamed }), NOW, 500, true)).toBe(30_000);
  });

  test("quickly while something of one's own is under way, touched or not", () => {
    const urgent = { urgentAt: NOW - 29_000, touchedAt: NOW - 600_000, streamed: true };
    expect(paceOf(pace(urgent), NOW, 2_000, true)).toBe(2_000);
    expect(paceOf(pace({ ...urgent, urgentAt: NOW - 31_000 }), NOW, 2_000, true)).toBe(30_000);
  });
});
