/**
 * `pnpm --filter @enerlink/oracle keystore <file>`: makes a new key in an encrypted file and prints its address.
 * With `--import` the private key is read from standard input instead. KEYSTORE_PASSWORD or KEYSTORE_PASSWORD_FILE
 * gives the password.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { newPrivateKey, readPrivateKey } from "@enerlink/protocol/keystore";
import { messageOf } from "@enerlink/service/log";
import type { Hex } from "viem";
import { readSecretFile, writeKey } from "./secret-file.ts";

const SHORTEST_PASSWORD = 12;

function passwordOf(environment: Record<string, string | undefined>): string {
  const file = environment.KEYSTORE_PASSWORD_FILE;
  const password = file ? readSecretFile(file).replace(/\r?\n$/, "") : environment.KEYSTORE_PASSWORD;
  if (!password || password.length < SHORTEST_PASSWORD)
    throw new Error(
      `KEYSTORE_PASSWORD or KEYSTORE_PASSWORD_FILE: a password of at least ${SHORTEST_PASSWORD} characters`,
    );
  return password;
}

function importedKey(): Hex {
  try {
    return readPrivateKey(readFileSync(0, "utf8"));
  } catch {
    throw new Error("standard input: 64 hexadecimal digits, or 12 to 24 words, are expected");
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { import: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (!file) throw new Error("name the file to write: keystore [--import] <file>");
  const password = passwordOf(process.env);
  const address = await writeKey(file, values.import ? importedKey() : newPrivateKey(), password);
  console.info(`${address} is in ${file}`);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
