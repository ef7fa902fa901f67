/** A node's two keys: one signs reports and holds no money, the other pays gas and has no say. */
import type { Address, Hex, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { messageOf } from "../log.ts";
import { remoteAccount } from "./remote.ts";
import { readKey, readSecretFile } from "./secret-file.ts";

/** Where a key is: in the setting itself (development chains), in an encrypted file, or with a signer program. */
export type KeySource =
  | { kind: "plain"; variable: string; key: Hex }
  | {
      kind: "keystore";
      variable: string;
      file: string;
      password: string | undefined;
      passwordFile: string | undefined;
    }
  | { kind: "remote"; variable: string; url: string; address: Address };

/**
 * Opens the key.
 * @throws an error that names the variable and what is wrong, never the secret.
 */
export async function openKey(
  source: KeySource,
  chain: { chainId: number; development: boolean },
): Promise<LocalAccount> {
  const { variable } = source;
  try {
    if (source.kind === "remote") return await remoteAccount(source.url, source.address);
    if (source.kind === "keystore") {
      const password = source.password ?? readSecretFile(source.passwordFile!).replace(/\r?\n$/, "");
      return privateKeyToAccount(await readKey(source.file, password));
    }
    if (chain.development) return privateKeyToAccount(source.key);
  } catch (error) {
    throw new Error(`${variable}: ${messageOf(error)}`);
  }
  throw new Error(
    `${variable}: a plain key is allowed on development chains only, not on chain ${chain.chainId}; use a keystore or a signer`,
  );
}
