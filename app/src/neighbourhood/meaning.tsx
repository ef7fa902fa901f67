/** What two limits would have meant last week, in a sentence and slot by slot. */

import { EnergyChart, givenAndNeeded, Skeleton } from "../ui/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import { plnGuides } from "./guides.ts";
import { useLastWeek } from "./last-week.ts";
import { type Limits, meant, sumOf } from "./slot.ts";
import { useHood } from "./words.ts";

/** As many slots are drawn: an hourly week. */
const DRAWN = 168;

type Props = { home: Home; neighbourhood: Neighbourhood; limits: Limits | undefined };

export function Meaning({ home, neighbourhood, limits }: Props) {
  const { t, format } = useHood();
  const week = useLastWeek(home, neighbourhood.id);
  // As high as the sentence and its picture, so that what stands below stays there.
  if (!week) return <Skeleton className="h-[34rem] md:h-[29rem]" />;
  if (week.from === undefined) return <p className="text-sm text-muted">{t("hood.noWeek")}</p>;
  if (!limits) return <p className="min-h-72 text-sm text-muted">{t("hood.fillLimits")}</p>;
  const all = meant(week.slots, week.own, limits, neighbourhood.steepness, week.among);
  const sum = sumOf(all);
  const clock = (time: number) => format.clock(time, Date.now() / 1_000);
  if (sum.slots === 0 || week.since === undefined)
    return <p className="text-sm text-muted">{t("hood.nothingKnown", { from: clock(week.from) })}</p>;
  return (
    <div className="grid gap-3">
      <p>
        {t("hood.meant", {
          from: clock(week.since),
          shared: sum.shared,
          periods: sum.slots,
          sold: format.energy(sum.soldWh),
          bought: format.energy(sum.boughtWh),
          better: format.money(sum.betterIdrs),
        })}
      </p>
      <EnergyChart
        title={t("hood.meantChart")}
        spans={all.slice(-DRAWN).map(({ slotStart, side, sharedWh }) => ({
          start: slotStart,
          label: format.weekdayHour(slotStart),
          values: {
            soldWh: side === "SOLD" ? sharedWh : 0n,
            boughtWh: side === "BOUGHT" ? sharedWh : 0n,
          },
        }))}
        series={givenAndNeeded(
          { name: "soldWh", label: t("hood.soldTo") },
          { name: "boughtWh", label: t("hood.boughtFrom") },
        )}
        unknown={t("chart.notSettled")}
        line={{
          label: t("hood.price"),
          values: all.slice(-DRAWN).map(({ price }) => price),
          text: (price) => format.price(price),
          guides: plnGuides(neighbourhood, { t, format }),
        }}
      />
      {!week.among && <p className="text-xs text-muted">{t("hood.meantHint")}</p>}
    </div>
  );
}
