/** What somebody does who has an account by fingerprint and no meter yet: show a code, and take over the meter. */

import { faucetAbi, homeAccountAbi, meterId, parseIdr } from "@enerlink/protocol";
import { accountCode } from "@enerlink/protocol/account";
import { Fingerprint as Icon } from "lucide-react";
import { useRef, useState } from "react";
import type { Address } from "viem";
import { z } from "zod/mini";
import { CodeBox } from "../account/code-box.tsx";
import { guardianField, guardianOf } from "../account/guardian-field.ts";
import { type Account, useBalances } from "../account/index.ts";
import { useDeviceWords } from "../account/words.ts";
import { useMeters, usePendingMeters } from "../meters/index.ts";
import { useSystem } from "../system/index.ts";
import { type Call, useTransact, useUnderway } from "../transactions/index.ts";
import { Button, Card, Notice, TextField, useFields } from "../ui/index.ts";

/** Where the money is for trying, a new home gets some of it, IDRS base units. */
const FIRST_IDRS = parseIdr("200000");

export default function NewHomeCard({ account }: { account: Account }) {
  const { t } = useDeviceWords();
  const { installer, deployment } = useSystem().config;
  const { data: meters, dataUpdatedAt } = useMeters(account.address);
  const pending = usePendingMeters(account.address).data;
  const opening = useUnderway(["openHome"], dataUpdatedAt).length > 0;
  const known = useRef<string>(undefined);
  if (!meters || !pending || meters.length > 0) return null;
  // One list may show the block before the other does: what is being taken over stands until it is owned.
  known.current = pending[0]?.serial ?? (opening ? known.current : undefined);
  if (known.current !== undefined)
    return <OpenHome account={account} serial={known.current} opening={opening} />;
  const code = accountCode(account.address, deployment.chainId);
  return (
    <Card title={t("finger.codeTitle")} className="lg:col-span-2">
      <p className="mb-3 text-muted">{t("finger.codeWhy")}</p>
      <CodeBox code={code} label={t("finger.accountCode")} text={code} />
      {installer && <AtHand installer={installer} code={code} />}
    </Card>
  );
}

/** On a local market the installer is a program, which gives whoever shows a code a simulated roof. */
function AtHand({ installer, code }: { installer: string; code: string }) {
  const { t } = useDeviceWords();
  const [state, setState] = useState<"idle" | "asked" | "failed">("idle");
  async function show() {
    setState("asked");
    try {
      const response = await fetch(installer, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code }),
      });
      if (!response.ok) setState("failed");
    } catch {
      setState("failed");
    }
  }
  return (
    <div className="mt-3 grid gap-2">
      <Button look="primary" disabled={state === "asked"} onClick={() => void show()}>
        {t(state === "asked" ? "finger.installing" : "finger.installer")}
      </Button>
      {state === "failed" && <Notice tone="bad">{t("finger.installerAway")}</Notice>}
    </div>
  );
}

type OpenProps = { account: Account; serial: string; opening: boolean };

/** @param opening whether the network has been asked, and has not shown it yet */
function OpenHome({ account, serial, opening }: OpenProps) {
  const { t, format } = useDeviceWords();
  const { config, registry, converter } = useSystem();
  const balances = useBalances(account.address).data;
  const { transact, busy } = useTransact();
  const { faucet } = config.deployment.contracts;
  const nothing = balances?.wallet.idrs === 0n && balances.trading.idrs === 0n;
  // The money comes a moment before the meter does: what was promised stands until both are there.
  const promised = useRef(false);
  if (!opening && !busy) promised.current = faucet !== undefined && nothing;
  const draws = faucet !== undefined && promised.current;
  const { field, handleSubmit } = useFields(
    z.object({
      guardian: guardianField(account.address, config.deployment.chainId, t, { nobody: true }),
    }),
    { guardian: "" },
  );

  const submit = handleSubmit(async ({ guardian }) => {
    const id = meterId(serial);
    const first: Call[] = [];
    const named = guardianOf(guardian);
    if (named) first.push(naming(account.address, named));
    if (draws)
      first.push({ address: faucet, abi: faucetAbi, functionName: "draw", args: [FIRST_IDRS] } as Call);
    await transact({
      action: { kind: "openHome", values: { meterId: id } },
      first,
      call: async () => {
        const [, , debtWh] = await converter.read.settled([id]);
        return { ...registry, functionName: "acceptMeter", args: [id, debtWh] as const };
      },
    });
  });
  return (
    <Card title={t("finger.openTitle", { serial })} className="lg:col-span-2">
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <p className="text-muted">
          {t("finger.openWhy")} {draws && t("finger.openMoney", { idrs: format.money(FIRST_IDRS) })}
        </p>
        <p className="text-muted">{t("accept.counts")}</p>
        <details>
          <summary className="cursor-pointer font-medium">{t("finger.guardianAsk")}</summary>
          <TextField
            {...field("guardian")}
            label={t("finger.guardianField")}
            hint={t("finger.guardianHint")}
            autoCapitalize="none"
            spellCheck={false}
          />
        </details>
        <Button type="submit" look="primary" disabled={busy || opening || !balances}>
          <Icon className="size-5" />
          {t("finger.open")}
        </Button>
      </form>
    </Card>
  );
}

const naming = (account: Address, guardian: Address) =>
  ({ address: account, abi: homeAccountAbi, functionName: "setGuardian", args: [guardian] }) as Call;
