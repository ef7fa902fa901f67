/** What each meter settled last. */
import { House } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { type Meter, useCalled, useMeters } from "../meters/index.ts";
import { Card, Empty, EnergyFigure, Skeleton, Time } from "../ui/index.ts";

export function SettledCard({ address }: { address: string }) {
  const { t } = useI18n();
  const meters = useMeters(address).data;
  return (
    <Card title={t("flow.settled")}>
      {!meters ? (
        <Skeleton className="h-24" />
      ) : meters.length === 0 ? (
        <Empty icon={<House />} title={t("meters.none")}>
          {t("meters.noneHint")}
        </Empty>
      ) : (
        <ul className="grid gap-3" aria-label={t("flow.settled")}>
          {meters.map((meter) => (
            <li key={meter.id}>
              <Settled meter={meter} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** What the last settlement counted: which way it went depends on what stands behind the meter. */
const ways = {
  CONSUMER: { out: "flow.sent", in: "flow.drawn" },
  PROSUMER: { out: "flow.sent", in: "flow.drawn" },
  BATTERY: { out: "flow.discharged", in: "flow.charged" },
  GRID: { out: "flow.gridGave", in: "flow.gridTook" },
} as const satisfies Record<Meter["kind"], { out: string; in: string }>;

function Settled({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const called = useCalled();
  const last = meter.settlements.items[0];
  return (
    <div className="rounded-control bg-sunken p-3">
      <p className="text-sm font-medium">{called(meter.serial)}</p>
      {last ? (
        <Net netWh={last.exportedWh - last.importedWh} at={last.readAt} way={ways[meter.kind]} />
      ) : (
        <p className="text-sm text-muted">{t("flow.nothing")}</p>
      )}
      {meter.capacityWh > 0n && last && (
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

type NetProps = { netWh: bigint; at: number; way: (typeof ways)[Meter["kind"]] };

function Net({ netWh, at, way }: NetProps) {
  const { t } = useI18n();
  return (
    <>
      <EnergyFigure
        size="large"
        className={netWh > 0n ? "text-sun" : netWh < 0n ? "text-house" : ""}
        wattHours={netWh < 0n ? -netWh : netWh}
      />
      <p className="text-sm text-muted">
        {t(netWh > 0n ? way.out : netWh < 0n ? way.in : "flow.even")} <Time at={at} />
      </p>
    </>
  );
}
