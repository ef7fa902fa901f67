/** The accounts that this device's fingerprint opens, as this browser knows them. Nothing of it is secret. */
import type { PublicKey } from "@enerlink/protocol/account";
import type { Address, Hex } from "viem";
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Fingerprint = {
  account: Address;
  /** The device's key: which one, and its public part. */
  credentialId: string;
  key: PublicKey;
  /** By which the device knows whose key it is; undefined of one that was kept before that was. */
  handle?: Hex | undefined;
};

type Kept = {
  fingerprints: Fingerprint[];
  /** A key that waits to be let into its account, by another device or by the guardian. */
  waiting: Fingerprint | undefined;
  keep: (fingerprint: Fingerprint) => void;
  forget: (account: Address) => void;
  wait: (fingerprint: Fingerprint | undefined) => void;
};

export const useFingerprints = create<Kept>()(
  persist(
    (set) => ({
      fingerprints: [],
      waiting: undefined,
      keep: (fingerprint) =>
        set(({ fingerprints }) => ({
          fingerprints: [
            ...fingerprints.filter(({ account }) => account !== fingerprint.account),
            fingerprint,
          ],
        })),
      forget: (account) =>
        set(({ fingerprints }) => ({ fingerprints: fingerprints.filter((one) => one.account !== account) })),
      wait: (waiting) => set({ waiting }),
    }),
    { name: "enerlink.fingerprints" },
  ),
);
