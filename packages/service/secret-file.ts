import { readFileSync, statSync } from "node:fs";

/** Of a file of this user, what is anybody else's right; of another's, which only its group's rights open, the rest. */
const MINE = 0o077;
const ANOTHERS = 0o037;

/**
 * A file that others may read keeps no secret. Where an orchestrator owns the file, the program reads it as one of its
 * group: Kubernetes mounts secrets so.
 * @throws when it does not exist, or its mode allows more than reading and writing by its owner, and reading by its group
 *   where it is another user's.
 */
export function readSecretFile(file: string): string {
  try {
    const { mode: all, uid } = statSync(file);
    const mode = all & 0o777;
    if ((mode & (uid === process.getuid?.() ? MINE : ANOTHERS)) !== 0)
      throw new Error(`${file} has mode 0${mode.toString(8)}; only its owner may read it (chmod 600)`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") throw new Error(`${file} does not exist`);
    throw error;
  }
}
