/** The ways to an account by fingerprint: one that this browser knows, a new one, or one of another device. */
import { Fingerprint as Icon } from "lucide-react";
import { fingerprintConnectorId } from "../passkeys/connector.ts";
import { useFingerprints } from "../passkeys/kept.ts";
import { Button, Notice } from "../ui/index.ts";
import { Called } from "./called.tsx";
import { useBegin } from "./use-begin.ts";
import { useChoose } from "./use-choose.ts";
import { useDeviceWords } from "./words.ts";

/** @param onNewDevice asked for when this device is to be let into an account that is there */
export function FingerprintWays({ onNewDevice }: { onNewDevice: () => void }) {
  const { t } = useDeviceWords();
  const { fingerprints, waiting } = useFingerprints();
  const { chosen } = useChoose();
  const { start, find, open, busy, problem, lack } = useBegin();
  const known = fingerprints.length > 0;
  return (
    <div className="grid gap-2">
      {fingerprints.map((fingerprint) => (
        <Button
          key={fingerprint.account}
          look="primary"
          className="w-full justify-start"
          aria-pressed={chosen?.id === fingerprintConnectorId(fingerprint.account)}
          onClick={() => void open(fingerprint)}
        >
          <Icon className="size-5" />
          <Called account={fingerprint.account} />
        </Button>
      ))}
      <Button look={known ? "secondary" : "primary"} disabled={busy} onClick={() => void start()}>
        <Icon className="size-5" />
        {t(known ? "finger.startAnother" : "finger.start")}
      </Button>
      {!known && <p className="text-sm text-muted">{t("finger.startWhy")}</p>}
      <div className="grid grid-cols-2 gap-2">
        <Button look="quiet" disabled={busy} onClick={() => void find()}>
          {t("finger.find")}
        </Button>
        <Button look="quiet" disabled={busy} onClick={onNewDevice}>
          {t(waiting ? "finger.waits" : "finger.newDevice")}
        </Button>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {lack?.is === "unfound" && (
        <Notice tone="bad">
          <p className="mb-2">{t("device.unfound")}</p>
          <Button size="small" onClick={onNewDevice}>
            {t("device.addThis")}
          </Button>
        </Notice>
      )}
    </div>
  );
}
