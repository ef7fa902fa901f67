import { CircleUserRound, Fingerprint } from "lucide-react";
import { useAccountSheet } from "../account/index.ts";
import { useBegin } from "../account/use-begin.ts";
import { useI18n } from "../i18n/index.ts";
import { useFingerprints } from "../passkeys/index.ts";
import { Button, Empty, Notice } from "../ui/index.ts";

/** Begins with a fingerprint, or goes on with the one that this browser knows. */
export function Start() {
  const { t } = useI18n();
  const { setOpen } = useAccountSheet();
  const [known] = useFingerprints(({ fingerprints }) => fingerprints);
  const { start, open, busy, problem } = useBegin();
  return (
    <Empty icon={<CircleUserRound />} title={t("home.connect")}>
      <div className="mt-2 grid gap-2">
        <Button look="primary" disabled={busy} onClick={() => void (known ? open(known) : start())}>
          <Fingerprint className="size-5" />
          {t(known ? "finger.goOn" : "finger.start")}
        </Button>
        <Button onClick={() => setOpen(true)}>{t("account.choose")}</Button>
        {problem && <Notice tone="bad">{problem}</Notice>}
      </div>
    </Empty>
  );
}
