import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { crashes } from "./crash.ts";

describe("the oracle, killed", () => crashes("aedes"));
// A broker as in production, where it is installed; elsewhere it counts as skipped.
describe.skipIf(!hasMosquitto())("the oracle, killed (Mosquitto)", () => crashes("mosquitto"));
