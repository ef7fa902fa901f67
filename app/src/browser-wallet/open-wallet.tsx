import { FileUp } from "lucide-react";
import { type ComponentProps, useState } from "react";
import type { Address, Hex } from "viem";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import {
  Button,
  buttonClass,
  loadNow,
  Notice,
  Segmented,
  TextArea,
  TextField,
  useFields,
} from "../ui/index.ts";
import { useVault } from "./vault.ts";
import { vaultProblem } from "./vault-problem.ts";

const LEAST_PASSWORD = 10;

type Props = { way: "create" | "import"; onBack: () => void; onDone: (address: Address) => void };
type Source = "file" | "key";
type Keystores = typeof import("@enerlink/protocol/keystore");

/** Making a wallet, or bringing one: from its encrypted file, its private key or its words. */
export function OpenWallet({ way, onBack, onDone }: Props) {
  const { t } = useI18n();
  const { keep, unlock } = useVault();
  const [source, setSource] = useState<Source>("file");
  const [problem, setProblem] = useState<string>();
  /** A file has its password already. */
  const fresh = way === "create" || source === "key";
  const { field, formState, handleSubmit, setValue, resetField } = useFields(
    z.object({
      text: way === "create" ? z.string() : z.string().check(z.minLength(1, t("field.empty"))),
      password: z.string().check(
        // As people count characters.
        z.refine(
          (text) => [...text].length >= (fresh ? LEAST_PASSWORD : 1),
          fresh ? t("vault.tooShort", { least: LEAST_PASSWORD }) : t("field.empty"),
        ),
      ),
      again: z.string(),
    }),
    { text: "", password: "", again: "" },
    ({ password, again }) => (fresh && again !== password ? { again: t("vault.differs") } : {}),
  );

  const submit = handleSubmit(async ({ text, password }) => {
    setProblem(undefined);
    try {
      const keystores = await loadNow(() => import("@enerlink/protocol/keystore"));
      const { address, keystore, privateKey } = await (fresh ? sealed(keystores) : unsealed(keystores));
      keep({ address, keystore });
      await unlock(address, privateKey);
      onDone(address);
    } catch (error) {
      setProblem(vaultProblem(error, t));
    }

    async function sealed(keystores: Keystores) {
      const privateKey: Hex = way === "create" ? keystores.newPrivateKey() : keystores.readPrivateKey(text);
      return { privateKey, ...(await keystores.seal(privateKey, password)) };
    }
    async function unsealed(keystores: Keystores) {
      const keystore = keystores.readKeystore(text);
      const privateKey = await keystores.unseal(keystore, password);
      return { privateKey, keystore, address: keystores.addressOf(privateKey) };
    }
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <p className="text-sm text-muted">{t(way === "create" ? "vault.createWhy" : "vault.importWhy")}</p>
      {way === "import" && (
        <Brought
          source={source}
          onSource={(next) => {
            setSource(next);
            resetField("text");
          }}
          onFile={(text) => setValue("text", text)}
          text={field("text")}
        />
      )}
      <TextField
        {...field("password")}
        label={t("vault.password")}
        type="password"
        autoComplete={fresh ? "new-password" : "current-password"}
        hint={fresh && t("vault.passwordHint")}
      />
      {fresh && (
        <TextField {...field("again")} label={t("vault.again")} type="password" autoComplete="new-password" />
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div className="grid grid-cols-2 gap-2">
        <Button onClick={onBack}>{t("common.back")}</Button>
        <Button type="submit" look="primary" disabled={formState.isSubmitting}>
          {formState.isSubmitting
            ? t("vault.working")
            : t(way === "create" ? "vault.createSubmit" : "vault.importSubmit")}
        </Button>
      </div>
    </form>
  );
}

/** Where a wallet is brought from: its encrypted file, or its private key or words. */
function Brought({
  source,
  onSource,
  onFile,
  text,
}: {
  source: Source;
  onSource: (source: Source) => void;
  onFile: (text: string) => void;
  text: Pick<ComponentProps<typeof TextArea>, "name" | "value" | "onChange">;
}) {
  const { t } = useI18n();
  return (
    <>
      <Segmented
        label={t("vault.from")}
        value={source}
        onValue={onSource}
        options={[
          { value: "file", label: t("vault.file") },
          { value: "key", label: t("vault.key") },
        ]}
      />
      {source === "file" && (
        <label className={`${buttonClass()} cursor-pointer has-focus-visible:outline-2`}>
          <FileUp className="size-4" />
          {t("vault.chooseFile")}
          <input
            type="file"
            accept=".json,application/json"
            className="sr-only"
            onChange={(event) => void event.target.files?.[0]?.text().then(onFile)}
          />
        </label>
      )}
      <TextArea
        {...text}
        label={t(source === "file" ? "vault.fileText" : "vault.keyText")}
        hint={t(source === "file" ? "vault.fileHint" : "vault.keyHint")}
        rows={3}
      />
    </>
  );
}
