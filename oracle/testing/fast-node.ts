/** The oracle, by a clock that runs `CLOCK_SPEED` times as fast as the one on the wall: windows of minutes pass in seconds. */
import { makeClock } from "./fast-clock.ts";

const { CLOCK_BEGAN, CLOCK_ORIGIN, CLOCK_SPEED } = process.env;
const now = makeClock({
  began: Number(CLOCK_BEGAN),
  origin: Number(CLOCK_ORIGIN),
  speed: Number(CLOCK_SPEED),
});

const Wall = Date;
globalThis.Date = class extends Wall {
  constructor(...args: [] | [string | number | Date]) {
    super(...((args.length > 0 ? args : [now()]) as [number]));
  }
  static override now = now;
} as DateConstructor;

await import("../src/index.ts");
