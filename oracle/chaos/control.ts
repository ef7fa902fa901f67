/** An oracle with a mistake in it: `CHAOS_CONTROL` names which of `controls.ts`. */
import { plantMistake } from "../simulation/mistakes.ts";
import { CONTROL, controls } from "./controls.ts";

const name = process.env[CONTROL] ?? "";
const control = controls[name];
if (!control) throw new Error(`${CONTROL}: ${name} is none; there are: ${Object.keys(controls).join("; ")}`);
plantMistake(control.edits);
await import("../src/index.ts");
