import { BatteryMedium, Gauge, House, SunMedium, UtilityPole } from "lucide-react";
import { useState } from "react";
import { ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { type Device, useDevices } from "../oracle/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  Badge,
  Button,
  Card,
  type Column,
  Empty,
  Figure,
  Notice,
  Records,
  Segmented,
  Skeleton,
  Stat,
  Time,
  type Tone,
} from "../ui/index.ts";
import { type Meter, type Settlement, useMeters, useSettlements } from "./data.ts";

const icons = { CONSUMER: House, PROSUMER: SunMedium, BATTERY: BatteryMedium, GRID: UtilityPole } as const;

export function MetersPage() {
  const { t } = useI18n();
  const account = useAccount();
  const meters = useMeters(account?.address).data;
  const [chosen, setChosen] = useState<string>();
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
  const meter = meters.find(({ serial }) => serial === chosen) ?? meters[0];
  if (!meter)
    return (
      <Card className="mx-auto max-w-xl">
        <Empty icon={<Gauge />} title={t("meters.none")}>
          {t("meters.noneHint")}
        </Empty>
      </Card>
    );
  return (
    <div className="grid gap-3">
      {meters.length > 1 && (
        <Segmented
          label={t("place.meters")}
          value={meter.serial}
          onValue={setChosen}
          options={meters.map(({ serial }) => ({ value: serial, label: serial }))}
        />
      )}
      <div className="grid gap-3 lg:grid-cols-[24rem_minmax(0,1fr)]">
        <div className="grid content-start gap-3">
          <MeterCard meter={meter} />
          {meter.debtWh > 0n && <DebtCard meter={meter} address={account.address} />}
        </div>
        <SettlementsCard meter={meter} />
      </div>
    </div>
  );
}

const deviceTones: Record<Device["state"], Tone> = {
  online: "good",
  late: "warning",
  offline: "bad",
  lost: "bad",
  unknown: "neutral",
};

function MeterCard({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const device = useDevices([meter.serial]).data?.[0];
  const Icon = icons[meter.kind];
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <Icon className="size-5 text-muted" />
          {meter.serial}
        </span>
      }
      aside={
        <Badge tone={meter.status === "ACTIVE" ? "good" : "bad"}>
          {t(meter.status === "ACTIVE" ? "meters.active" : "meters.suspended")}
        </Badge>
      }
    >
      <dl className="grid grid-cols-2 gap-x-3 gap-y-4">
        <Stat label={t("meters.export")}>
          <Figure size="large" className="text-sun" parts={format.parts.energy(meter.exportWh)} />
        </Stat>
        <Stat label={t("meters.import")}>
          <Figure size="large" className="text-house" parts={format.parts.energy(meter.importWh)} />
        </Stat>
        {meter.capacityWh > 0n && (
          <Stat
            label={t("meters.stored")}
            hint={t("meters.ofCapacity", { capacity: format.energy(meter.capacityWh) })}
          >
            <Figure size="large" className="text-battery" parts={format.parts.energy(meter.storedWh)} />
          </Stat>
        )}
        <Stat label={t("meters.debt")} hint={t("meters.credit", { credit: format.energy(meter.creditWh) })}>
          <Figure size="large" parts={format.parts.energy(meter.debtWh)} />
        </Stat>
      </dl>
      <dl className="mt-4 grid gap-1 border-t pt-3 text-sm">
        {[
          [t("meters.kind"), t(`meters.kind.${meter.kind}`)],
          [
            t("meters.rating"),
            t("meters.ratingValue", {
              export: format.watts(Number(meter.exportWatts)),
              import: format.watts(Number(meter.importWatts)),
            }),
          ],
          [t("meters.trust"), t(`meters.trust.${meter.trust}`)],
          [t("meters.epoch"), String(meter.epoch)],
        ].map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-muted">{label}</dt>
            <dd className="text-right">{value}</dd>
          </div>
        ))}
        {device && (
          <div className="flex justify-between gap-3">
            <dt className="text-muted">{t("meters.device")}</dt>
            <dd>
              <Badge tone={deviceTones[device.state]}>{t(`device.${device.state}`)}</Badge>
            </dd>
          </div>
        )}
        <div className="flex justify-between gap-3">
          <dt className="text-muted">{t("meters.settledAt")}</dt>
          <dd>{meter.settledTimestamp > 0 ? <Time at={meter.settledTimestamp} /> : t("meters.never")}</dd>
        </div>
      </dl>
    </Card>
  );
}

/** Debt is paid with energy: what the wallet holds, then what is free in the trading balance. */
function DebtCard({ meter, address }: { meter: Meter; address: `0x${string}` }) {
  const { t, format } = useI18n();
  const { converter } = useSystem();
  const balances = useBalances(address).data;
  const { transact, busy } = useTransact();
  const free = balances ? balances.wallet.energyWh + balances.trading.energyWh : 0n;
  const payable = free < meter.debtWh ? free : meter.debtWh;
  const repay = () =>
    transact({
      action: { kind: "repay", values: { wattHours: String(payable), meterId: meter.id } },
      call: {
        address: converter.address,
        abi: converter.abi,
        functionName: "repay",
        args: [meter.id as `0x${string}`, payable],
      },
    });
  return (
    <Card title={t("meters.debtTitle")}>
      <Notice tone={meter.debtWh > meter.creditWh ? "bad" : "warning"}>
        {t("meters.debtWhy", { debt: format.energy(meter.debtWh) })}
      </Notice>
      {payable > 0n ? (
        <Button look="primary" className="mt-3 w-full" disabled={busy} onClick={() => void repay()}>
          {t("meters.repay", { energy: format.energy(payable) })}
        </Button>
      ) : (
        <p className="mt-3 text-sm text-muted">{t("meters.buyFirst")}</p>
      )}
    </Card>
  );
}

function SettlementsCard({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const settlements = useSettlements(meter.id).data;
  const columns: Column<Settlement>[] = [
    { head: t("meters.readAt"), title: true, cell: ({ readAt }) => <Time at={readAt} as="clock" /> },
    { head: t("meters.export"), numeric: true, cell: ({ exportedWh }) => format.energy(exportedWh) },
    { head: t("meters.import"), numeric: true, cell: ({ importedWh }) => format.energy(importedWh) },
    {
      head: t("meters.tokens"),
      numeric: true,
      cell: ({ tokensWh, baseline }) =>
        baseline ? (
          <Badge>{t("meters.baseline")}</Badge>
        ) : (
          <span
            className={tokensWh > 0n ? "font-medium text-buy" : tokensWh < 0n ? "font-medium text-sell" : ""}
          >
            {tokensWh > 0n ? "+" : ""}
            {format.energy(tokensWh)}
          </span>
        ),
    },
    {
      head: t("meters.debt"),
      numeric: true,
      cell: ({ debtWh }) => (debtWh === 0n ? "–" : format.energy(debtWh)),
    },
  ];
  return (
    <Card title={t("meters.settlements")}>
      {settlements ? (
        <Records
          label={t("meters.settlements")}
          rows={settlements}
          columns={columns}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={<Gauge />} title={t("meters.noSettlement")}>
              {t("meters.noSettlementHint")}
            </Empty>
          }
        />
      ) : (
        <Skeleton className="h-64" />
      )}
    </Card>
  );
}
