import { describe } from "vitest";
import { manyNeighbours, slots } from "./slots.ts";

describe("neighbours' slots", slots);
describe("a larger neighbourhood's slots", manyNeighbours);
