/** The program's version, as its package has it. */
import manifest from "../package.json" with { type: "json" };

export const VERSION = manifest.version;
