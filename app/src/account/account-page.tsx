/** Who is connected, its address, and the key where this browser keeps it. */
import { Pencil, UsersRound } from "lucide-react";
import { WalletKeys } from "../browser-wallet/wallet-keys.tsx";
import { useI18n } from "../i18n/index.ts";
import { useFingerprints } from "../passkeys/kept.ts";
import { Button, Card, loadNow, NameSheet, onDemand, useOpenSheet } from "../ui/index.ts";
import { ConnectFirst } from "./account-button.tsx";
import { CopyText } from "./copy-text.tsx";
import { Forget } from "./forget.tsx";
import { Leave } from "./leave.tsx";
import { useAccountNames } from "./names.ts";
import { type Account, useAccount } from "./use-account.ts";
import { useAccountSheet } from "./use-account-sheet.ts";
import { useDeviceWords } from "./words.ts";

const FingerprintCards = onDemand(() => import("./fingerprint-cards.tsx"));

export function AccountPage() {
  const { t } = useI18n();
  const account = useAccount();
  return (
    <div className="mx-auto grid max-w-xl gap-3">
      {account ? (
        <>
          <Who account={account} />
          <WalletKeys account={account} />
          <FingerprintCards account={account} />
        </>
      ) : (
        <>
          <FingerprintCards account={undefined} />
          <Card>
            <ConnectFirst why={t("account.connect")} />
          </Card>
        </>
      )}
    </div>
  );
}

/** The device shows the same name beside its key, where it asks which of several to use. */
async function renameKey({ address }: Account, name: string): Promise<void> {
  const own = useFingerprints.getState().fingerprints.find((one) => one.account === address);
  if (own) await (await loadNow(() => import("../passkeys/passkey.ts"))).renamePasskey(own, name);
}

function Who({ account }: { account: Account }) {
  const { t, format } = useDeviceWords();
  const { setOpen } = useAccountSheet();
  const { names, give } = useAccountNames();
  const [naming, setNaming] = useOpenSheet("name");
  return (
    <Card title={account.label ?? format.address(account.address)}>
      <p className="text-sm text-muted">{t("account.address")}</p>
      <div className="mt-1">
        <CopyText text={account.address} />
      </div>
      <div className="mt-4 grid gap-2 sm:grid-cols-2">
        <Button className="sm:col-span-2" onClick={() => setNaming(true)}>
          <Pencil className="size-4" />
          {t(account.label ? "meters.rename" : "device.nameIt")}
        </Button>
        <Button onClick={() => setOpen(true)}>
          <UsersRound className="size-4" />
          {t("account.other")}
        </Button>
        <Leave />
      </div>
      <Forget />
      <NameSheet
        open={naming}
        onClose={() => setNaming(false)}
        name={names[account.address] ?? ""}
        hint={t(account.byFingerprint ? "device.nameHint" : "device.nameHintWallet")}
        onName={(name) => {
          give(account.address, name);
          // Where that cannot be fetched now, the device goes on calling it as before.
          renameKey(account, name || t("finger.keyName")).catch(() => {});
        }}
      />
    </Card>
  );
}
