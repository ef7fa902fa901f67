/** `enerlink keystore`: a key in an encrypted file. */
import { readFileSync } from "node:fs";
import { newPrivateKey, readPrivateKey } from "@enerlink/protocol/keystore";
import { readSettings, secret } from "@enerlink/service/settings";
import type { Hex } from "viem";
import type { Argv } from "yargs";
import { z } from "zod";
import { writeKey } from "../oracle/src/keys/secret-file.ts";
import { answering } from "./answer.ts";
import { UsageError } from "./options.ts";

const SHORTEST_PASSWORD = 12;

export const keystoreSettings = z.object({
  KEYSTORE_PASSWORD: secret(
    z
      .string({ error: "is needed" })
      .min(SHORTEST_PASSWORD, { error: `must be a password of at least ${SHORTEST_PASSWORD} characters` }),
    `The password under which \`enerlink keystore\` writes a key, at least ${SHORTEST_PASSWORD} characters.`,
  ),
});

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
    answering(async ({ file, import: given }) => {
      const { KEYSTORE_PASSWORD } = readSettings(keystoreSettings);
      const address = await writeKey(file, given ? importedKey() : newPrivateKey(), KEYSTORE_PASSWORD);
      return { text: `${address} is in ${file}`, data: { address, file } };
    }),
  );
}

function importedKey(): Hex {
  try {
    return readPrivateKey(readFileSync(0, "utf8"));
  } catch {
    throw new UsageError("standard input: 64 hexadecimal digits, or 12 to 24 words, are expected");
  }
}
