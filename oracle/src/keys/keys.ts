/** A node's two keys: one signs reports and holds no money, the other pays gas and has no say. */

import { messageOf } from "@enerlink/service/log";
import type { Address, Hex, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { remoteAccount } from "./remote.ts";
import { readKey } from "./secret-file.ts";

/** Where a key is: in the setting itself (development chains), in an encrypted file, or with a signer program. */
export type KeySource =
  | { kind: "plain"; variable: string; key: Hex }
  | { kind: "keystore"; variable: string; file: string; password: string }
  | { kind: "remote"; variable: string; url: string; address: Address };

/**
 * Opens the key; what it reads of secrets on the way is `hide`n from the log.
 * @throws an error that names the variable and what is wrong, never the secret.
 */
export async function openKey(
  source: KeySource,
  chain: { chainId: number; development: boolean },
  hide: (secret: string) => void,
): Promise<LocalAccount> {
  const { variable } = source;
  try {
    if (source.kind === "remote") return await remoteAccount(source.url, source.address);
    if (source.kind === "keystore") {
      const key = await readKey(source.file, source.password);
      hide(key);
      return privateKeyToAccount(key);
    }
    if (chain.development) return privateKeyToAccount(source.key);
  } catch (error) {
    throw new Error(`${variable}: ${messageOf(error)}`);
  }
  throw new Error(
    `${variable}: a plain key is allowed on development chains only, not on chain ${chain.chainId}; use a keystore or a signer`,
  );
}
