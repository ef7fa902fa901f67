import { useI18n } from "../i18n/index.ts";
import { Card, Figure, Skeleton, Stat } from "../ui/index.ts";
import { DailyBars } from "./daily-bars.tsx";
import { useCommunity, useTotals } from "./data.ts";

export function StatisticsPage() {
  const { t, format } = useI18n();
  const totals = useTotals().data;
  const days = useCommunity().data;
  const average = totals && totals.filledWh > 0n ? totals.filledIdrs / totals.filledWh : undefined;
  return (
    <div className="mx-auto grid max-w-5xl gap-3">
      <Card title={t("statistics.market")}>
        {totals === undefined ? (
          <Skeleton className="h-32" />
        ) : (
          <dl className="grid grid-cols-2 gap-x-3 gap-y-4 sm:grid-cols-3">
            <Stat
              label={t("statistics.traded")}
              hint={t("statistics.fills", { count: format.integer(totals?.fills ?? 0) })}
            >
              <Figure size="large" parts={format.parts.energy(totals?.filledWh ?? 0n)} />
            </Stat>
            <Stat label={t("statistics.value")}>
              <Figure
                size="large"
                parts={format.parts.wholeMoney(totals?.filledIdrs ?? 0n)}
                exact={format.exactMoney(totals?.filledIdrs ?? 0n)}
              />
            </Stat>
            <Stat label={t("statistics.average")}>
              {average === undefined ? (
                "–"
              ) : (
                <Figure size="large" parts={format.parts.wholePrice(average)} exact={format.price(average)} />
              )}
            </Stat>
            <Stat
              label={t("statistics.delivered")}
              hint={t("statistics.deliveries", { count: format.integer(totals?.deliveries ?? 0) })}
            >
              <Figure size="large" parts={format.parts.energy(totals?.deliveredWh ?? 0n)} />
            </Stat>
            <Stat label={t("statistics.minted")}>
              <Figure size="large" className="text-sun" parts={format.parts.energy(totals?.mintedWh ?? 0n)} />
            </Stat>
            <Stat label={t("statistics.burned")}>
              <Figure
                size="large"
                className="text-house"
                parts={format.parts.energy(totals?.burnedWh ?? 0n)}
              />
            </Stat>
          </dl>
        )}
      </Card>
      <Card title={t("statistics.community")}>
        {days ? <DailyBars days={days} /> : <Skeleton className="h-48" />}
      </Card>
    </div>
  );
}
