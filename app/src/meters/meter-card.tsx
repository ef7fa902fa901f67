import { BatteryMedium, House, SunMedium, UtilityPole } from "lucide-react";
import type { ReactNode } from "react";
import { Badge, Button, Card, EnergyFigure, Stat, Time, useOpenSheet } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { RenameSheet } from "./rename-sheet.tsx";
import { useCalled } from "./use-called.ts";
import { useMeterWords } from "./words.ts";

const icons = { CONSUMER: House, PROSUMER: SunMedium, BATTERY: BatteryMedium, GRID: UtilityPole } as const;

/** What the registry and the last settlement say of a meter. */
export function MeterCard({ meter }: { meter: Meter }) {
  const { t, format } = useMeterWords();
  const Icon = icons[meter.kind];
  const called = useCalled();
  const [renaming, setRenaming] = useOpenSheet("rename");
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <Icon className="size-5 shrink-0 text-muted" />
          {called(meter.serial)}
        </span>
      }
      aside={
        <Badge tone={meter.status === "ACTIVE" ? "good" : "bad"}>
          {t(meter.status === "ACTIVE" ? "meters.active" : "meters.suspended")}
        </Badge>
      }
    >
      <dl className="grid grid-cols-2 @max-[16rem]/page:grid-cols-1 gap-x-3 gap-y-4">
        <Stat label={t("meters.export")}>
          <Read meter={meter} wattHours={meter.exportWh} className="text-sun" />
        </Stat>
        <Stat label={t("meters.import")}>
          <Read meter={meter} wattHours={meter.importWh} className="text-house" />
        </Stat>
        {meter.capacityWh > 0n && (
          <Stat
            label={t("meters.stored")}
            hint={t("meters.ofCapacity", { capacity: format.energy(meter.capacityWh) })}
          >
            <Read meter={meter} wattHours={meter.storedWh} className="text-battery" />
          </Stat>
        )}
        <Stat label={t("meters.debt")}>
          <EnergyFigure size="large" wattHours={meter.debtWh} />
        </Stat>
      </dl>
      <dl className="mt-4 grid gap-1 border-t pt-3 text-sm">
        <Row label={t("accept.field")}>{meter.serial}</Row>
        <Row label={t("meters.kind")}>{t(`meters.kind.${meter.kind}`)}</Row>
        <Row label={t("meters.settledAt")}>
          {meter.settledTimestamp > 0 ? <Time at={meter.settledTimestamp} /> : t("meters.never")}
        </Row>
      </dl>
      <Details meter={meter} />
      <Button size="small" className="mt-3" onClick={() => setRenaming(true)}>
        {t("meters.rename")}
      </Button>
      <RenameSheet meter={meter} open={renaming} onClose={() => setRenaming(false)} />
    </Card>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-3">
      <dt className="text-muted">{label}</dt>
      <dd className="ml-auto text-right">{children}</dd>
    </div>
  );
}

/** What the operator may ask for, and nobody else. */
function Details({ meter }: { meter: Meter }) {
  const { t, format } = useMeterWords();
  return (
    <details className="text-sm">
      <summary className="flex min-h-11 cursor-pointer items-center font-medium text-accent">
        {t("meters.details")}
      </summary>
      <dl className="grid gap-1">
        <Row label={t("meters.rating")}>
          {t("meters.ratingValue", {
            export: format.watts(Number(meter.exportWatts)),
            import: format.watts(Number(meter.importWatts)),
          })}
        </Row>
        <Row label={t("meters.signed")}>{t(`meters.signed.${meter.trust}`)}</Row>
        <Row label={t("meters.mayOwe")}>{format.energy(meter.creditWh)}</Row>
        <Row label={t("meters.period")}>{String(meter.epoch)}</Row>
      </dl>
    </details>
  );
}

/** What the last settled reading says; before the first one nothing is known. */
function Read({ meter, ...figure }: { meter: Meter; wattHours: bigint; className: string }) {
  return meter.settledTimestamp > 0 ? <EnergyFigure size="large" {...figure} /> : "–";
}
