import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { settlementBatchTypedData } from "@enerlink/protocol";
import { type Hex, recoverTransactionAddress, recoverTypedDataAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openKey } from "./keys.ts";
import { writeKey } from "./secret-file.ts";

const KEY: Hex = `0x${"1f".repeat(32)}`;
const account = privateKeyToAccount(KEY);
const PASSWORD = "correct horse battery";
const development = { chainId: 31_337, development: true };
const production = { chainId: 100, development: false };
const hidden = new Set<string>();
const hide = (secret: string) => void hidden.add(secret);
const folder = mkdtempSync(join(tmpdir(), "keys-"));
const file = join(folder, "signer.json");
const keystore = (fields: { file?: string; password?: string } = {}) =>
  ({ kind: "keystore", variable: "SIGNER_KEYSTORE", file, password: PASSWORD, ...fields }) as const;

beforeAll(() => writeKey(file, KEY, PASSWORD));
afterAll(() => rmSync(folder, { recursive: true }));

test("a plain key is for development chains only", async () => {
  const plain = { kind: "plain", variable: "PRIVATE_KEY", key: KEY } as const;
  expect((await openKey(plain, development, hide)).address).toBe(account.address);
  await expect(openKey(plain, production, hide)).rejects.toThrow(
    "PRIVATE_KEY: a plain key is allowed on development chains only, not on chain 100",
  );
});

// A derivation takes a second by design, more on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe("an encrypted file", () => {
  test("opens with its password, on any chain", async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await openKey(keystore(), production, hide)).address).toBe(account.address);
    expect([...hidden]).toEqual([KEY]);
  });

  test("opens as another program wrote it: the specification's own example", async () => {
    const example = join(folder, "example.json");
    // Web3 Secret Storage Definition, PBKDF2-SHA-256 test vector.
    const vector = {
      crypto: {
        cipher: "aes-128-ctr",
        cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
        ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        kdf: "pbkdf2",
        kdfparams: {
          c: 262_144,
          dklen: 32,
          prf: "hmac-sha256",
          salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
      },
      id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
      version: 3,
    };
    writeFileSync(example, JSON.stringify(vector), { mode: 0o600 });
    const opened = await openKey(keystore({ file: example, password: "testpassword" }), production, hide);
    const secret: Hex = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
    expect(opened.address).toBe(privateKeyToAccount(secret).address);
  });

  test.each<[string, () => Parameters<typeof openKey>[0], string]>([
    ["a wrong password", () => keystore({ password: "incorrect horse" }), "the password does not open"],
    ["a file that is missing", () => keystore({ file: join(folder, "none.json") }), "does not exist"],
    ["a file that is no keystore", () => keystore({ file: notes() }), "is not a keystore of version 3"],
    [
      "a file that asks for too much work by any of its parameters",
      () => keystore({ file: costly() }),
      "asks for more memory or work",
    ],
    [
      "a file that others may read",
      () => keystore({ file: open() }),
      "has mode 0644; only its owner may read it",
    ],
  ])("refuses %s, by name and without the secret", async (_name, source, message) => {
    const error = await openKey(source(), production, hide).catch((thrown: Error) => thrown.message);
    expect(error).toContain("SIGNER_KEYSTORE: ");
    expect(error).toContain(message);
    for (const secret of [KEY.slice(2, 20), PASSWORD, "incorrect horse"]) expect(error).not.toContain(secret);
  });

  function notes() {
    const path = join(folder, "notes.json");
    writeFileSync(path, JSON.stringify({ version: 3, password: PASSWORD }), { mode: 0o600 });
    return path;
  }
  function costly() {
    const path = join(folder, "costly.json");
    const { crypto, ...rest } = JSON.parse(readFileSync(file, "utf8"));
    const kdfparams = { ...crypto.kdfparams, n: 2, r: 2 ** 20, p: 2 ** 10 };
    writeFileSync(path, JSON.stringify({ ...rest, crypto: { ...crypto, kdfparams } }), { mode: 0o600 });
    return path;
  }
  function open() {
    const path = join(folder, "open.json");
    writeFileSync(path, readFileSync(file));
    chmodSync(path, 0o644);
    return path;
  }

  test("is made by the command, never over another", async () => {
    const made = join(folder, "made", "key.json");
    const command = (password: string, ...args: string[]) =>
      spawnSync(
        process.execPath,
        [fileURLToPath(new URL("../../../cli/enerlink.ts", import.meta.url)), "keystore", ...args],
        {
          env: { ...process.env, KEYSTORE_PASSWORD: password },
          input: KEY,
          encoding: "utf8",
        },
      );
    expect(command("short", made).stderr).toContain("a password of at least 12 characters");
    const { stdout, stderr, status } = command(PASSWORD, "--import", made);
    expect([stdout, stderr, status]).toEqual([`${account.address} is in ${made}\n`, "", 0]);
    expect((await openKey(keystore({ file: made }), production, hide)).address).toBe(account.address);
    expect(command(PASSWORD, made).stderr).toContain("EEXIST");
  });
});

describe("a signer program", () => {
  let server: Server;
  let url: string;
  let signer = account;
  let tamper = false;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { id, method, params } = JSON.parse(body);
      const answer = async () => {
        if (method === "eth_accounts") return { result: [account.address.toLowerCase()] };
        if (method === "eth_signTypedData_v4") {
          const { EIP712Domain, ...types } = JSON.parse(params[1]).types;
          return { result: await signer.signTypedData({ ...JSON.parse(params[1]), types }) };
        }
        if (method === "eth_signTransaction") {
          const { to, data, gas, nonce, chainId, maxFeePerGas, maxPriorityFeePerGas } = params[0];
          const transaction = {
            type: "eip1559",
            to,
            data: tamper ? "0x" : data,
            gas: BigInt(gas),
            nonce: Number(nonce),
            chainId: Number(chainId),
            maxFeePerGas: BigInt(maxFeePerGas),
            maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
          } as const;
          return { result: await signer.signTransaction(transaction) };
        }
        return { error: { code: -32_601, message: "no such method" } };
      };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(await answer()) }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  const remote = (address = account.address) =>
    openKey({ kind: "remote", variable: "SIGNER_URL", url, address }, production, hide);
  const typedData = settlementBatchTypedData(100, account.address, {
    reports: [
      {
        meterId: `0x${"00".repeat(32)}`,
        exportWh: 2n ** 60n,
        importWh: 1n,
        storedWh: 0n,
        timestamp: 9,
        epoch: 1,
      },
    ],
    deadline: 5n,
    configuration: 1,
  });
  const transaction = {
    type: "eip1559",
    to: account.address,
    data: "0x1234",
    gas: 21_000n,
    nonce: 0,
    chainId: 100,
    maxFeePerGas: 5n,
    maxPriorityFeePerGas: 1n,
  } as const;

  test("signs batches and transactions with a key that never comes here", async () => {
    const key = await remote();
    const signature = await key.signTypedData(typedData);
    expect(await recoverTypedDataAddress({ ...typedData, signature })).toBe(account.address);
    const raw = await key.signTransaction(transaction);
    expect(await recoverTransactionAddress({ serializedTransaction: raw as never })).toBe(account.address);
  });

  test("is not believed when it signs something else, as somebody else, or has no such key", async () => {
    const key = await remote();
    tamper = true;
    await expect(key.signTransaction(transaction)).rejects.toThrow("signed another transaction");
    tamper = false;
    signer = privateKeyToAccount(`0x${"2e".repeat(32)}`);
    await expect(key.signTypedData(typedData)).rejects.toThrow("the signer signed as");
    signer = account;
    await expect(remote("0x0000000000000000000000000000000000000001")).rejects.toThrow(
      "SIGNER_URL: the signer has no key of 0x0000000000000000000000000000000000000001",
    );
  });
});
