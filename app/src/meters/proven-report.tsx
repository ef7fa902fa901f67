import { oracleCommitteeAbi } from "@enerlink/protocol";
import type { Hex } from "viem";
import { z } from "zod/mini";
import { itemsOf, seconds, useIndex } from "../energy-index/index.ts";
import { answerOf, oracleAt } from "../oracle/index.ts";
import { useLive, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, useNow } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { useMeterWords } from "./words.ts";

const LATEST = `query { committedRoots(orderBy: "windowEnd", orderDirection: "desc", limit: 1) { items { windowEnd } } }`;
/** A root comes once in a quarter of an hour. */
const POLL_MILLISECONDS = 30_000;

/** The meter's newest report in a committed root, where there is one that the chain has not settled. */
function useProven(meter: Meter) {
  const { config } = useSystem();
  const roots = useIndex(LATEST, {}, itemsOf("committedRoots", z.object({ windowEnd: seconds }))).data;
  const root = roots?.[0];
  // Meters of a neighbourhood settle slot by slot.
  const isLater = root !== undefined && root.windowEnd > meter.settledTimestamp && meter.communityId === null;
  const path = { meterId: meter.serial };
  return useLive(
    ["proven", meter.serial, root?.windowEnd],
    isLater
      ? () =>
          answerOf(
            oracleAt(config.oracleUrl).GET("/api/v1/energy/proof/{meterId}", { params: { path, query: {} } }),
          )
      : undefined,
    { milliseconds: POLL_MILLISECONDS },
  ).data;
}

/** What the meter said at a window's end is on record, and settled later with everybody's: or now, by whoever asks. */
export function ProvenReport({ meter }: { meter: Meter }) {
  const { t, format } = useMeterWords();
  const { config } = useSystem();
  const now = useNow();
  const proven = useProven(meter);
  const { transact, busy } = useTransact();
  if (!proven || proven.settled || proven.report.timestamp <= meter.settledTimestamp) return null;
  const { timestamp, epoch } = proven.report;
  const [exportWh, importWh, storedWh] = [
    proven.report.exportWh,
    proven.report.importWh,
    proven.report.storedWh,
  ].map(BigInt) as [bigint, bigint, bigint];
  const counts = meter.settledTimestamp > 0 && epoch === meter.epoch;

  const settle = () =>
    transact({
      action: { kind: "settleProven", values: { meterId: meter.id } },
      call: {
        address: config.deployment.contracts.oracleCommittee,
        abi: oracleCommitteeAbi,
        functionName: "settleProven",
        args: [
          { meterId: meter.id as Hex, exportWh, importWh, storedWh, timestamp, epoch },
          proven.windowEndSeconds,
          proven.proof as Hex[],
        ],
      },
    });

  return (
    <Card title={t("meters.proven.title")}>
      <p className="text-sm text-muted">{t("meters.proven.why", { time: format.clock(timestamp, now) })}</p>
      {counts && (
        <p className="mt-2 text-sm">
          {t("meters.proven.counts", {
            export: format.energy(exportWh - meter.exportWh),
            import: format.energy(importWh - meter.importWh),
          })}
        </p>
      )}
      <Button className="mt-3" look="primary" disabled={busy} onClick={() => void settle()}>
        {t("meters.proven.settle")}
      </Button>
    </Card>
  );
}
