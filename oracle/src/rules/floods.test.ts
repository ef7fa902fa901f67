import { expect, test } from "vitest";
import { FLOOD, makeFloods } from "./floods.ts";

test("of a topic that brings nothing but refused messages one is kept now and then; no other suffers", () => {
  let time = 0;
  const floods = makeFloods({ now: () => time });
  let kept = 0;
  for (; time < 10_000; time += 1) {
    if (floods.isFlooding("forger")) continue;
    kept++;
    floods.refused("forger");
  }
  expect(kept).toBeGreaterThanOrEqual(FLOOD.atOnce + 9 * FLOOD.eachSecond);
  expect(kept).toBeLessThanOrEqual(FLOOD.atOnce + 11 * FLOOD.eachSecond);
  expect(floods.isFlooding("other")).toBe(false);
  time += (1_000 * FLOOD.atOnce) / FLOOD.eachSecond;
  for (let message = 0; message < FLOOD.atOnce; message++) {
    expect(floods.isFlooding("forger")).toBe(false);
    floods.refused("forger");
  }
  expect(floods.isFlooding("forger")).toBe(true);
});

test("however many topics there are, few are remembered", () => {
  const floods = makeFloods({ now: () => 0 });
  for (let refused = 0; refused < FLOOD.atOnce; refused++) floods.refused("first");
  expect(floods.isFlooding("first")).toBe(true);
  for (let topic = 0; topic < 10_000; topic++) floods.refused(`topic ${topic}`);
  expect(floods.isFlooding("first")).toBe(false);
});

test("a clock that is put back makes no flood, and lets one end as soon as without", () => {
  let time = 200_000;
  const floods = makeFloods({ now: () => time });
  floods.refused("one");
  for (let refused = 0; refused < FLOOD.atOnce; refused++) floods.refused("many");
  time -= 160_000;
  expect(floods.isFlooding("one")).toBe(false);
  expect(floods.isFlooding("many")).toBe(true);
  time += 1_000;
  expect(floods.isFlooding("many")).toBe(false);
});
