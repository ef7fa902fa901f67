import { describe } from "vitest";
import { chainTrouble } from "./chain-trouble.ts";
import { committee } from "./committee.ts";
import { crashes } from "./crash.ts";
import { oneNode } from "./node.ts";

// One file, because each starts a chain and deploys on it: they would only slow each other down.
describe("the oracle, from outside", oneNode);
describe("the oracle, killed", crashes);
describe("the committee of three", committee);
describe("the oracle, on a troubled chain (Hardhat)", () => chainTrouble("hardhat"));
describe("the oracle, on a troubled chain (anvil)", () => chainTrouble("anvil"));
