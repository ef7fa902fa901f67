import { CircleUserRound, Fingerprint } from "lucide-react";
import { useAccountSheet } from "../account/index.ts";
import { useAccountName } from "../account/names.ts";
import { Picture } from "../account/picture.tsx";
import { useBegin } from "../account/use-begin.ts";
import { useI18n } from "../i18n/index.ts";
import { useFingerprints } from "../passkeys/index.ts";
import { Button, Empty, Notice, onDemand } from "../ui/index.ts";

const LetIn = onDemand(() => import("../account/let-in.tsx"));

/** Begins with a fingerprint, or goes on with one that this browser knows, or that waits to be let in. */
export function Start() {
  const { t } = useI18n();
  const { setOpen, part } = useAccountSheet();
  const { fingerprints, waiting } = useFingerprints();
  const called = useAccountName();
  const { start, open, busy, problem } = useBegin();
  const choose = <Button onClick={() => setOpen(true)}>{t("account.choose")}</Button>;
  // In the sheet it would stand twice.
  if (waiting && part !== "device")
    return (
      <div className="mt-4 grid gap-2 border-t pt-4">
        <LetIn />
        {choose}
      </div>
    );
  return (
    <Empty icon={<CircleUserRound />} title={t("home.connect")}>
      <div className="mt-2 grid gap-2">
        {fingerprints.length === 0 && (
          <Button look="primary" disabled={busy} onClick={() => void start()}>
            <Fingerprint className="size-5" />
            {t("finger.start")}
          </Button>
        )}
        {fingerprints.map((known) => (
          <Button key={known.account} look="primary" disabled={busy} onClick={() => void open(known)}>
            {fingerprints.length === 1 ? (
              <Fingerprint className="size-5" />
            ) : (
              <Picture account={known.account} />
            )}
            {fingerprints.length === 1 ? t("finger.goOn") : called(known.account)}
          </Button>
        ))}
        {choose}
        {problem && <Notice tone="bad">{problem}</Notice>}
      </div>
    </Empty>
  );
}
