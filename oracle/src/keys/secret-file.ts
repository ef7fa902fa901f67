/** Files that hold a key under a password. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { KeystoreProblem, readKeystore, seal, unseal } from "@enerlink/protocol/keystore";
import { readSecretFile } from "@enerlink/service/secret-file";
import { writeWhole } from "@enerlink/service/whole-file";
import type { Hex } from "viem";

const problems: Record<KeystoreProblem["kind"], (file: string) => string> = {
  file: (file) => `${file} is not a keystore of version 3 (scrypt or pbkdf2, aes-128-ctr)`,
  password: (file) => `the password does not open ${file}`,
  costly: (file) => `${file} asks for more memory or work than 1 GiB and eight times the usual`,
  key: (file) => `${file} holds no private key`,
};

/**
 * The private key in a keystore file.
 * @throws when the file is none, others may read it, it asks for too much work, or the password is not its own.
 */
export async function readKey(file: string, password: string): Promise<Hex> {
  const text = readSecretFile(file);
  try {
    return await unseal(readKeystore(text), password);
  } catch (error) {
    if (error instanceof KeystoreProblem) throw new Error(problems[error.kind](file));
    throw error;
  }
}

/** Writes `privateKey` encrypted with `password`; never over an existing file. @returns the key's address. */
export async function writeKey(file: string, privateKey: Hex, password: string) {
  const { address, keystore } = await seal(privateKey, password);
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, `${JSON.stringify(keystore)}\n`, { mode: 0o600, anew: true });
  return address;
}
