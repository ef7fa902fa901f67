import { formatKwh } from "@enerlink/protocol";
import { useI18n } from "../i18n/index.ts";
import {
  Card,
  CsvButton,
  Empty,
  EnergyBars,
  EnergyFigure,
  Figure,
  MoneyFigure,
  Segmented,
  Skeleton,
  Stat,
  useChoice,
  useNow,
} from "../ui/index.ts";
import { useCommunity, useStatistics } from "./data.ts";
import { daysUntil } from "./days.ts";
import { Leaders } from "./leaders.tsx";

const DAYS = { week: 7, month: 28 } as const;
const ranges = ["week", "month"] as const;

export function StatisticsPage() {
  return (
    <div className="mx-auto grid max-w-5xl gap-3">
      <Totals />
      <Community />
      <Leaders />
    </div>
  );
}

/** What the market came to since it began. */
function Totals() {
  const { t, format } = useI18n();
  const totals = useStatistics().data;
  return (
    <Card title={t("statistics.market")}>
      {!totals ? (
        <Skeleton className="h-72 sm:h-39" />
      ) : (
        <dl className="grid grid-cols-2 @max-[16rem]/page:grid-cols-1 gap-x-3 gap-y-4 sm:grid-cols-3">
          <Stat
            label={t("statistics.traded")}
            hint={t("statistics.fills", { count: format.integer(totals.fills) })}
          >
            <EnergyFigure size="large" wattHours={totals.tradedWh} />
          </Stat>
          <Stat label={t("statistics.value")}>
            <MoneyFigure size="large" idrs={totals.tradedIdrs} />
          </Stat>
          <Stat label={t("statistics.average")}>
            {totals.averagePrice === null ? (
              "–"
            ) : (
              <Figure
                size="large"
                parts={format.parts.wholePrice(totals.averagePrice)}
                exact={format.exactPrice(totals.averagePrice)}
              />
            )}
          </Stat>
          <Stat
            label={t("statistics.delivered")}
            hint={t("statistics.deliveries", { count: format.integer(totals.deliveries) })}
          >
            <EnergyFigure size="large" wattHours={totals.deliveredWh} />
          </Stat>
          <Stat label={t("statistics.minted")} hint={t("statistics.mintedHint")}>
            <EnergyFigure size="large" wattHours={totals.mintedWh} />
          </Stat>
          <Stat label={t("statistics.burned")} hint={t("statistics.burnedHint")}>
            <EnergyFigure size="large" wattHours={totals.burnedWh} />
          </Stat>
        </dl>
      )}
    </Card>
  );
}

/** What everybody exported and imported, day by day. */
function Community() {
  const { t, format } = useI18n();
  const [range, setRange] = useChoice("range", ranges, "week");
  const days = daysUntil(useNow(60), DAYS[range]);
  const community = useCommunity(days[0]!).data;
  return (
    <Card
      title={t("statistics.community")}
      aside={
        <span className="flex flex-wrap items-center gap-2">
          <Segmented
            small
            label={t("chart.range")}
            value={range}
            onValue={setRange}
            options={ranges.map((value) => ({
              value,
              label: t(`chart.range.${value}`),
            }))}
          />
          {!community ? (
            <span className="h-9 w-20" />
          ) : (
            <CsvButton
              name="community"
              head={["day_start_unix", "exported_kwh", "imported_kwh"]}
              rows={community.days.map(({ start, exportedWh, importedWh }) => [
                String(start),
                formatKwh(exportedWh),
                formatKwh(importedWh),
              ])}
            />
          )}
        </span>
      }
    >
      {!community ? (
        <Skeleton className="h-82 sm:h-74" />
      ) : community.days.length === 0 ? (
        <Empty title={t("statistics.noDays")} />
      ) : (
        <>
          {community.selfSufficiency !== null && (
            <p className="mb-3 text-sm text-muted">
              {t("statistics.selfSufficiency", {
                share: format.integer(Math.floor(community.selfSufficiency * 100)),
              })}
            </p>
          )}
          <EnergyBars
            bars={days.map((start) => ({
              start,
              label: format.day(start),
              energy: community.days.find((day) => day.start === start),
            }))}
          />
          {community.inWhole && <p className="mt-2 text-xs text-muted">{t("statistics.dayHint")}</p>}
        </>
      )}
    </Card>
  );
}
