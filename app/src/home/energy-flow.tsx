/** What the home does now: how much it sends to the neighbourhood or draws from it, as last settled. */
import { House, UtilityPole } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { type Meter, type Settlement, useMeters, useSettlementsSince } from "../meters/index.ts";
import { Card, classes, Empty, Figure, Skeleton, Time, useNow } from "../ui/index.ts";

const DAY = 86_400;

export function EnergyFlow({ address, className }: { address: string; className?: string }) {
  const { t } = useI18n();
  // Begins on the hour, so that the question stays the same for a while.
  const since = Math.floor((useNow(60) - DAY) / 3_600) * 3_600;
  const meters = useMeters(address).data;
  const settlements = useSettlementsSince(address, since).data;
  return (
    <Card title={t("flow.title")} className={className ?? ""}>
      {!meters || !settlements ? (
        <Skeleton className="h-40" />
      ) : meters.length === 0 ? (
        <Empty icon={<House />} title={t("meters.none")}>
          {t("meters.noneHint")}
        </Empty>
      ) : (
        <ul className="grid gap-4 sm:grid-cols-2">
          {meters.map((meter) => (
            <li key={meter.id}>
              <Flow meter={meter} last={settlements.find(({ meterId }) => meterId === meter.id)} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Flow({ meter, last }: { meter: Meter; last: Settlement | undefined }) {
  const { t, format } = useI18n();
  const net = last ? last.exportedWh - last.importedWh : 0n;
  const sends = net > 0n;
  return (
    <div>
      <p className="mb-2 text-sm font-medium">{meter.serial}</p>
      <div className="flex items-center gap-2">
        <span className="grid size-14 shrink-0 place-items-center rounded-full bg-house-soft text-house">
          <House className="size-7" />
        </span>
        <svg viewBox="0 0 100 16" className="h-4 min-w-0 flex-1" aria-hidden preserveAspectRatio="none">
          <line
            x1={sends ? 0 : 100}
            x2={sends ? 100 : 0}
            y1="8"
            y2="8"
            strokeWidth="4"
            strokeDasharray="10 6"
            className={classes(
              net === 0n ? "stroke-line" : "animate-[flow_1s_linear_infinite]",
              net > 0n && "stroke-sun-fill",
              net < 0n && "stroke-house",
            )}
          />
        </svg>
        <span className="grid size-14 shrink-0 place-items-center rounded-full bg-sunken text-muted">
          <UtilityPole className="size-7" />
        </span>
      </div>
      <p className="mt-2 flex flex-wrap items-baseline gap-x-2 text-sm text-muted">
        {last ? (
          <>
            <Figure
              size="large"
              className={net > 0n ? "text-sun" : net < 0n ? "text-house" : ""}
              parts={format.parts.energy(net < 0n ? -net : net)}
            />
            {t(net > 0n ? "flow.sent" : net < 0n ? "flow.drawn" : "flow.even")}
            <Time at={last.readAt} />
          </>
        ) : (
          t("flow.nothing")
        )}
      </p>
      {meter.capacityWh > 0n && (
        <p className="mt-1 text-sm text-battery">
          {t("flow.stored", {
            stored: format.energy(meter.storedWh),
            capacity: format.energy(meter.capacityWh),
          })}
        </p>
      )}
    </div>
  );
}
