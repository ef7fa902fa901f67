import { Download, Lock, LockOpen, Trash2 } from "lucide-react";
import type { Address } from "viem";
import { useDisconnect } from "wagmi";
import { useI18n } from "../i18n/index.ts";
import { Button, Card, Confirm, download, useOpenSheet } from "../ui/index.ts";
import { unlockedAccount, useVault } from "./vault.ts";

/** What can be done with the connected wallet's key, where this browser keeps it. */
export function WalletKeys({ account }: { account: { address: Address } }) {
  const { t } = useI18n();
  const { wallets, unlocked, lock, forget } = useVault();
  const disconnect = useDisconnect();
  const [removing, setRemoving] = useOpenSheet("remove");
  const wallet = wallets.find(({ address }) => address === account.address);
  if (!wallet) return null;
  const open = unlocked.includes(wallet.address);

  const save = () =>
    download(
      `enerlink-wallet-${wallet.address}.json`,
      "application/json",
      JSON.stringify(wallet.keystore, undefined, 2),
    );

  return (
    <Card title={t("vault.title")}>
      <p className="mb-3 text-sm text-muted">{t("vault.keptHere")}</p>
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={save}>
          <Download className="size-4" />
          {t("vault.export")}
        </Button>
        <Button
          onClick={() => (open ? lock(wallet.address) : void unlockedAccount(wallet.address).catch(() => {}))}
        >
          {open ? <Lock className="size-4" /> : <LockOpen className="size-4" />}
          {t(open ? "vault.lock" : "vault.unlockSubmit")}
        </Button>
        <Button look="quiet" onClick={() => setRemoving(true)}>
          <Trash2 className="size-4" />
          {t("vault.remove")}
        </Button>
      </div>
      <Confirm
        open={removing}
        onOpenChange={setRemoving}
        title={`${t("vault.removeSubmit")}?`}
        stay={t("offer.withdrawStay")}
        act={t("vault.remove")}
        busy={false}
        onAct={() => {
          setRemoving(false);
          forget(wallet.address);
          disconnect.mutate({});
        }}
      >
        <p>{t("vault.removeWhy")}</p>
      </Confirm>
    </Card>
  );
}
