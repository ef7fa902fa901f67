import { describe } from "vitest";
import { events } from "./events.ts";

describe("three nodes' events", events);
