/** `enerlink keystore`: a key in an encrypted file. */
import { readFileSync } from "node:fs";
import { newPrivateKey, readPrivateKey } from "@enerlink/protocol/keystore";
import type { Hex } from "viem";
import type { Argv } from "yargs";
import { readSecretFile, writeKey } from "../oracle/src/keys/secret-file.ts";
import { UsageError } from "./options.ts";

const SHORTEST_PASSWORD = 12;

export function keystore(cli: Argv) {
  cli.command(
    "keystore <file>",
    "make a key in an encrypted file and print its address; KEYSTORE_PASSWORD or KEYSTORE_PASSWORD_FILE gives the password",
    (yargs) =>
      yargs
        .positional("file", { type: "string", demandOption: true, describe: "the file to write" })
        .option("import", {
          type: "boolean",
          default: false,
          describe: "take the private key, or 12 to 24 words, from standard input",
        }),
    async ({ file, import: given }) => {
      const password = passwordOf(process.env);
      const address = await writeKey(file, given ? importedKey() : newPrivateKey(), password);
      console.info(`${address} is in ${file}`);
    },
  );
}

function passwordOf(environment: Record<string, string | undefined>): string {
  const file = environment.KEYSTORE_PASSWORD_FILE;
  const password = file ? readSecretFile(file).replace(/\r?\n$/, "") : environment.KEYSTORE_PASSWORD;
  if (!password || password.length < SHORTEST_PASSWORD)
    throw new UsageError(
      `KEYSTORE_PASSWORD or KEYSTORE_PASSWORD_FILE: a password of at least ${SHORTEST_PASSWORD} characters`,
    );
  return password;
}

function importedKey(): Hex {
  try {
    return readPrivateKey(readFileSync(0, "utf8"));
  } catch {
    throw new UsageError("standard input: 64 hexadecimal digits, or 12 to 24 words, are expected");
  }
}
