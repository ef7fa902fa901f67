/** Having the meter reader forget who is connected: asked about once more, with what goes and what cannot. */
import { Eraser } from "lucide-react";
import { useOracle } from "../oracle/index.ts";
import { Button, Confirm, Notice, useOpenSheet } from "../ui/index.ts";
import { useDeviceWords } from "./words.ts";

export function Forget() {
  const { t } = useDeviceWords();
  const { post, busy, outcome } = useOracle();
  const [open, setOpen] = useOpenSheet("forget");
  const forget = async () => {
    await post((oracle) => oracle.DELETE("/api/v1/auth/account"), t("device.forgotten"));
    setOpen(false);
  };
  return (
    <div className="mt-3 grid gap-2">
      <Button look="quiet" onClick={() => setOpen(true)}>
        <Eraser className="size-4" />
        {t("device.forget")}
      </Button>
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={t("device.forgetTitle")}
        stay={t("device.cancel")}
        act={t("device.forgetAct")}
        busy={busy}
        onAct={() => void forget()}
      >
        <p>{t("device.forgetMeans")}</p>
        <p>{t("device.forgetStays")}</p>
      </Confirm>
    </div>
  );
}
