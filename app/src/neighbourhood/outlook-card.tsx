/** The next day as the last ones were: when neighbours' energy is cheap, and what the home may need of it. */
import { useState } from "react";
import { Card, EnergyChart, givenAndNeeded, Skeleton } from "../ui/index.ts";
import { type Home, type Neighbourhood, useOutlook } from "./data.ts";
import { plnGuides } from "./guides.ts";
import { cheapest, cheapWords, type Hour } from "./outlook.ts";
import { useHood } from "./words.ts";

/** As high as the card mostly is, so that nothing moves once it is known. */
const HEIGHT = "h-[34rem] lg:h-[27rem]";

export function OutlookCard({ home, neighbourhood }: { home: Home; neighbourhood: Neighbourhood }) {
  const i18n = useHood();
  const { t } = i18n;
  const hours = useOutlook(home.id).data;
  if (!hours)
    return (
      <Card title={t("outlook.title")}>
        <Skeleton className={HEIGHT} />
      </Card>
    );
  const cheap = cheapest(hours, neighbourhood);
  return (
    <Card title={t("outlook.title")}>
      <div className="grid gap-4">
        <p className="text-lg">{cheap ? cheapWords(cheap, neighbourhood, i18n) : t("outlook.learning")}</p>
        {hours.some(({ surplusWh, price }) => surplusWh ?? price) && (
          <>
            <Picture {...{ hours, neighbourhood }} />
            <p className="text-xs text-muted">{t("outlook.foot")}</p>
          </>
        )}
      </div>
    </Card>
  );
}

const positive = (value: bigint) => (value > 0n ? value : 0n);

function Picture({ hours, neighbourhood }: { hours: readonly Hour[]; neighbourhood: Neighbourhood }) {
  const { t, format } = useHood();
  // The day begins with its next hour.
  const [chosen, setChosen] = useState(0);
  return (
    <EnergyChart
      title={t("outlook.chart")}
      chosen={chosen}
      onChoose={setChosen}
      spans={hours.map(({ start, surplusWh }) => ({
        start,
        label: `${format.weekdayHour(start)}–${format.hour(start + 3_600)}`,
        short: format.hour(start),
        values: surplusWh
          ? { leftWh: positive(surplusWh.median), neededWh: positive(-surplusWh.median) }
          : undefined,
      }))}
      series={givenAndNeeded(
        { name: "leftWh", label: t("outlook.left") },
        { name: "neededWh", label: t("outlook.needed") },
      )}
      unknown={t("outlook.unknown")}
      line={{
        label: t("hood.price"),
        values: hours.map(({ price }) => price?.median),
        ranges: hours.map(({ price }) => price ?? undefined),
        text: format.price,
        guides: plnGuides(neighbourhood, { t, format }),
      }}
    />
  );
}
