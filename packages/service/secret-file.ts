import { readFileSync, statSync } from "node:fs";

/**
 * A file that others may read keeps no secret.
 * @throws when it does not exist, or its mode allows more than reading and writing by its owner.
 */
export function readSecretFile(file: string): string {
  try {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw new Error(`${file} has mode 0${mode.toString(8)}; only its owner may read it (chmod 600)`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") throw new Error(`${file} does not exist`);
    throw error;
  }
}
