import { type FormEvent, useState } from "react";
import type { Address, Hex } from "viem";
import { useI18n } from "../i18n/index.ts";
import { Button, Notice, Segmented, TextArea, TextField } from "../ui/index.ts";
import { useVault } from "./vault.ts";

const LEAST_PASSWORD = 10;

type Props = { way: "create" | "import"; onBack: () => void; onDone: (address: Address) => void };
type Source = "file" | "key";

/** Making a wallet, or bringing one: from its encrypted file, its private key or its words. */
export function OpenWallet({ way, onBack, onDone }: Props) {
  const { t } = useI18n();
  const { keep, unlock } = useVault();
  const [source, setSource] = useState<Source>("file");
  const [text, setText] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  /** A file has its password already. */
  const fresh = way === "create" || source === "key";
  const tooShort = fresh && password !== "" && [...password].length < LEAST_PASSWORD;
  const differs = fresh && again !== "" && again !== password;
  const ready = fresh
    ? [...password].length >= LEAST_PASSWORD && again === password
    : password !== "" && text.trim() !== "";

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const keystores = await import("./keystore.ts");
    try {
      const { address, keystore, privateKey } = await (fresh ? sealed() : unsealed());
      keep({ address, keystore });
      await unlock(address, privateKey);
      onDone(address);
    } catch (error) {
      if (!(error instanceof keystores.WalletProblem)) throw error;
      setProblem(t(`vault.problem.${error.kind}`));
    } finally {
      setBusy(false);
    }

    async function sealed() {
      const privateKey: Hex = way === "create" ? keystores.newPrivateKey() : keystores.readPrivateKey(text);
      return { privateKey, ...(await keystores.seal(privateKey, password)) };
    }
    async function unsealed() {
      const keystore = keystores.readKeystore(text);
      const privateKey = await keystores.unseal(keystore, password);
      return { privateKey, keystore, address: keystores.addressOf(privateKey) };
    }
  }

  async function readFile(file: File | undefined) {
    if (file) setText(await file.text());
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <p className="text-sm text-muted">{t(way === "create" ? "vault.createWhy" : "vault.importWhy")}</p>
      {way === "import" && (
        <>
          <Segmented
            label={t("vault.from")}
            value={source}
            onValue={(next) => {
              setSource(next);
              setText("");
            }}
            options={[
              { value: "file", label: t("vault.file") },
              { value: "key", label: t("vault.key") },
            ]}
          />
          {source === "file" && (
            <label className="block text-sm font-medium">
              {t("vault.chooseFile")}
              <input
                type="file"
                accept=".json,application/json"
                className="mt-1 block w-full text-sm"
                onChange={(event) => void readFile(event.target.files?.[0])}
              />
            </label>
          )}
          <TextArea
            label={t(source === "file" ? "vault.fileText" : "vault.keyText")}
            hint={t(source === "file" ? "vault.fileHint" : "vault.keyHint")}
            value={text}
            onText={setText}
            rows={3}
          />
        </>
      )}
      <TextField
        label={t("vault.password")}
        type="password"
        autoComplete={fresh ? "new-password" : "current-password"}
        value={password}
        onText={setPassword}
        problem={tooShort ? t("vault.tooShort", { least: LEAST_PASSWORD }) : undefined}
        hint={fresh ? t("vault.passwordHint", { least: LEAST_PASSWORD }) : undefined}
      />
      {fresh && (
        <TextField
          label={t("vault.again")}
          type="password"
          autoComplete="new-password"
          value={again}
          onText={setAgain}
          problem={differs ? t("vault.differs") : undefined}
        />
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div className="grid grid-cols-2 gap-2">
        <Button onClick={onBack}>{t("vault.back")}</Button>
        <Button type="submit" look="primary" disabled={!ready || busy}>
          {busy ? t("vault.working") : t(way === "create" ? "vault.createSubmit" : "vault.importSubmit")}
        </Button>
      </div>
    </form>
  );
}
