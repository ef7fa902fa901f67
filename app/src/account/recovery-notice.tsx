import { useI18n } from "../i18n/index.ts";
import { Button, Notice } from "../ui/index.ts";
import { useRecovery } from "./home-account.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";

/** Says that the guardian wants to give the account to a new device: whoever still has one of the old refuses. */
export default function RecoveryNotice({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const { change, busy } = useChange();
  const recovery = useRecovery(account.address).data;
  if (!recovery) return null;
  return (
    <div className="lg:col-span-2">
      <Notice tone="bad">
        <p className="mb-2">{t("finger.recoveryTold", { at: format.exactTime(recovery.from) })}</p>
        <Button
          size="small"
          disabled={busy}
          onClick={() => void change(account.address, { name: "refuseRecovery", args: [] })}
        >
          {t("finger.recoveryRefuse")}
        </Button>
      </Notice>
    </div>
  );
}
