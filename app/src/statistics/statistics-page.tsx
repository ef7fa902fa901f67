import { startOfDay } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Card, Empty, EnergyBars, Figure, Skeleton, Stat, useNow } from "../ui/index.ts";
import { useCommunity, useStatistics } from "./data.ts";

const DAY = 86_400;

export function StatisticsPage() {
  const { t, format } = useI18n();
  const totals = useStatistics().data;
  const days = useCommunity(startOfDay(useNow(60)) - 13 * DAY).data;
  return (
    <div className="mx-auto grid max-w-5xl gap-3">
      <Card title={t("statistics.market")}>
        {!totals ? (
          <Skeleton className="h-32" />
        ) : (
          <dl className="grid grid-cols-2 gap-x-3 gap-y-4 sm:grid-cols-3">
            <Stat
              label={t("statistics.traded")}
              hint={t("statistics.fills", { count: format.integer(totals.fills) })}
            >
              <Figure size="large" parts={format.parts.energy(totals.tradedWh)} />
            </Stat>
            <Stat label={t("statistics.value")}>
              <Figure
                size="large"
                parts={format.parts.wholeMoney(totals.tradedIdrs)}
                exact={format.exactMoney(totals.tradedIdrs)}
              />
            </Stat>
            <Stat label={t("statistics.average")}>
              {totals.averagePrice === null ? (
                "–"
              ) : (
                <Figure
                  size="large"
                  parts={format.parts.wholePrice(totals.averagePrice)}
                  exact={format.price(totals.averagePrice)}
                />
              )}
            </Stat>
            <Stat
              label={t("statistics.delivered")}
              hint={t("statistics.deliveries", { count: format.integer(totals.deliveries) })}
            >
              <Figure size="large" parts={format.parts.energy(totals.deliveredWh)} />
            </Stat>
            <Stat label={t("statistics.minted")}>
              <Figure size="large" className="text-sun" parts={format.parts.energy(totals.mintedWh)} />
            </Stat>
            <Stat label={t("statistics.burned")}>
              <Figure size="large" className="text-house" parts={format.parts.energy(totals.burnedWh)} />
            </Stat>
          </dl>
        )}
      </Card>
      <Card title={t("statistics.community")}>
        {!days ? (
          <Skeleton className="h-48" />
        ) : days.length === 0 ? (
          <Empty title={t("statistics.noDays")} />
        ) : (
          <EnergyBars bars={days.map((day) => ({ ...day, label: format.day(day.start) }))} />
        )}
      </Card>
    </div>
  );
}
