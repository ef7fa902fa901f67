import { useState } from "react";
import { toHex } from "viem";
import { getBalance } from "viem/actions";
import type { Account } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { DEMO_CHAIN_ID, useChain, useSystem } from "../system/index.ts";
import { Button, Notice } from "../ui/index.ts";

/** Ether that a development node hands out, wei. */
const TEST_ETHER = 10n ** 19n;

/** Says when an account cannot pay the network's fee; a development node gives it something. */
export function FeeNotice({ account }: { account: Account }) {
  const { t } = useI18n();
  const { client, chain } = useSystem();
  const ether = useChain(["ether", account.address], () => getBalance(client, { address: account.address }));
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  if (account.byFingerprint || ether.data !== 0n) return null;

  async function give() {
    setBusy(true);
    try {
      await client.request({
        method: "hardhat_setBalance",
        params: [account.address, toHex(TEST_ETHER)],
      } as never);
      await ether.refetch();
      setFailed(false);
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="lg:col-span-3 print:hidden">
      <Notice tone="warning">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p>
            {t("wallet.noFee")} {chain.id !== DEMO_CHAIN_ID && t("wallet.noFeeElsewhere")}
          </p>
          {chain.id === DEMO_CHAIN_ID && (
            <Button size="small" disabled={busy} onClick={() => void give()}>
              {t("wallet.getFee")}
            </Button>
          )}
        </div>
        {failed && <p role="alert">{t("common.networkAway")}</p>}
      </Notice>
    </div>
  );
}
