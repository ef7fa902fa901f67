import { describe, expect, test } from "vitest";
import { newPrivateKey, readKeystore, readPrivateKey, seal, unseal } from "./keystore.ts";

/** The two examples of the Web3 secret storage definition: password "testpassword". */
const published = {
  scrypt: {
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
      ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
      kdf: "scrypt",
      kdfparams: {
        dklen: 32,
        n: 262144,
        p: 8,
        r: 1,
        salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
      },
      mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    version: 3,
  },
  pbkdf2: {
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
      ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
      kdf: "pbkdf2",
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: "hmac-sha256",
        salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
      },
      mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    version: 3,
  },
};
const PUBLISHED_KEY = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
/** Quick, for the tests; r and p as Geth has them. */
const light = { n: 2 ** 10, r: 8, p: 1 };

describe("a wallet's file", () => {
  test.each(Object.entries(published))(
    "is opened as the standard's %s example says",
    async (_, file) => {
      expect(await unseal(readKeystore(JSON.stringify(file)), "testpassword")).toBe(PUBLISHED_KEY);
    },
    60_000,
  );

  test("gives the key back to its password only, after any way through text", async () => {
    const key = newPrivateKey();
    const { address, keystore } = await seal(key, "correct horse", light);
    expect(keystore.address).toBe(address.slice(2).toLowerCase());
    expect(JSON.stringify(keystore)).not.toContain(key.slice(2));
    const again = readKeystore(JSON.stringify(keystore));
    expect(await unseal(again, "correct horse")).toBe(key);
    await expect(unseal(again, "correct house")).rejects.toMatchObject({ kind: "password" });
  });

  test("is refused when it is none, or asks too much of the device", async () => {
    for (const text of ["", "{}", "no json", JSON.stringify({ ...published.scrypt, version: 1 })])
      expect(() => readKeystore(text)).toThrow("file");
    const { crypto, ...rest } = published.scrypt;
    const huge = { ...rest, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, n: 2 ** 30 } } };
    await expect(unseal(readKeystore(JSON.stringify(huge)), "x")).rejects.toMatchObject({ kind: "costly" });
    const changed = (change: object) => () =>
      readKeystore(
        JSON.stringify({ ...rest, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, ...change } } }),
      );
    for (const n of [0, 1, 1_000, 2 ** 10 + 1]) expect(changed({ n }), String(n)).toThrow("file");
    for (const salt of ["", "abc", "zz", "ab".repeat(65)]) expect(changed({ salt }), salt).toThrow("file");
    expect(changed({ n: 2 ** 10, salt: "ab".repeat(64) })).not.toThrow();
  });
});

describe("what somebody wrote down", () => {
  test("is read as digits or as words", () => {
    expect(readPrivateKey(` ${PUBLISHED_KEY.slice(2)} `)).toBe(PUBLISHED_KEY);
    expect(readPrivateKey("Test test test test test test test test test test test junk")).toBe(
      "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    );
  });
  test("is refused when it is neither", () => {
    for (const text of ["", "0x12", "0".repeat(64), "one two three", `${"test ".repeat(11)}test`])
      expect(() => readPrivateKey(text), text).toThrow("key");
  });
});
