import { expect, test } from "vitest";
import { growthOf } from "./memory.ts";

const warmUp = [20, 35, 45, 49];
const hours = (value: (hour: number) => number) => Array.from({ length: 20 }, (_, hour) => value(hour));

test("memory that settles and wavers does not grow; what adds up does", () => {
  expect(growthOf(warmUp)).toBeUndefined();
  expect(growthOf([...warmUp, ...hours((hour) => 50 + 2 * Math.sin(hour))])).toMatchObject({ leaks: false });
  const leaking = growthOf([...warmUp, ...hours((hour) => 50 + 0.5 * hour)]);
  expect(leaking).toMatchObject({ first: 50, last: 59.5, leaks: true });
  expect(leaking!.megabytesAnHour).toBeCloseTo(0.5);
});
