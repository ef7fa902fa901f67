/** The homes whose guardian the connected account is: who lost all devices gets the account back through it. */
import { signerIdOf } from "@enerlink/protocol/account";
import { Pencil } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { type Address, concat, isAddressEqual } from "viem";
import { z } from "zod/mini";
import { Button, Card, NameSheet, Notice, TextField, useFields, useOpenSheet } from "../ui/index.ts";
import { type LetIn, letInLink, readLetIn } from "./codes.ts";
import { CopyText } from "./copy-text.tsx";
import { type LookedAfter, useLookedAfter } from "./home-account.ts";
import { letInField } from "./let-in-field.ts";
import { useAccountNames } from "./names.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";
import { useDeviceWords } from "./words.ts";

/** @param asked a key that came with the page's address, for one of them */
export function LookedAfterCard({ account, asked }: { account: Account; asked: LetIn | undefined }) {
  const { t } = useDeviceWords();
  const homes = useLookedAfter(account.address).data;
  if (!homes || homes.length === 0) return null;
  return (
    <Card title={t("finger.lookedAfter")}>
      <p className="mb-3 text-sm text-muted">
        {t("finger.lookedAfterWhy")} {t("device.lookedAfterTell")}
      </p>
      <ul className="grid gap-3">
        {homes.map((home) => (
          <li key={home.account} className="rounded-control border p-3">
            <Home
              home={home}
              asked={asked && isAddressEqual(asked.account, home.account) ? asked : undefined}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What the one who looks after it calls it: addresses are for programs. */
function Who({ account }: { account: Address }) {
  const { t } = useDeviceWords();
  const { names, give } = useAccountNames();
  const [naming, setNaming] = useOpenSheet(`name-${account}`);
  const name = names[account];
  return (
    <div className="flex items-center justify-between gap-2">
      <p className={name ? "min-w-0 font-medium wrap-anywhere" : "text-sm text-muted"}>
        {name ?? t("device.unnamed")}
      </p>
      <Button look="quiet" size="small" onClick={() => setNaming(true)}>
        <Pencil className="size-4" />
        {t(name ? "meters.rename" : "device.nameIt")}
      </Button>
      <NameSheet
        open={naming}
        onClose={() => setNaming(false)}
        name={name ?? ""}
        hint={t("device.nameHintOther")}
        onName={(given) => give(account, given)}
      />
    </div>
  );
}

function Home({ home, asked }: { home: LookedAfter; asked: LetIn | undefined }) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const [open, setOpen] = useState(asked !== undefined);
  const form = useRef<HTMLFormElement>(null);
  // Who followed the owner's link finds what it is about, however much stands above it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is there
  useEffect(() => {
    if (!asked) return;
    form.current?.focus({ preventScroll: true });
    form.current?.scrollIntoView({ block: "center" });
  }, []);
  const { account, recovery, now } = home;
  const { field, values, handleSubmit } = useFields(z.object({ code: letInField(account, t) }), {
    code: asked ? letInLink(location.origin, asked) : "",
  });
  const key = values && readLetIn(values.code)?.key;
  const proposed = !!recovery && !!key && signerIdOf(key) === recovery.signerId;
  const due = !!recovery && now >= recovery.from;
  const submit = handleSubmit(async ({ code }) => {
    const { key } = readLetIn(code)!;
    await (proposed
      ? change(account, { name: "recover", args: [concat([key.x, key.y])] })
      : change(account, { name: "proposeRecovery", args: [signerIdOf(key)] }));
  });
  const named = values && readLetIn(values.code)?.name;
  return (
    <div className="grid gap-3">
      <Who account={account} />
      <CopyText text={account} />
      {!open && <Button onClick={() => setOpen(true)}>{t("finger.bringBack")}</Button>}
      {recovery && (
        <Notice tone="warning">
          {t(due ? "finger.recoveryDue" : "finger.recoveryWaits", { at: format.moment(recovery.from) })}
        </Notice>
      )}
      {open && (
        <form
          ref={form}
          tabIndex={-1}
          aria-label={t("finger.bringBack")}
          className="grid gap-3"
          onSubmit={(event) => void submit(event)}
        >
          <p className="text-sm text-muted">{t("finger.bringBackWhy")}</p>
          <TextField
            {...field("code")}
            label={t("finger.keyCode")}
            autoCapitalize="none"
            spellCheck={false}
          />
          {named && <p className="text-sm">{t("device.calledInCode", { name: named })}</p>}
          <Button type="submit" look="primary" disabled={busy || (proposed && !due)}>
            {t(proposed ? "finger.recoveryComplete" : "finger.recoveryPropose")}
          </Button>
          <Button look="quiet" onClick={() => setOpen(false)}>
            {t("device.cancel")}
          </Button>
        </form>
      )}
    </div>
  );
}
