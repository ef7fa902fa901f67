import { describe } from "vitest";
import { slots } from "./slots.ts";

describe("neighbours' slots", slots);
