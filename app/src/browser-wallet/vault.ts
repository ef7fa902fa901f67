/** The wallets that this browser keeps: encrypted in its storage, their keys in memory while they are unlocked. */

import type { StoredKeystore } from "@enerlink/protocol/keystore";
import { type Address, getAddress, type Hex, type LocalAccount, UserRejectedRequestError } from "viem";
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type KeptWallet = { address: Address; keystore: StoredKeystore };

/** How long an unlocked wallet signs without asking again. */
const UNLOCKED_MILLISECONDS = 15 * 60_000;

type Vault = {
  wallets: KeptWallet[];
  /** Addresses whose keys are in memory now. */
  unlocked: Address[];
  /** The wallet whose password a signature waits for. */
  asking: { address: Address; answer: (account: LocalAccount | undefined) => void } | undefined;
  keep: (wallet: KeptWallet) => void;
  forget: (address: Address) => void;
  unlock: (address: Address, privateKey: Hex) => Promise<LocalAccount>;
  lock: (address: Address) => void;
};

const keys = new Map<Address, { account: LocalAccount; timer: ReturnType<typeof setTimeout> }>();

export const useVault = create<Vault>()(
  persist(
    (set, get) => ({
      wallets: [],
      unlocked: [],
      asking: undefined,
      keep: (wallet) =>
        set(({ wallets }) => ({
          wallets: [...wallets.filter(({ address }) => address !== wallet.address), wallet],
        })),
      forget: (address) => {
        get().lock(address);
        set(({ wallets }) => ({ wallets: wallets.filter((one) => one.address !== address) }));
      },
      async unlock(address, privateKey) {
        const { privateKeyToAccount } = await import("viem/accounts");
        const account = privateKeyToAccount(privateKey);
        get().lock(address);
        keys.set(address, { account, timer: setTimeout(() => get().lock(address), UNLOCKED_MILLISECONDS) });
        set(({ unlocked }) => ({ unlocked: [...unlocked, address] }));
        return account;
      },
      lock(address) {
        clearTimeout(keys.get(address)?.timer);
        keys.delete(address);
        set(({ unlocked }) => ({ unlocked: unlocked.filter((one) => one !== address) }));
      },
    }),
    { name: "enerlink.wallets", version: 1, partialize: ({ wallets }) => ({ wallets }) },
  ),
);

/**
 * The account behind `address`, its password asked for where it is locked.
 * @throws UserRejectedRequestError when the reader closes that question
 */
export async function unlockedAccount(address: Address): Promise<LocalAccount> {
  const key = keys.get(getAddress(address));
  if (key) return key.account;
  const account = await new Promise<LocalAccount | undefined>((answer) =>
    useVault.setState({ asking: { address, answer } }),
  );
  useVault.setState({ asking: undefined });
  if (!account) throw new UserRejectedRequestError(new Error("The wallet stayed locked."));
  return account;
}

/**
 * Asks for the password of a wallet that this browser keeps, where it is locked. Other accounts need none.
 * @throws UserRejectedRequestError when the reader closes that question
 */
export async function unlock(address: Address): Promise<void> {
  if (useVault.getState().wallets.some((wallet) => wallet.address === address))
    await unlockedAccount(address);
}
