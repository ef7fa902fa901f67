/** Who holds which account of the local chain. All keys come from Hardhat's public mnemonic: worthless by design. */
import { type Hex, toHex } from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";

export const CHAIN_ID = 31_337;
const MNEMONIC = "test test test test test test test test test test test junk";

export type LocalAccount = {
  name: string;
  label: string;
  account: HDAccount;
  privateKey: Hex;
  mnemonicIndex: number;
};

function localAccount(mnemonicIndex: number, name: string, label: string): LocalAccount {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: mnemonicIndex });
  return { name, label, account, privateKey: toHex(account.getHdKey().privateKey!), mnemonicIndex };
}

/** Deploys, and is registrar, market operator and guardian. */
export const operator = localAccount(0, "operator", "Market operator and registrar");
/** Pays the gas of the oracle's transactions. */
export const oracleSubmitter = localAccount(1, "oracle-submitter", "Oracle (gas)");
/** The committee's only member on the local chain: signs batches. */
export const oracleMember = localAccount(2, "oracle-member", "Oracle (committee member)");
export const bank = localAccount(3, "bank", "Bank (IDRS issuer)");
export const utility = localAccount(4, "utility", "Utility (grid connection)");
/** home-01 … home-10 at indexes 5 … 14. */
export const homes = [
  "Menteng",
  "Tebet",
  "Kebayoran",
  "Cilandak",
  "Kemang",
  "Senen",
  "Cempaka Putih",
  "Kelapa Gading",
  "Grogol",
  "Pasar Minggu",
].map((place, index) =>
  localAccount(5 + index, `home-${String(index + 1).padStart(2, "0")}`, `Rumah ${place}`),
);
