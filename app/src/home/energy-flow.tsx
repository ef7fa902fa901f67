/** What the home does now, as its devices say, and what its meters settled last. */
import { House } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { LiveFlow, type Meter, useMeters } from "../meters/index.ts";
import { type Device, powerOf, useDevices } from "../oracle/index.ts";
import { known } from "../system/index.ts";
import { Card, classes, Empty, EnergyFigure, Skeleton, Time } from "../ui/index.ts";

export function EnergyFlow({ address, className }: { address: string; className?: string }) {
  const { t } = useI18n();
  const meters = useMeters(address).data;
  const devices = known(useDevices(meters?.map(({ serial }) => serial)));
  return (
    <Card title={t("flow.title")} {...(className ? { className } : {})}>
      {!meters ? (
        <Skeleton className="h-40" />
      ) : meters.length === 0 ? (
        <Empty icon={<House />} title={t("meters.none")}>
          {t("meters.noneHint")}
        </Empty>
      ) : (
        <Flow meters={meters} devices={devices} />
      )}
    </Card>
  );
}

function Flow({ meters, devices }: { meters: readonly Meter[]; devices: readonly Device[] | undefined }) {
  const { t } = useI18n();
  const now = devices && powerOf(devices);
  const power = now?.power;
  return (
    <div className={classes("grid gap-4", power && "items-center md:grid-cols-2")}>
      {power && <LiveFlow power={power} hasBattery={meters.some(({ kind }) => kind === "BATTERY")} />}
      {now && now.silent.length > 0 && (
        <p className="text-sm text-muted">{t("flow.silent", { meters: now.silent.join(", ") })}</p>
      )}
      <ul className={classes("grid gap-3", !power && "sm:grid-cols-2")} aria-label={t("flow.settled")}>
        {meters.map((meter) => (
          <li key={meter.id}>
            <Settled meter={meter} />
          </li>
        ))}
      </ul>
    </div>
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
  const last = meter.settlements.items[0];
  return (
    <div className="rounded-control bg-sunken p-3">
      <p className="text-sm font-medium">{meter.serial}</p>
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
