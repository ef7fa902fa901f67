import { Button } from "../ui/index.ts";
import { useRecovery } from "./home-account.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";
import { useDeviceWords } from "./words.ts";

/** On every page: the guardian wants to give the account to a new device. Whoever has one of the old refuses. */
export default function RecoveryBanner({ account }: { account: Account }) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const recovery = useRecovery(account.address).data;
  if (!recovery) return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-3 border-t bg-sell-soft px-4 py-2 text-sm text-sell"
    >
      <p className="min-w-48 flex-1">{t("finger.recoveryTold", { at: format.moment(recovery.from) })}</p>
      <Button
        size="small"
        disabled={busy}
        onClick={() => void change(account.address, { name: "refuseRecovery", args: [] })}
      >
        {t("finger.recoveryRefuse")}
      </Button>
    </div>
  );
}
