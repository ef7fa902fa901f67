import { capitals, isSerial, MeterKind, meterId, namesOf } from "@enerlink/protocol";
import { useEffect } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { isUnreachable, useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, TextField, useFields } from "../ui/index.ts";
import { usePendingMeters } from "./data.ts";

/** Accepting a meter that the registrar registered for this account, or that is transferred to it: its debt shown before. */
export function AcceptMeter({ address }: { address: string }) {
  const { t } = useI18n();
  const pending = usePendingMeters(address).data;
  return (
    <Card title={t("accept.title")}>
      <p className="mb-3 text-sm text-muted">
        {pending && pending.length > 0 ? t("accept.waiting", { count: pending.length }) : t("accept.why")}{" "}
        {t("accept.counts")}
      </p>
      <Form offered={pending?.[0]?.serial} address={address} />
    </Card>
  );
}

function Form({ offered, address }: { offered: string | undefined; address: string }) {
  const { t, format } = useI18n();
  const { registry, converter } = useSystem();
  const { transact, busy } = useTransact();
  const { field, values, getValues, handleSubmit, reset, setFocus, setValue } = useFields(
    z.object({
      serial: z.pipe(
        z.pipe(
          z.string(),
          z.transform((text) => text.trim()),
        ),
        z.string().check(z.refine(isSerial, t("accept.serial"))),
      ),
    }),
    { serial: "" },
  );
  // What waits is filled in, unless something is typed already.
  useEffect(() => {
    if (offered && getValues("serial") === "") setValue("serial", offered);
  }, [offered, getValues, setValue]);
  const serial = values?.serial;
  const found = useChain(
    ["offered", serial],
    serial === undefined
      ? undefined
      : async () => {
          const id = meterId(serial);
          const [meter, [, , debtWh, , settledAt]] = await Promise.all([
            registry.read.meter([id]),
            converter.read.settled([id]),
          ]);
          return { meter, debtWh, settledAt };
        },
  );
  const isMine = found.data?.meter.pendingOwner.toLowerCase() === address.toLowerCase();
  const refused = serial !== undefined && (found.isError || (found.data !== undefined && !isMine));
  const { problem, ...input } = field("serial");

  const refusal = (unfit: string) => {
    if (isUnreachable(found.error)) return t("common.networkAway");
    return t(found.isError ? "accept.unknown" : "accept.notOffered", { serial: unfit });
  };

  const accept = handleSubmit(async (typed) => {
    if (!found.data || !isMine) return setFocus("serial");
    const id = meterId(typed.serial);
    const sent = await transact({
      action: { kind: "acceptMeter", values: { meterId: id } },
      call: {
        address: registry.address,
        abi: registry.abi,
        functionName: "acceptMeter",
        // The debt that was read here, and no Wh more.
        args: [id, found.data.debtWh],
      },
    });
    if (sent) reset();
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void accept(event)}>
      <TextField
        {...input}
        label={t("accept.field")}
        problem={problem ?? (refused ? refusal(serial) : undefined)}
        autoCapitalize="none"
        spellCheck={false}
      />
      {found.data && isMine && (
        <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm">
          {[
            [t("meters.kind"), t(`meters.kind.${kindOf(found.data.meter.kind)}`)],
            [t("meters.debt"), format.energy(found.data.debtWh)],
            [
              t("meters.settledAt"),
              found.data.settledAt > 0 ? format.exactTime(found.data.settledAt) : t("meters.never"),
            ],
          ].map(([label, value]) => (
            <div key={label} className="flex justify-between gap-3">
              <dt className="text-muted">{label}</dt>
              <dd className="number">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {found.data && isMine && found.data.debtWh > 0n && (
        <Notice tone="warning">{t("accept.debt", { debt: format.energy(found.data.debtWh) })}</Notice>
      )}
      <Button type="submit" look={isMine ? "primary" : "secondary"} disabled={busy}>
        {serial === undefined ? t("accept.accept") : t("accept.submit", { serial })}
      </Button>
    </form>
  );
}

const kindOf = (kind: number) => capitals(namesOf(MeterKind))[kind]!;
