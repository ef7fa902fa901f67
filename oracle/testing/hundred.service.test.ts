import { describe } from "vitest";
import { whole } from "../../test/whole.ts";
import { hasMosquitto } from "../mosquitto/start.ts";
import { hundredMeters } from "./hundred.ts";

// The broker of production, where it is installed; the whole form tries both.
if (whole || !hasMosquitto())
  describe("a window of a hundred meters, local broker", () => hundredMeters("local"));
describe.skipIf(!hasMosquitto())("a window of a hundred meters, Mosquitto as it is shipped", () =>
  hundredMeters("mosquitto"),
);
