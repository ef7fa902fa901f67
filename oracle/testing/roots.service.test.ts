import { describe } from "vitest";
import { rootsOfWindows } from "./roots.ts";

describe("a committee that works by roots", rootsOfWindows);
