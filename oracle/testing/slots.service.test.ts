import { describe } from "vitest";
import { slots, thirtyNeighbours } from "./slots.ts";

describe("neighbours' slots", slots);
describe("a larger neighbourhood's slots", thirtyNeighbours);
