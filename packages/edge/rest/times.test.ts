import { expect, test } from "vitest";
import { instant, TIME_FORMS } from "./times.ts";

test("a time names its zone, also where the plus came as a blank; what is finer than a second is kept", () => {
  const eight = Date.UTC(2026, 10, 28, 8) / 1_000;
  for (const text of ["2026-11-28T08:00:00Z", "2026-11-28T15:00:00+07:00", "2026-11-28T15:00:00 07:00"])
    expect(instant.parse(text)).toBe(eight);
  expect(instant.parse("2026-11-28T08:00:00.500Z")).toBe(eight + 0.5);
});

test("no time before 1970 is taken", () => {
  expect(instant.parse("1970-01-01T07:00:00+07:00")).toBe(0);
  expect(instant.safeParse("1970-01-01T06:59:59.999+07:00").error!.issues).toMatchObject([
    { message: "must be a time from 1970 on" },
  ]);
});

test("a date alone, or a time without its zone, is refused with the forms that are taken", () => {
  for (const text of ["2026-11-28", "2026-11-28T08:00:00", "tomorrow", "", "1795852800", 5]) {
    const { error } = instant.safeParse(text);
    expect([text, error!.issues.map(({ message }) => message)]).toEqual([
      text,
      [
        "must be a time with its zone, as in ISO 8601: 2026-11-28T08:00:00Z or 2026-11-28T15:00:00+07:00; a date alone is none",
      ],
    ]);
  }
  expect(TIME_FORMS).toContain("a date alone is none");
});
