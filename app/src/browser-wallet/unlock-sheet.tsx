import { useEffect, useRef, useState } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { Button, loadNow, Notice, Sheet, TextField, useFields, useSheet } from "../ui/index.ts";
import { useVault } from "./vault.ts";
import { vaultProblem } from "./vault-problem.ts";

/** Asks for a locked wallet's password when a signature needs it; whoever goes back does not give it. */
export default function UnlockSheet() {
  const { t } = useI18n();
  const asking = useVault(({ asking }) => asking);
  // Over whatever sheet the signature is for.
  const { of, show, close } = useSheet("unlock", "over");
  const isAsked = asking !== undefined;
  useEffect(() => (isAsked ? show() : close()), [isAsked, show, close]);
  const stands = of !== undefined;
  const stood = useRef(false);
  useEffect(() => {
    if (stood.current && !stands) useVault.getState().asking?.answer(undefined);
    stood.current = stands;
  }, [stands]);
  return (
    <Sheet
      open={asking !== undefined}
      onOpenChange={(open) => !open && asking?.answer(undefined)}
      title={t("vault.unlock")}
    >
      <Form />
    </Sheet>
  );
}

function Form() {
  const { t, format } = useI18n();
  const { asking, wallets, unlock } = useVault();
  const [problem, setProblem] = useState<string>();
  const { field, formState, handleSubmit } = useFields(
    z.object({ password: z.string().check(z.minLength(1, t("field.empty"))) }),
    { password: "" },
  );

  const submit = handleSubmit(async ({ password }) => {
    const wallet = wallets.find(({ address }) => address === asking?.address);
    if (!wallet) return asking?.answer(undefined);
    setProblem(undefined);
    try {
      const { unseal } = await loadNow(() => import("@enerlink/protocol/keystore"));
      asking?.answer(await unlock(wallet.address, await unseal(wallet.keystore, password)));
    } catch (error) {
      setProblem(vaultProblem(error, t));
    }
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <p className="text-sm text-muted">
        {t("vault.unlockWhy", { address: asking ? format.address(asking.address) : "" })}
      </p>
      <TextField
        {...field("password")}
        label={t("vault.password")}
        type="password"
        autoComplete="current-password"
      />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="submit" look="primary" disabled={formState.isSubmitting}>
        {t(formState.isSubmitting ? "vault.working" : "vault.unlockSubmit")}
      </Button>
    </form>
  );
}
