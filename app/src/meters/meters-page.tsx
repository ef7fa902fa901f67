import { Gauge } from "lucide-react";
import { ConnectFirst, useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Card, Empty, Segmented, Skeleton, useText } from "../ui/index.ts";
import { AcceptMeter } from "./accept-meter.tsx";
import { CorrectionCard } from "./correction-card.tsx";
import { useMeters } from "./data.ts";
import { DebtCard } from "./debt-card.tsx";
import { DeviceCard } from "./device-card.tsx";
import { MeterCard } from "./meter-card.tsx";
import { OwnReading } from "./own-reading.tsx";
import { ProvenReport } from "./proven-report.tsx";
import { SettlementsCard } from "./settlements-card.tsx";
import { TransferCard } from "./transfer-card.tsx";
import { useCalled } from "./use-called.ts";

export function MetersPage() {
  const { t } = useI18n();
  const account = useAccount();
  const meters = useMeters(account?.address).data;
  const called = useCalled();
  const [chosen, setChosen] = useText("meter");
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <ConnectFirst why={t("meters.connect")} />
      </Card>
    );
  if (!meters)
    return (
      <div className="grid gap-3 lg:grid-cols-2">
        <Skeleton className="h-64" />
        <Skeleton className="h-64" />
      </div>
    );
  const meter =
    meters.find(({ serial }) => serial === chosen) ?? meters.find(({ debtWh }) => debtWh > 0n) ?? meters[0];
  if (!meter)
    return (
      <div className="mx-auto grid max-w-xl gap-3">
        <Card>
          <Empty icon={<Gauge />} title={t("meters.none")}>
            {t("meters.noneHint")}
          </Empty>
        </Card>
        <AcceptMeter address={account.address} />
      </div>
    );
  return (
    <div className="grid gap-3">
      {meters.length > 1 && (
        <Segmented
          label={t("place.meters")}
          value={meter.serial}
          onValue={setChosen}
          options={meters.map(({ serial }) => ({ value: serial, label: called(serial) }))}
        />
      )}
      <div className="grid gap-3 lg:grid-cols-[24rem_minmax(0,1fr)]">
        <div className="grid content-start gap-3">
          {/* Whoever comes to repay finds it first. */}
          {meter.debtWh > 0n && <DebtCard meter={meter} account={account} />}
          <MeterCard meter={meter} />
          {meter.pendingOwner && <TransferCard meter={meter} to={meter.pendingOwner} />}
          <CorrectionCard key={`correction ${meter.id}`} meter={meter} />
          <DeviceCard key={meter.id} meter={meter} />
        </div>
        <div className="grid content-start gap-3">
          <ProvenReport key={`proven ${meter.id}`} meter={meter} />
          <SettlementsCard key={`settlements ${meter.id}`} meter={meter} />
          <OwnReading key={`own ${meter.id}`} meter={meter} />
          <AcceptMeter address={account.address} />
        </div>
      </div>
    </div>
  );
}
