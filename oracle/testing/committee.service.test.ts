import { describe } from "vitest";
import { committee } from "./committee.ts";

describe("the committee of three", committee);
