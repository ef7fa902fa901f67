import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { brokerRules } from "./broker-rules.ts";
import { oneNode } from "./node.ts";

describe("the oracle, from outside", () => oneNode("aedes"));
// A broker as in production, where it is installed; elsewhere these count as skipped.
const onMosquitto = describe.skipIf(!hasMosquitto());
onMosquitto("the oracle, from outside (Mosquitto)", () => oneNode("mosquitto"));
onMosquitto("Mosquitto as it is shipped", brokerRules);
