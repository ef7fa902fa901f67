import { randomUUID } from "node:crypto";
import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

type Options = {
  /** Less what the process's mask takes. */
  mode?: number;
  /** Only where no such file is. */
  anew?: boolean;
};

/**
 * Writes a file of which a reader finds all or nothing, also when the writer is killed meanwhile: beside its place first.
 * @throws EEXIST where there is one and it is to be written `anew`
 */
export function writeWhole(file: string | URL, text: string, options: Options = {}): void {
  const { mode = 0o644, anew = false } = options;
  const beside = `${typeof file === "string" ? file : fileURLToPath(file)}.${randomUUID()}`;
  try {
    writeFileSync(beside, text, { mode, flush: true });
    (anew ? linkSync : renameSync)(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
}
