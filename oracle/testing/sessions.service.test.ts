import { describe } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { sessions } from "./sessions.ts";

describe("sessions at the local broker", () => sessions("local"));
describe.skipIf(!hasMosquitto())("sessions at Mosquitto as it is shipped", () => sessions("mosquitto"));
