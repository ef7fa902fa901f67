import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { hundredMeters } from "./hundred.ts";

describe("a window of a hundred meters, local broker", () => hundredMeters("local"));
describe.skipIf(!hasMosquitto())("a window of a hundred meters, Mosquitto as it is shipped", () =>
  hundredMeters("mosquitto"),
);
