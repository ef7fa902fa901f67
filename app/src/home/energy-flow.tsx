/** What the home does now, as its devices say, and what its meters settled last. */
import { House } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { LiveFlow, type Meter, type Settlement, useMeters, useSettlementsSince } from "../meters/index.ts";
import { powerOf, useDevices } from "../oracle/index.ts";
import { Card, classes, Empty, EnergyFigure, Skeleton, Time, useNow } from "../ui/index.ts";

const DAY = 86_400;

export function EnergyFlow({ address, className }: { address: string; className?: string }) {
  const { t } = useI18n();
  // Begins on the hour, so that the question stays the same for a while.
  const since = Math.floor((useNow(60) - DAY) / 3_600) * 3_600;
  const meters = useMeters(address).data;
  const settlements = useSettlementsSince(address, since).data;
  const power = powerOf(useDevices(meters?.map(({ serial }) => serial)).data ?? []);
  const wide = power !== undefined;
  return (
    <Card title={t("flow.title")} className={className ?? ""}>
      {!meters || !settlements ? (
        <Skeleton className="h-40" />
      ) : meters.length === 0 ? (
        <Empty icon={<House />} title={t("meters.none")}>
          {t("meters.noneHint")}
        </Empty>
      ) : (
        <div className={classes("grid gap-4", wide && "items-center md:grid-cols-2")}>
          {power && <LiveFlow power={power} hasBattery={meters.some(({ kind }) => kind === "BATTERY")} />}
          <ul className={classes("grid gap-3", !wide && "sm:grid-cols-2")} aria-label={t("flow.settled")}>
            {meters.map((meter) => (
              <li key={meter.id}>
                <Settled meter={meter} last={settlements.find(({ meterId }) => meterId === meter.id)} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

function Settled({ meter, last }: { meter: Meter; last: Settlement | undefined }) {
  const { t, format } = useI18n();
  const net = last ? last.exportedWh - last.importedWh : 0n;
  return (
    <div className="rounded-control bg-sunken p-3">
      <p className="text-sm font-medium">{meter.serial}</p>
      {last ? (
        <>
          <EnergyFigure
            size="large"
            className={net > 0n ? "text-sun" : net < 0n ? "text-house" : ""}
            wattHours={net < 0n ? -net : net}
          />
          <p className="text-sm text-muted">
            {t(net > 0n ? "flow.sent" : net < 0n ? "flow.drawn" : "flow.even")} <Time at={last.readAt} />
          </p>
        </>
      ) : (
        <p className="text-sm text-muted">{t("flow.nothing")}</p>
      )}
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
