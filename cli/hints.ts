/** What may be changed in a binding, by the settings that a refusal is about. */
import type { Setting } from "../oracle/src/rules/about.ts";

const hints: Record<Setting, string> = {
  arrays: "`arrays` says what a list is: phases to be added up, or the sum first",
  byException: "where the device sends only what has changed, `byException` is true",
  clock: "where the device never knows the time, `clock` is receipt",
  device: "`device` is another's name, or two devices send on one topic",
  exports: "`exports` is true where the device has a register for what it gives back",
  fields:
    "where the device has no such register, `fields` says null in its place; `import` is what is drawn from the grid",
  key: "`key` is another station's",
  offset: "`offset` is not the zone of the device's clock, or the clock is wrong",
  power: "`power` is where the message shows the power of what the registers count",
  powerUnit: "`powerUnit` says whether that is in W or kW",
  registers: "`registers`: `import` is what is drawn from the grid, `export` what is fed in",
  unit: "`unit` is the other of Wh and kWh",
};

/** Where the message alone does not tell its time. */
const NO_OFFSET = "`offset` is left out: it says the zone of the device's clock, such as +07:00";

/** What may be changed, if that is known. @param reason What the message was refused for */
export const hintOf = (settings: readonly Setting[], reason?: string): string | undefined =>
  settings.length > 0
    ? settings
        .map((setting) => (setting === "offset" && reason === "malformed" ? NO_OFFSET : hints[setting]))
        .join("; ")
    : undefined;
