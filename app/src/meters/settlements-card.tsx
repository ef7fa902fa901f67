import { Gauge } from "lucide-react";
import { useSettled } from "../energy-index/index.ts";
import { startOfDay } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import {
  Badge,
  Card,
  type Column,
  Empty,
  Energy,
  EnergyBars,
  Records,
  Segmented,
  Skeleton,
  Time,
  useChoice,
  useNow,
} from "../ui/index.ts";
import { LATEST_SETTLEMENTS, type Meter, type Settlement, useSettlements } from "./data.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const ranges = {
  day: { spans: 24, seconds: HOUR },
  week: { spans: 7, seconds: DAY },
  month: { spans: 28, seconds: DAY },
} as const;
type Range = keyof typeof ranges;
const rangeNames = Object.keys(ranges) as Range[];

/** What a meter settled: as bars over time, and one by one. */
export function SettlementsCard({ meter }: { meter: Meter }) {
  const { t } = useI18n();
  const settlements = useSettlements(meter.id).data;
  const columns: Column<Settlement>[] = [
    {
      head: t("meters.readAt"),
      title: true,
      cell: ({ readAt }) => <Time at={readAt} as="clock" />,
      sortBy: ({ readAt }) => readAt,
    },
    {
      head: t("meters.export"),
      numeric: true,
      cell: ({ exportedWh }) => <Energy wattHours={exportedWh} />,
      sortBy: ({ exportedWh }) => exportedWh,
    },
    {
      head: t("meters.import"),
      numeric: true,
      cell: ({ importedWh }) => <Energy wattHours={importedWh} />,
      sortBy: ({ importedWh }) => importedWh,
    },
    {
      head: t("meters.tokens"),
      numeric: true,
      sortBy: ({ tokensWh }) => tokensWh,
      cell: ({ tokensWh, baseline }) =>
        baseline ? (
          <Badge>{t("meters.baseline")}</Badge>
        ) : (
          <span
            className={tokensWh > 0n ? "font-medium text-buy" : tokensWh < 0n ? "font-medium text-sell" : ""}
          >
            <Energy wattHours={tokensWh} sign />
          </span>
        ),
    },
    {
      head: t("meters.debt"),
      numeric: true,
      sortBy: ({ debtWh }) => debtWh,
      cell: ({ debtWh }) => (debtWh === 0n ? "–" : <Energy wattHours={debtWh} />),
    },
  ];
  return (
    <Card title={t("meters.settlements")}>
      <History meter={meter} />
      {settlements ? (
        <Records
          label={t("meters.settlements")}
          latest={LATEST_SETTLEMENTS}
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

function History({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const [range, setRange] = useChoice("range", rangeNames, "day");
  const { spans, seconds } = ranges[range];
  const now = useNow(60);
  const end = seconds === DAY ? startOfDay(now) + DAY : Math.floor(now / HOUR) * HOUR + HOUR;
  const begin = end - spans * seconds;
  const settled = useSettled({ meterId: meter.id }, begin, seconds).data;
  return (
    <div className="mb-4 grid gap-3">
      <Segmented
        small
        label={t("chart.range")}
        value={range}
        onValue={setRange}
        options={rangeNames.map((value) => ({
          value,
          label: t(`chart.range.${value}`),
        }))}
      />
      {settled ? (
        <EnergyBars
          bars={Array.from({ length: spans }, (_, index) => {
            const start = begin + index * seconds;
            return {
              start,
              label: seconds === DAY ? format.day(start) : format.clock(start, now),
              short: seconds === DAY ? format.day(start) : format.hour(start),
              energy: settled.find((span) => span.start === start),
            };
          })}
        />
      ) : (
        <Skeleton className="h-48" />
      )}
    </div>
  );
}
