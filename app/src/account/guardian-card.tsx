/** Who may bring the account back when all of its devices are lost. */
import { useState } from "react";
import { zeroAddress } from "viem";
import { z } from "zod/mini";
import { useSystem } from "../system/index.ts";
import { Button, Card, Confirm, Notice, TextField, useFields, useOpenSheet } from "../ui/index.ts";
import { Called } from "./called.tsx";
import { guardianField, guardianOf } from "./guardian-field.ts";
import { CHANGE_SECONDS, type HomeState } from "./home-account.ts";
import { useAccountName } from "./names.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";
import { useDeviceWords } from "./words.ts";

type Props = { account: Account; home: HomeState | null };

export function GuardianCard({ account, home }: Props) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const [changing, setChanging] = useState(false);
  const called = useAccountName();
  const guardian = home?.guardian;
  const next = home?.nextGuardian;
  const act = (name: "keepGuardian" | "completeGuardian") => void change(account.address, { name, args: [] });
  return (
    <Card title={t("finger.guardian")}>
      <p className="mb-3 text-sm text-muted">{t("finger.guardianWhy")}</p>
      {guardian && (
        <p className="mb-3 font-medium">
          <Called account={guardian} />
        </p>
      )}
      {next && home && (
        <div className="mb-3 grid gap-2">
          <Notice tone="warning">
            {next.guardian === zeroAddress
              ? t("finger.guardianLeaves", { at: format.moment(next.from) })
              : t("finger.guardianNext", {
                  guardian: called(next.guardian),
                  at: format.moment(next.from),
                })}
          </Notice>
          <div className="flex flex-wrap gap-2">
            <Button size="small" disabled={busy} onClick={() => act("keepGuardian")}>
              {t("finger.guardianKeep")}
            </Button>
            {home.now >= next.from && (
              <Button size="small" look="primary" disabled={busy} onClick={() => act("completeGuardian")}>
                {t("finger.guardianDone")}
              </Button>
            )}
          </div>
        </div>
      )}
      {!guardian || changing ? (
        <Name {...{ account, home }} onDone={() => setChanging(false)} />
      ) : (
        <div className="grid grid-cols-2 gap-2">
          <Button onClick={() => setChanging(true)}>{t("finger.guardianChange")}</Button>
          {home && next?.guardian !== zeroAddress && <Removal {...{ account, home }} />}
        </div>
      )}
    </Card>
  );
}

/** Asks once: without a guardian, who loses all devices has lost the account. */
function Removal({ account, home }: { account: Account; home: HomeState }) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const [open, setOpen] = useOpenSheet("no-guardian");
  const remove = async () => {
    if (await change(account.address, { name: "setGuardian", args: [zeroAddress] })) setOpen(false);
  };
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>
        {t("finger.guardianNone")}
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={t("device.noGuardianTitle")}
        stay={t("device.cancel")}
        act={t("finger.remove")}
        busy={busy}
        onAct={() => void remove()}
      >
        <p>{t("device.noGuardianMeans", { at: format.moment(home.now + CHANGE_SECONDS) })}</p>
        <Notice tone={home.signers.length === 1 ? "bad" : "warning"}>
          {t(home.signers.length === 1 ? "device.noGuardianOne" : "device.noGuardianLost")}
        </Notice>
      </Confirm>
    </>
  );
}

function Name({ account, home, onDone }: Props & { onDone: () => void }) {
  const { t } = useDeviceWords();
  const { config } = useSystem();
  const { change, busy } = useChange();
  const { field, handleSubmit, reset } = useFields(
    z.object({ guardian: guardianField(account.address, config.deployment.chainId, t) }),
    { guardian: "" },
  );
  const submit = handleSubmit(async (typed) => {
    const guardian = guardianOf(typed.guardian);
    if (!guardian || !(await change(account.address, { name: "setGuardian", args: [guardian] }))) return;
    reset();
    onDone();
  });
  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <TextField
        {...field("guardian")}
        label={t("finger.guardianField")}
        hint={home?.guardian ? t("finger.guardianDay") : t("finger.guardianHint")}
        autoCapitalize="none"
        spellCheck={false}
      />
      <Button type="submit" look="primary" disabled={busy}>
        {t("finger.guardianSet")}
      </Button>
    </form>
  );
}
