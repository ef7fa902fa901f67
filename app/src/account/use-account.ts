import type { Address } from "viem";
import { useConnection } from "wagmi";
import { useI18n } from "../i18n/index.ts";
import { FINGERPRINT_CONNECTOR } from "../passkeys/index.ts";
import { demoConnectorId, useSystem } from "../system/index.ts";
import { demoLabel } from "./demo-label.ts";
import { useAccountNames } from "./names.ts";

export type Account = {
  address: Address;
  /** "home-01" of a demo account. */
  name: string | undefined;
  /** What it was called in this browser, or what a demo household calls it, such as "Rumah Menteng". */
  label: string | undefined;
  /** Opened by this device's fingerprint: it pays no network fee, and does several things with one touch. */
  byFingerprint: boolean;
  /** The wallet is on another chain. */
  wrongChain: boolean;
};

/** Who is connected. */
export function useAccount(): Account | undefined {
  const { demoAccounts, chain } = useSystem();
  const { names } = useAccountNames();
  const i18n = useI18n();
  const { address, connector, chainId } = useConnection();
  if (!address) return undefined;
  const demo = demoAccounts.find(({ name }) => demoConnectorId(name) === connector?.id);
  return {
    ...{ address, name: demo?.name, label: names[address] || (demo && demoLabel(demo, i18n)) },
    byFingerprint: connector?.type === FINGERPRINT_CONNECTOR,
    wrongChain: chainId !== chain.id,
  };
}
