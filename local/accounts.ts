/** Who holds which account of the local chain. All keys come from Hardhat's public mnemonic: worthless by design. */
import { LOCAL_CHAIN_ID } from "@enerlink/protocol/chains";
import { developmentAccount, developmentKey } from "@enerlink/protocol/development";
import type { Hex, PrivateKeyAccount } from "viem";

export const CHAIN_ID = LOCAL_CHAIN_ID;

export type LocalAccount = {
  name: string;
  label: string;
  account: PrivateKeyAccount;
  privateKey: Hex;
  mnemonicIndex: number;
};

function localAccount(mnemonicIndex: number, name: string, label: string): LocalAccount {
  const [account, privateKey] = [developmentAccount(mnemonicIndex), developmentKey(mnemonicIndex)];
  return { name, label, account, privateKey, mnemonicIndex };
}

/** Deploys, and is registrar, market operator and guardian. */
export const operator = localAccount(0, "operator", "Market operator and registrar");
/** By oracle node: who pays the gas of its transactions. */
export const oracleSubmitters = [1, 17, 18].map((index, node) =>
  localAccount(index, `oracle-${node + 1}-submitter`, `Oracle ${node + 1} (gas)`),
);
/** By oracle node: its member of the committee, who signs reports and commands. */
export const oracleMembers = [2, 15, 16].map((index, node) =>
  localAccount(index, `oracle-${node + 1}-member`, `Oracle ${node + 1} (committee member)`),
);
export const bank = localAccount(3, "bank", "Bank (IDRS issuer)");
export const utility = localAccount(4, "utility", "PLN (utility)");
/** Gets the network fee of what neighbours share. */
export const gridOperator = localAccount(19, "grid-operator", "Grid operator (network fee)");
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
/** Pays for what households sign, at the first oracle node. */
export const relay = localAccount(20, "relay", "Relay (gas of fingerprint accounts)");
/** So many accounts of the mnemonic have ether. */
export const FUNDED_ACCOUNTS = 21;
