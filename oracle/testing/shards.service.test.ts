import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { shards } from "./shards.ts";

describe.skipIf(!hasMosquitto())("three members of two shards each, at Mosquitto as it is shipped", shards);
