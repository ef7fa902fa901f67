/** The accounts of a development chain, whose keys everybody has. */
import { type Hex, toHex } from "viem";
import {
  type HDAccount,
  mnemonicToAccount,
  type PrivateKeyAccount,
  privateKeyToAccount,
} from "viem/accounts";
import { DEVELOPMENT_MNEMONIC } from "./chains.ts";

let root: ReturnType<HDAccount["getHdKey"]> | undefined;
/** To stretch the words into it takes a thousand times as long as to derive an account from it: once, when needed. */
const rootKey = () =>
  (root ??= mnemonicToAccount(DEVELOPMENT_MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey());

/** @param index which of the accounts that the words stand for, from 0 */
export const developmentKey = (index: number): Hex => toHex(rootKey().deriveChild(index).privateKey!);

/** @param index which of the accounts that the words stand for, from 0 */
export const developmentAccount = (index: number): PrivateKeyAccount =>
  privateKeyToAccount(developmentKey(index));
