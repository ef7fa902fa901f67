import { expect, test } from "vitest";
import { filesOf, plant, sourceOf } from "../simulation/mistakes.ts";
import { controls } from "./controls.ts";

test.each(Object.entries(controls))(
  "the oracle still says what is changed by one that %s",
  (_, { edits }) => {
    for (const file of filesOf(edits)) expect(plant(sourceOf(file), file, edits)).not.toBe(sourceOf(file));
  },
);
