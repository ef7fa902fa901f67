import { describe } from "vitest";
import { chainTrouble } from "./chain-trouble.ts";

describe("the oracle, on a troubled chain (Hardhat)", () => chainTrouble("hardhat"));
