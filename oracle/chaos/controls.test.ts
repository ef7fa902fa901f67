import { expect, test } from "vitest";
import { plant, sourceOf } from "../simulation/mistakes.ts";
import { controls } from "./controls.ts";

test.each(Object.entries(controls))("the oracle still says what is changed by one that %s", (_, control) => {
  expect(plant(sourceOf(control), control)).not.toBe(sourceOf(control));
});
