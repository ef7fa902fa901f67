/** Encrypted key files: Web3 Secret Storage version 3, as geth, web3signer and wallets write them. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Bytes, Keystore } from "ox";
import type { Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { z } from "zod";

const bytesHex = z.string().regex(/^(?:[0-9a-f]{2})+$/i);
/** What keeps a derivation from taking minutes or all memory. */
const MOST_WORK = 2 ** 20;

const schema = z.object({
  version: z.literal(3),
  id: z.string(),
  crypto: z.object({
    cipher: z.literal("aes-128-ctr"),
    ciphertext: bytesHex,
    cipherparams: z.object({ iv: bytesHex }),
    mac: bytesHex,
    kdf: z.enum(["scrypt", "pbkdf2"]),
    kdfparams: z.looseObject({
      dklen: z.literal(32),
      salt: bytesHex,
      n: z.number().int().max(MOST_WORK).optional(),
      c: z
        .number()
        .int()
        .max(16 * MOST_WORK)
        .optional(),
    }),
  }),
});

/** A file that others may read keeps no secret. @throws when its mode allows more than reading and writing by its owner. */
export function readSecretFile(file: string): string {
  let text: string;
  try {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw new Error(`${file} has mode 0${mode.toString(8)}; only its owner may read it (chmod 600)`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") throw new Error(`${file} does not exist`);
    throw error;
  }
  return text;
}

/**
 * The private key in a keystore file.
 * @throws when the file is none, others may read it, or the password is not its own.
 */
export function readKeystore(file: string, password: string): Hex {
  const text = readSecretFile(file);
  let keystore: Keystore.Keystore;
  try {
    keystore = schema.parse(JSON.parse(text)) as unknown as Keystore.Keystore;
  } catch {
    throw new Error(`${file} is not a keystore of version 3 (scrypt or pbkdf2, aes-128-ctr)`);
  }
  try {
    return Keystore.decrypt(keystore, Keystore.toKey(keystore, { password }));
  } catch {
    throw new Error(`the password does not open ${file}`);
  }
}

/** Writes `privateKey` encrypted with `password`; never over an existing file. @returns the key's address. */
export function writeKeystore(file: string, privateKey: Hex, password: string) {
  const [key, options] = Keystore.scrypt({ password, n: 2 ** 17, r: 8, p: 1 });
  const address = privateKeyToAddress(privateKey);
  const keystore = { address: address.slice(2).toLowerCase(), ...Keystore.encrypt(privateKey, key, options) };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(keystore)}\n`, { mode: 0o600, flag: "wx" });
  return address;
}

export const newPrivateKey = (): Hex => Bytes.toHex(Bytes.random(32));
