/** `enerlink restore`: a copy in the place of an oracle node's store. */
import type { Argv } from "yargs";
import { answering } from "./answer.ts";

export function restore(cli: Argv) {
  cli.command(
    "restore <copy> <folder>",
    "put a copy in the place of a stopped node's store, which is set aside",
    (yargs) =>
      yargs
        .positional("copy", { type: "string", demandOption: true, describe: "a copy from BACKUP_DIR" })
        .positional("folder", { type: "string", demandOption: true, describe: "the node's DATA_DIR" }),
    answering(async ({ copy, folder }) => {
      const { restore } = await import("../oracle/src/keeping/restore.ts");
      const aside = restore(copy, folder);
      const former = aside ? ` The former store is ${aside}.` : "";
      return {
        text: `Restored ${copy} to ${folder}.${former}`,
        data: { copy, folder, aside: aside ?? null },
      };
    }),
  );
}
