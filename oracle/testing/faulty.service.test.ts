import { describe } from "vitest";
import { faultyMember } from "./faulty.ts";

describe("a faulty member of three", faultyMember);
