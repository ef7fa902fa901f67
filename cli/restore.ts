/** `enerlink restore`: a copy in the place of an oracle node's store. */
import type { Argv } from "yargs";

export function restore(cli: Argv) {
  cli.command(
    "restore <copy> <folder>",
    "put a copy in the place of a stopped node's store, which is set aside",
    (yargs) =>
      yargs
        .positional("copy", { type: "string", demandOption: true, describe: "a copy from BACKUP_DIR" })
        .positional("folder", { type: "string", demandOption: true, describe: "the node's DATA_DIR" }),
    async ({ copy, folder }) => {
      const { restore } = await import("../oracle/src/keeping/restore.ts");
      const aside = restore(copy, folder);
      console.info(`Restored ${copy} to ${folder}.${aside ? ` The former store is ${aside}.` : ""}`);
    },
  );
}
