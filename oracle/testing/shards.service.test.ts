import { describe } from "vitest";
import { shards } from "./shards.ts";

describe("three members of two shards each", shards);
