/** A new device of somebody who has an account: its key is made here, and let in by another device or by the guardian. */
import { readAccountCode } from "@enerlink/protocol/account";
import { Pencil } from "lucide-react";
import { useEffect, useState } from "react";
import { z } from "zod/mini";
import { type Fingerprint, useFingerprints } from "../passkeys/kept.ts";
import { useSystem } from "../system/index.ts";
import { Button, loadNow, NameSheet, Notice, TextField, useFields, useSheet } from "../ui/index.ts";
import { CodeBox } from "./code-box.tsx";
import { letInLink, readJoin, readName } from "./codes.ts";
import { isOfThisChain } from "./guardian-field.ts";
import { learnName, useAccountName, useAccountNames } from "./names.ts";
import { useBegin } from "./use-begin.ts";
import { useWaits, type Waits } from "./waiting.ts";
import { useDeviceWords } from "./words.ts";

/** @param account of which this device was told already */
export default function LetIn({ account, onBack }: { account?: string | undefined; onBack?: () => void }) {
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
  const submit = handleSubmit(({ account: text }) => {
    const isShown = text === account || readJoin(text) !== undefined;
    learnName(read(text)!, readName(text === account ? location.search : text));
    return ask(read(text)!, isShown);
  });
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
  const { t } = useDeviceWords();
  const { wait } = useFingerprints();
  const { open } = useBegin();
  const called = useAccountName();
  const waits = useWaits(fingerprint);
  const isIn = waits?.is === "in";
  // biome-ignore lint/correctness/useExhaustiveDependencies: as soon as it is let in, once
  useEffect(() => {
    if (isIn) void open(fingerprint);
  }, [isIn]);
  return (
    <div className="grid gap-3">
      <p>{t("finger.waiting", { account: called(fingerprint.account) })}</p>
      {waits && <Heard {...{ waits, fingerprint }} />}
      {waits && !isSoon(waits) && <OwnCode fingerprint={fingerprint} />}
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

/** Its code is of no more use. */
const isSoon = ({ is }: Waits) => is === "in" || is === "proposed" || is === "due";

/** What became of the wish to be let in, and what there is to do about it. */
function Heard({ waits, fingerprint }: { waits: Waits; fingerprint: Fingerprint }) {
  const { t, format } = useDeviceWords();
  switch (waits.is) {
    case "in":
      return <Notice tone="accent">{t("device.isIn")}</Notice>;
    case "unasked":
      return (
        <ul className="grid list-disc gap-1 pl-5 text-sm text-muted">
          <li>{t("finger.waitingOther")}</li>
          <li>{t(waits.guarded ? "finger.waitingLost" : "device.waitingAlone")}</li>
        </ul>
      );
    case "proposed":
      return (
        <Notice tone="accent">
          <p className="font-medium">{t("device.proposed", { at: format.moment(waits.from) })}</p>
          <p className="mt-1">{t("device.proposedThen")}</p>
        </Notice>
      );
    case "due":
      return <Due fingerprint={fingerprint} />;
    case "other":
      return <Notice tone="warning">{t("device.otherProposed", { at: format.moment(waits.from) })}</Notice>;
    case "refused":
      return <Notice tone="bad">{t("device.wasRefused", { at: format.moment(waits.at) })}</Notice>;
  }
}

/** Nobody signs it any more: it is asked for by itself, and by hand where that did not work. */
function Due({ fingerprint }: { fingerprint: Fingerprint }) {
  const { t, lookup } = useDeviceWords();
  const { oracleUrl } = useSystem().config;
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  async function complete() {
    setBusy(true);
    setProblem(undefined);
    try {
      const { relayAt } = await loadNow(() => import("../passkeys/relay.ts"));
      await relayAt(oracleUrl).recover(fingerprint.account, fingerprint.key);
    } catch (error) {
      const { reason } = error as { reason?: string };
      setProblem(lookup(`error.relay.${reason}`) ?? t("common.networkAway"));
    } finally {
      setBusy(false);
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as soon as it is due
  useEffect(() => {
    void complete();
  }, []);
  if (!problem) return <Notice tone="accent">{t("device.opening")}</Notice>;
  return (
    <Notice tone="warning">
      <p className="mb-2">
        {problem} {t("device.openingElse")}
      </p>
      <Button size="small" disabled={busy} onClick={() => void complete()}>
        {t("device.openIt")}
      </Button>
    </Notice>
  );
}

/** What another device or the guardian reads, with the account's name where it has one here: so they know whose it is. */
function OwnCode({ fingerprint }: { fingerprint: Fingerprint }) {
  const { t } = useDeviceWords();
  const { names, give } = useAccountNames();
  // Over the sheet in which this may stand.
  const naming = useSheet("name", "over");
  const name = names[fingerprint.account];
  const link = letInLink(location.origin, { ...fingerprint, name });
  return (
    <>
      <CodeBox code={link} label={t("finger.keyCode")} text={link} />
      <Button look="quiet" onClick={() => naming.show()}>
        <Pencil className="size-4" />
        {t(name ? "meters.rename" : "device.nameIt")}
      </Button>
      <NameSheet
        open={naming.of !== undefined}
        onClose={naming.close}
        name={name ?? ""}
        hint={t("device.nameInCode")}
        onName={(given) => give(fingerprint.account, given)}
      />
    </>
  );
}
