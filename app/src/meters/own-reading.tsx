import { deviceReporterAbi, serialOf } from "@enerlink/protocol";
import { useState } from "react";
import type { Hex } from "viem";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { answerOf, oracleAt } from "../oracle/index.ts";
import { readContract, useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, TextArea, useFields, useNow } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { type ReadingProblem, readSigned, type Submission } from "./signed-reading.ts";

/**
 * From when the meter's own reading is taken, unix seconds: `silence` after another reporter settled it, or its epoch
 * began.
 */
function useAllowedAt(meter: Meter) {
  const { client, config } = useSystem();
  const address = config.deployment.contracts.deviceReporter;
  return useChain(["own-reading", meter.id], async () => {
    const contract = { address, abi: deviceReporterAbi };
    const [silence, at] = await Promise.all([
      readContract(client, { ...contract, functionName: "silence" }),
      readContract(client, { ...contract, functionName: "allowedAt", args: [meter.id as Hex] }),
    ]);
    return { silence, at: Number(at) };
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
  const [missing, setMissing] = useState(false);
  const { field, values, handleSubmit, setValue, reset } = useFields(
    z.object({
      reading: z.pipe(
        z.string(),
        z.transform((text, context) => {
          const read = readSigned(text);
          const message = "report" in read ? mismatch(read) : misread(read);
          if (message) context.issues.push({ code: "custom", message, input: text });
          return read as Submission;
        }),
      ),
    }),
    { reading: "" },
  );

  async function fetchLast() {
    try {
      const path = { meterId: meter.serial };
      const oracle = oracleAt(config.oracleUrl);
      const answer = await answerOf(
        oracle.GET("/api/v1/meters/{meterId}/signed-reading", { params: { path } }),
      );
      setValue("reading", JSON.stringify(answer.reading, undefined, 1));
      setMissing(false);
    } catch {
      setMissing(true);
    }
  }

  const submit = handleSubmit(async ({ reading: { report, sequence, r, s } }) => {
    const sent = await transact({
      action: { kind: "ownReading", values: { meterId: meter.id } },
      call: {
        address: config.deployment.contracts.deviceReporter,
        abi: deviceReporterAbi,
        functionName: "submit",
        args: [report, sequence, r, s],
      },
    });
    if (sent) reset();
  });

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
        <form className="mt-3 grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
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
          <TextArea {...field("reading")} label={t("own.reading")} hint={t("own.hint")} rows={5} />
          {values && (
            <p className="text-sm">
              {t("own.says", {
                time: format.clock(values.reading.report.timestamp, now),
                export: format.exactEnergy(values.reading.report.exportWh),
                import: format.exactEnergy(values.reading.report.importWh),
              })}
            </p>
          )}
          {missing && <Notice>{t("own.none")}</Notice>}
          <div className="grid grid-cols-2 gap-2">
            <Button onClick={() => void fetchLast()}>{t("own.fetch")}</Button>
            <Button type="submit" look="primary" disabled={busy}>
              {t("own.submit")}
            </Button>
          </div>
        </form>
      )}
    </Card>
  );

  function misread(problem: ReadingProblem): string {
    return problem.kind === "json" ? t("own.notJson") : t("own.field", { field: problem.field });
  }

  function mismatch({ report: { meterId, epoch } }: Submission): string | undefined {
    if (meterId !== meter.id) return t("own.otherMeter", { serial: serialOf(meterId) });
    if (epoch !== meter.epoch) return t("own.otherEpoch", { epoch, now: meter.epoch });
    return undefined;
  }
}
