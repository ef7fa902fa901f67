import { deviceReporterAbi, serialOf } from "@enerlink/contracts";
import { type FormEvent, useState } from "react";
import type { Hex } from "viem";
import { readContract } from "viem/actions";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { askOracle } from "../oracle/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, TextArea, useNow } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { readSigned, type Submission } from "./signed-reading.ts";

/** From when the meter's own reading is taken, unix seconds: `silence` after the last settlement, or its first epoch. */
function useAllowedAt(meter: Meter) {
  const { client, config, converter, registry } = useSystem();
  const address = config.deployment.contracts.deviceReporter;
  return useChain(["own-reading", meter.id], async () => {
    const id = meter.id as Hex;
    const [silence, [, , , , settledAt], { epochDeclaredAt, activeFrom }] = await Promise.all([
      readContract(client, { address, abi: deviceReporterAbi, functionName: "silence" }),
      converter.read.settled([id]),
      registry.read.meter([id]),
    ]);
    return { silence, at: Math.max(settledAt, epochDeclaredAt, activeFrom) + silence };
  });
}

/** The way out when every meter reader is down: the meter's own signature is enough for the chain. */
export function OwnReading({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const { config } = useSystem();
  const now = useNow();
  const allowed = useAllowedAt(meter).data;
  const { transact, busy } = useTransact();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const read = text.trim() === "" ? undefined : readSigned(text);
  const reading = read && "report" in read ? read : undefined;
  const problem = problemOf();

  async function fetchLast() {
    try {
      const answer = await askOracle(
        config.oracleUrl,
        `meters/${meter.serial}/signed-reading`,
        z.object({ reading: z.unknown() }),
      );
      setText(JSON.stringify(answer.reading, undefined, 1));
      setMissing(false);
    } catch {
      setMissing(true);
    }
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!reading || problem) return;
    const { report, sequence, r, s } = reading;
    const sent = await transact({
      action: { kind: "ownReading", values: { meterId: meter.id } },
      call: {
        address: config.deployment.contracts.deviceReporter,
        abi: deviceReporterAbi,
        functionName: "submit",
        args: [report, sequence, r, s],
      },
    });
    if (sent) setText("");
  }

  return (
    <Card
      title={t("own.title")}
      aside={
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "common.hide" : "common.show")}
        </Button>
      }
    >
      <p className="text-sm text-muted">{t("own.why", { hours: allowed ? allowed.silence / 3_600 : "…" })}</p>
      {open && (
        <form className="mt-3 grid gap-3" onSubmit={(event) => void submit(event)}>
          {meter.trust !== "A" ? (
            <Notice tone="warning">{t("own.notSigned")}</Notice>
          ) : (
            allowed &&
            (now < allowed.at ? (
              <Notice tone="warning">{t("own.notYet", { time: format.clock(allowed.at, now) })}</Notice>
            ) : (
              <Notice tone="accent">{t("own.allowed")}</Notice>
            ))
          )}
          <TextArea
            label={t("own.reading")}
            hint={t("own.hint")}
            problem={problem}
            value={text}
            onText={setText}
            rows={5}
          />
          {reading && !problem && (
            <p className="text-sm">
              {t("own.says", {
                time: format.clock(reading.report.timestamp, now),
                export: format.energy(reading.report.exportWh),
                import: format.energy(reading.report.importWh),
              })}
            </p>
          )}
          {missing && <Notice>{t("own.none")}</Notice>}
          <div className="grid grid-cols-2 gap-2">
            <Button onClick={() => void fetchLast()}>{t("own.fetch")}</Button>
            <Button type="submit" look="primary" disabled={!reading || problem !== undefined || busy}>
              {t("own.submit")}
            </Button>
          </div>
        </form>
      )}
    </Card>
  );

  function problemOf(): string | undefined {
    if (!read) return undefined;
    if (!("report" in read))
      return read.kind === "json" ? t("own.notJson") : t("own.field", { field: read.field });
    return mismatch(read);
  }

  function mismatch({ report: { meterId, epoch } }: Submission): string | undefined {
    if (meterId !== meter.id) return t("own.otherMeter", { serial: serialOf(meterId) });
    if (epoch !== meter.epoch) return t("own.otherEpoch", { epoch, now: meter.epoch });
    return undefined;
  }
}
