/** The ways to an account by fingerprint: one that this browser knows, a new one, or one of another device. */
import { Fingerprint as Icon } from "lucide-react";
import { useState } from "react";
import { fingerprintConnectorId } from "../passkeys/connector.ts";
import { useFingerprints } from "../passkeys/kept.ts";
import { Button, Notice, TextField } from "../ui/index.ts";
import { MOST_LETTERS } from "../ui/letters.ts";
import { Called } from "./called.tsx";
import { Picture } from "./picture.tsx";
import { useBegin } from "./use-begin.ts";
import { useChoose } from "./use-choose.ts";
import { useDeviceWords } from "./words.ts";

/** @param onNewDevice asked for when this device is to be let into an account that is there */
export function FingerprintWays({ onNewDevice }: { onNewDevice: () => void }) {
  const { t } = useDeviceWords();
  const { fingerprints, waiting } = useFingerprints();
  const { chosen } = useChoose();
  const { start, find, open, busy, problem, lack } = useBegin();
  const [name, setName] = useState("");
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
          <Picture account={fingerprint.account} />
          <Called account={fingerprint.account} />
        </Button>
      ))}
      {known && (
        <TextField
          label={t("device.newName")}
          hint={t("device.newNameHint")}
          maxLength={MOST_LETTERS}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      )}
      <Button look={known ? "secondary" : "primary"} disabled={busy} onClick={() => void start(name)}>
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
