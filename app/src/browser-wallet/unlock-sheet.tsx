import { type FormEvent, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Button, Notice, Sheet, TextField } from "../ui/index.ts";
import { useVault } from "./vault.ts";

/** Asks for a locked wallet's password when a signature needs it. */
export default function UnlockSheet() {
  const { t, format } = useI18n();
  const { asking, wallets, unlock } = useVault();
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  function close() {
    asking?.answer(undefined);
    setPassword("");
    setProblem(undefined);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    const wallet = wallets.find(({ address }) => address === asking?.address);
    if (!asking || !wallet) return close();
    setBusy(true);
    setProblem(undefined);
    const { unseal, WalletProblem } = await import("./keystore.ts");
    try {
      asking.answer(await unlock(wallet.address, await unseal(wallet.keystore, password)));
      setPassword("");
    } catch (error) {
      if (!(error instanceof WalletProblem)) throw error;
      setProblem(t(`vault.problem.${error.kind}`));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Sheet open={asking !== undefined} onOpenChange={(open) => !open && close()} title={t("vault.unlock")}>
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <p className="text-sm text-muted">
          {t("vault.unlockWhy", { address: asking ? format.address(asking.address) : "" })}
        </p>
        <TextField
          label={t("vault.password")}
          type="password"
          autoComplete="current-password"
          value={password}
          onText={setPassword}
        />
        {problem && <Notice tone="bad">{problem}</Notice>}
        <Button type="submit" look="primary" disabled={password === "" || busy}>
          {t(busy ? "vault.working" : "vault.unlockSubmit")}
        </Button>
      </form>
    </Sheet>
  );
}
