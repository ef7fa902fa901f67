/** An oracle with a mistake in it: `CHAOS_CONTROL` names which of `controls.ts`. */
import { plantMistake } from "../simulation/mistakes.ts";
import { CONTROL, controls } from "./controls.ts";

plantMistake(process.env[CONTROL] ?? "", controls);
await import("../src/index.ts");
