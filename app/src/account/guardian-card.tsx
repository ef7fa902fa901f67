/** Who may bring the account back when all of its devices are lost. */
import { useState } from "react";
import { zeroAddress } from "viem";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { Button, Card, Notice, TextField, useFields } from "../ui/index.ts";
import { guardianField, guardianOf } from "./guardian-field.ts";
import type { HomeState } from "./home-account.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";

type Props = { account: Account; home: HomeState | null };

export function GuardianCard({ account, home }: Props) {
  const { t, format } = useI18n();
  const { change, busy } = useChange();
  const [changing, setChanging] = useState(false);
  const guardian = home?.guardian;
  const next = home?.nextGuardian;
  const act = (name: "keepGuardian" | "completeGuardian") => void change(account.address, { name, args: [] });
  return (
    <Card title={t("finger.guardian")}>
      <p className="mb-3 text-sm text-muted">{t("finger.guardianWhy")}</p>
      {guardian && <p className="mb-3 font-medium">{format.address(guardian)}</p>}
      {next && home && (
        <div className="mb-3 grid gap-2">
          <Notice tone="warning">
            {next.guardian === zeroAddress
              ? t("finger.guardianLeaves", { at: format.exactTime(next.from) })
              : t("finger.guardianNext", {
                  guardian: format.address(next.guardian),
                  at: format.exactTime(next.from),
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
          <Button
            look="quiet"
            disabled={busy}
            onClick={() => void change(account.address, { name: "setGuardian", args: [zeroAddress] })}
          >
            {t("finger.guardianNone")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Name({ account, home, onDone }: Props & { onDone: () => void }) {
  const { t } = useI18n();
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
