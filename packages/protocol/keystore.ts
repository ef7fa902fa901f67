/**
 * Private keys under a password: keystore version 3, as Geth and MetaMask write it. The derivation is done here because
 * ox takes r and p as given by itself, whatever the file says. Loaded when a wallet is made, opened or unlocked.
 */
import { pbkdf2Async } from "@noble/hashes/pbkdf2";
import { scryptAsync } from "@noble/hashes/scrypt";
import { sha256 } from "@noble/hashes/sha2";
import * as Keystore from "ox/Keystore";
import * as Mnemonic from "ox/Mnemonic";
import { bytesToHex, type Hex, hexToBytes, isHex, toHex } from "viem";
import { generatePrivateKey, mnemonicToAccount, privateKeyToAddress } from "viem/accounts";
import { z } from "zod/mini";

/** 128 MiB and about a second on a laptop (OWASP's advice). */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
/** What a file may ask of this device: 1 GiB, and no more work than eight times our own. */
const MOST_MEMORY = 2 ** 30;
const MOST_WORK = 8 * COST.n * COST.r * COST.p;
const MOST_ITERATIONS = 10_000_000;

/** Whole bytes, of which writers use 32; more than this is no salt but work. */
const MOST_SALT_BYTES = 64;
const salt = z.string().check(z.regex(new RegExp(`^([0-9a-fA-F]{2}){1,${MOST_SALT_BYTES}}$`)));
const powerOfTwo = z.int().check(z.refine((n) => n > 1 && Number.isInteger(Math.log2(n))));
const count = z.int().check(z.positive());
const cryptoFields = {
  cipher: z.literal("aes-128-ctr"),
  ciphertext: z.string().check(z.regex(/^[0-9a-fA-F]{64}$/)),
  cipherparams: z.object({ iv: z.string().check(z.regex(/^[0-9a-fA-F]{32}$/)) }),
  mac: z.string().check(z.regex(/^[0-9a-fA-F]{64}$/)),
};
const keystoreSchema = z.object({
  version: z.literal(3),
  id: z.string(),
  address: z.optional(z.string()),
  crypto: z.discriminatedUnion("kdf", [
    z.object({
      ...cryptoFields,
      kdf: z.literal("scrypt"),
      kdfparams: z.object({ dklen: z.literal(32), n: powerOfTwo, r: count, p: count, salt }),
    }),
    z.object({
      ...cryptoFields,
      kdf: z.literal("pbkdf2"),
      kdfparams: z.object({ dklen: z.literal(32), c: count, prf: z.literal("hmac-sha256"), salt }),
    }),
  ]),
});
export type StoredKeystore = z.infer<typeof keystoreSchema>;

/** Why a key cannot be opened or taken over. */
export class KeystoreProblem extends Error {
  readonly kind: "password" | "file" | "costly" | "key";
  constructor(kind: KeystoreProblem["kind"]) {
    super(kind);
    this.kind = kind;
  }
}

async function derive({ kdf, kdfparams }: StoredKeystore["crypto"], password: string): Promise<Hex> {
  // Some writers compose letters, others do not; the same password has to give the same key.
  const secret = new TextEncoder().encode(password.normalize("NFKC"));
  const salt = hexToBytes(`0x${kdfparams.salt}`);
  if (kdf === "pbkdf2") {
    if (kdfparams.c > MOST_ITERATIONS) throw new KeystoreProblem("costly");
    return bytesToHex(await pbkdf2Async(sha256, secret, salt, { c: kdfparams.c, dkLen: 32 }));
  }
  const { n, r, p } = kdfparams;
  if (128 * n * r > MOST_MEMORY || n * r * p > MOST_WORK) throw new KeystoreProblem("costly");
  const options = { N: n, r, p, dkLen: 32, maxmem: 2 * MOST_MEMORY };
  try {
    return bytesToHex(await scryptAsync(secret, salt, options));
  } catch {
    // Parameters that each are allowed, and that scrypt does not take together.
    throw new KeystoreProblem("file");
  }
}

/** @param cost other than the usual only in tests */
export async function seal(
  privateKey: Hex,
  password: string,
  cost: { n: number; r: number; p: number } = COST,
) {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const kdf = {
    kdf: "scrypt",
    kdfparams: { dklen: 32, ...cost, salt: bytesToHex(salt).slice(2) },
  } as const;
  const key = await derive({ ...kdf } as StoredKeystore["crypto"], password);
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const address = privateKeyToAddress(privateKey);
  const keystore = {
    address: address.slice(2).toLowerCase(),
    ...Keystore.encrypt(privateKey, key, { ...kdf, iv }),
  };
  return { address, keystore: keystore as StoredKeystore };
}

/** @throws KeystoreProblem `password` when it is not the file's, `costly` when the file asks too much of this device */
export async function unseal(keystore: StoredKeystore, password: string): Promise<Hex> {
  const key = await derive(keystore.crypto, password);
  try {
    return Keystore.decrypt(keystore as Keystore.Keystore, key);
  } catch {
    throw new KeystoreProblem("password");
  }
}

/** @throws KeystoreProblem `file` when the text is no keystore of version 3 */
export function readKeystore(text: string): StoredKeystore {
  try {
    return keystoreSchema.parse(JSON.parse(text));
  } catch {
    throw new KeystoreProblem("file");
  }
}

export const newPrivateKey = generatePrivateKey;
export const addressOf = privateKeyToAddress;

/**
 * A private key from what somebody wrote down: 64 hexadecimal digits, or 12 to 24 words (first account).
 * @throws KeystoreProblem `key` when it is neither
 */
export function readPrivateKey(text: string): Hex {
  const trimmed = text.trim();
  const digits = trimmed.startsWith("0x") ? trimmed : `0x${trimmed}`;
  try {
    if (isHex(digits) && digits.length === 66) {
      privateKeyToAddress(digits);
      return digits;
    }
    const words = trimmed.toLowerCase().split(/\s+/).join(" ");
    // A word that was mistyped would open another, empty wallet: the last word proves the others.
    if (!Mnemonic.validate(words, Mnemonic.english)) throw new KeystoreProblem("key");
    return toHex(mnemonicToAccount(words).getHdKey().privateKey!);
  } catch {
    throw new KeystoreProblem("key");
  }
}
