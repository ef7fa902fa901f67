/** A new device of somebody who has an account: its key is made here, and let in by another device or by the guardian. */
import { readAccountCode } from "@enerlink/protocol/account";
import { useEffect } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { type Fingerprint, useFingerprints } from "../passkeys/kept.ts";
import { useLive, useSystem } from "../system/index.ts";
import { Button, Notice, TextField, useFields } from "../ui/index.ts";
import { CodeBox } from "./code-box.tsx";
import { letInLink, readJoin } from "./codes.ts";
import { isOfThisChain } from "./guardian-field.ts";
import { useBegin } from "./use-begin.ts";
import { useDeviceWords } from "./words.ts";

/** @param account of which this device was told already */
export function LetIn({ account, onBack }: { account?: string | undefined; onBack?: () => void }) {
  const { waiting } = useFingerprints();
  return waiting ? (
    <Waiting fingerprint={waiting} onBack={onBack} />
  ) : (
    <Ask account={account} onBack={onBack} />
  );
}

function Ask({ account = "", onBack }: { account?: string | undefined; onBack?: (() => void) | undefined }) {
  const { t } = useDeviceWords();
  const { ask, busy, problem, lack } = useBegin();
  const { chainId } = useSystem().config.deployment;
  const read = (text: string) => readJoin(text) ?? readAccountCode(text)?.account;
  const { field, texts, handleSubmit } = useFields(
    z.object({
      account: z.string().check(
        z.refine((text) => !!read(text), t("finger.notAccount")),
        z.refine((text) => isOfThisChain(readAccountCode(text), chainId), t("finger.otherChain")),
      ),
    }),
    { account },
  );
  const submit = handleSubmit(({ account: text }) =>
    ask(read(text)!, text === account || readJoin(text) !== undefined),
  );
  const named = field("account");
  const lacks = lack && lack.is !== "unfound" && lack.account === read(texts.account) ? lack.is : undefined;
  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <p className="text-sm text-muted">{t("finger.newDeviceWhy")}</p>
      <TextField
        {...named}
        problem={named.problem ?? (lacks && t(`device.${lacks}`))}
        label={t("finger.account")}
        hint={t("finger.accountHint")}
        autoCapitalize="none"
        spellCheck={false}
      />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="submit" look="primary" disabled={busy}>
        {t("finger.useDevice")}
      </Button>
      {onBack && (
        <Button look="quiet" onClick={onBack}>
          {t("common.back")}
        </Button>
      )}
    </form>
  );
}

function Waiting({ fingerprint, onBack }: { fingerprint: Fingerprint; onBack?: (() => void) | undefined }) {
  const { t, format } = useI18n();
  const system = useSystem();
  const { wait } = useFingerprints();
  const { open } = useBegin();
  const link = letInLink(location.origin, fingerprint);
  const letIn = useLive(["letIn", fingerprint.credentialId], async () => {
    const { signsFor } = await import("./begin.ts");
    return (await signsFor(system, fingerprint)) ?? false;
  }).data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: as soon as it is let in, once
  useEffect(() => {
    if (letIn) void open(fingerprint);
  }, [letIn]);
  return (
    <div className="grid gap-3">
      <p>{t("finger.waiting", { account: format.address(fingerprint.account) })}</p>
      <CodeBox code={link} label={t("finger.keyCode")} text={link} />
      <ul className="grid list-disc gap-1 pl-5 text-sm text-muted">
        <li>{t("finger.waitingOther")}</li>
        <li>{t("finger.waitingLost")}</li>
      </ul>
      <Button look="quiet" onClick={() => wait(undefined)}>
        {t("finger.giveUp")}
      </Button>
      {onBack && (
        <Button look="quiet" onClick={onBack}>
          {t("common.back")}
        </Button>
      )}
    </div>
  );
}
