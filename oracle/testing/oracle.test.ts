import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { brokerRules } from "./broker-rules.ts";
import { chainTrouble } from "./chain-trouble.ts";
import { committee } from "./committee.ts";
import { crashes } from "./crash.ts";
import { oneNode } from "./node.ts";

// One file, because each starts a chain and deploys on it: they would only slow each other down.
describe("the oracle, from outside", () => oneNode("aedes"));
describe("the oracle, killed", () => crashes("aedes"));
// A broker as in production, where it is installed; elsewhere these count as skipped.
const onMosquitto = describe.skipIf(!hasMosquitto());
onMosquitto("the oracle, from outside (Mosquitto)", () => oneNode("mosquitto"));
onMosquitto("the oracle, killed (Mosquitto)", () => crashes("mosquitto"));
onMosquitto("Mosquitto as it is shipped", brokerRules);
describe("the committee of three", committee);
describe("the oracle, on a troubled chain (Hardhat)", () => chainTrouble("hardhat"));
describe("the oracle, on a troubled chain (anvil)", () => chainTrouble("anvil"));
