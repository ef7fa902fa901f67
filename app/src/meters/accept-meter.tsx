import { isSerial, meterId } from "@enerlink/contracts";
import { type FormEvent, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { meterKinds, useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, TextField } from "../ui/index.ts";
import { usePendingMeters } from "./data.ts";

/** Taking over a meter that its owner or the registrar transfers: found by its serial, its debt shown before. */
export function AcceptMeter({ address }: { address: string }) {
  const { t } = useI18n();
  const pending = usePendingMeters(address).data ?? [];
  const [text, setText] = useState<string>();
  const serial = (text ?? pending[0]?.serial ?? "").trim();
  const problem = serial !== "" && !isSerial(serial) ? t("accept.serial") : undefined;
  return (
    <Card title={t("accept.title")}>
      <p className="mb-3 text-sm text-muted">
        {pending.length > 0 ? t("accept.waiting", { count: pending.length }) : t("accept.why")}
      </p>
      <div className="grid gap-3">
        <TextField
          label={t("accept.field")}
          value={text ?? serial}
          onText={setText}
          problem={problem}
          autoCapitalize="none"
          spellCheck={false}
        />
        {serial !== "" && !problem && <Found serial={serial} address={address} />}
      </div>
    </Card>
  );
}

function Found({ serial, address }: { serial: string; address: string }) {
  const { t, format } = useI18n();
  const { registry, converter } = useSystem();
  const { transact, busy } = useTransact();
  const id = meterId(serial);
  const found = useChain(["offered", serial], async () => {
    const [meter, [, , debtWh]] = await Promise.all([
      registry.read.meter([id]),
      converter.read.settled([id]),
    ]);
    return { meter, debtWh };
  });
  if (found.isError) return <Notice tone="bad">{t("accept.unknown", { serial })}</Notice>;
  if (!found.data) return null;
  const { meter, debtWh } = found.data;
  const mine = meter.pendingOwner.toLowerCase() === address.toLowerCase();
  if (!mine) return <Notice tone="warning">{t("accept.notOffered", { serial })}</Notice>;
  const kind = meterKinds[meter.kind]!.toUpperCase() as Uppercase<(typeof meterKinds)[number]>;

  async function accept(event: FormEvent) {
    event.preventDefault();
    await transact({
      action: { kind: "acceptMeter", values: { meterId: id } },
      call: {
        address: registry.address,
        abi: registry.abi,
        functionName: "acceptMeter",
        // The debt that was read here, and no Wh more.
        args: [id, debtWh],
      },
    });
  }
  return (
    <form className="grid gap-3" onSubmit={(event) => void accept(event)}>
      <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm">
        {[
          [t("meters.kind"), t(`meters.kind.${kind}`)],
          [t("meters.debt"), format.energy(debtWh)],
        ].map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-muted">{label}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      {debtWh > 0n && <Notice tone="warning">{t("accept.debt", { debt: format.energy(debtWh) })}</Notice>}
      <Button type="submit" look="primary" disabled={busy}>
        {t("accept.submit", { serial })}
      </Button>
    </form>
  );
}
