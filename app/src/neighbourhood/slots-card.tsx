/** A day's slots as a picture, any of which is told in words: what there was, what it cost, with whom, and why. */
import { useState } from "react";
import { useAccount } from "../account/index.ts";
import { useStatement } from "../energy-index/index.ts";
import { dayText, startOfDay } from "../format/index.ts";
import {
  Button,
  Card,
  type ChartLine,
  classes,
  Empty,
  EnergyChart,
  givenAndNeeded,
  Pager,
  Skeleton,
  useNow,
  useText,
} from "../ui/index.ts";
import {
  type Home,
  latest,
  limitsOf,
  type Neighbourhood,
  over,
  since,
  useDayBefore,
  useShares,
  useSlots,
  whole,
} from "./data.ts";
import { dayBefore, gathered, joined, single, withinHour } from "./day.ts";
import { plnGuides } from "./guides.ts";
import { lastHourWords } from "./last-hour.ts";
import { type Limits, priceOfTick, type Slot } from "./slot.ts";
import { SlotSaid } from "./slot-said.tsx";
import { useHood } from "./words.ts";

type Props = { home: Home | undefined; neighbourhood: Neighbourhood };

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** At least so high, known or not, so that what stands below does not move: a slot's words and the picture mostly fit. */
const HEIGHT = "min-h-[51rem] md:min-h-[42rem]";

export function SlotsCard({ home, neighbourhood }: Props) {
  const { t, format } = useHood();
  const [day, setDay] = useText("day");
  const now = useNow(60);
  const past = dayBefore(day, now);
  const title = past === undefined ? t("hood.slots") : t("hood.slotsOf", { day: format.weekdayDay(past) });
  return (
    <Card
      title={title}
      aside={
        past === undefined && (
          <span className="text-sm text-muted">
            {t("hood.running", { time: format.hour(runningUntil(neighbourhood)) })}
          </span>
        )
      }
    >
      <Days past={past} now={now} onDay={setDay} />
      {/* Another day begins with its last slot. */}
      <Slots key={past} {...{ home, neighbourhood, past }} />
    </Card>
  );
}

type DaysProps = { past: number | undefined; now: number; onDay: (day: string) => void };

/** From day to day of Jakarta's calendar; the newest is the last 24 hours. */
function Days({ past, now, onDay }: DaysProps) {
  const { t, format } = useHood();
  const today = startOfDay(now);
  const begin = past ?? today;
  const go = (start: number) => onDay(start >= today ? "" : dayText(start));
  return (
    <Pager
      title={past === undefined ? t("hood.lastDay") : format.weekdayDay(past)}
      before={t("hood.dayBefore")}
      after={t("hood.dayAfter")}
      onBefore={() => go(begin - DAY)}
      onAfter={past === undefined ? undefined : () => go(begin + DAY)}
    />
  );
}

type SlotsProps = Props & { past: number | undefined };

function Slots({ home, neighbourhood, past }: SlotsProps) {
  const { t, format } = useHood();
  const { slots, shares } = useDay(home, neighbourhood, past);
  // By its beginning, so that it stays chosen while others come, and with its hour when it is gathered into that.
  const [start, setStart] = useState<number>();
  // Of an hour of several slots each is shown by itself once somebody asks for them.
  const [hour, setHour] = useState<number>();
  if (!slots || (home && !shares)) return <Skeleton className={HEIGHT} />;
  const known = hour === undefined ? gathered(slots) : withinHour(slots, hour);
  const index = known.findIndex(
    ({ slotStart, slotEnd }) => start !== undefined && slotStart <= start && start < slotEnd,
  );
  const chosen = index < 0 ? known.length - 1 : index;
  const bar = known[chosen];
  if (!bar)
    return (
      <Empty title={t("hood.noSlot")}>{t(past === undefined ? "hood.noSlotHint" : "hood.noSlotThen")}</Empty>
    );
  // Nothing is chosen by hand where the newest is: it follows what comes, which is told slot by slot.
  const follows = past === undefined && hour === undefined;
  const slot = follows && index < 0 ? single(slots.at(-1)!) : bar;
  const within = ({ slotEnd }: { slotEnd: number }) => slot.slotStart < slotEnd && slotEnd <= slot.slotEnd;
  const newest = follows ? known.length - 1 : -1;
  return (
    <div className={classes("grid content-start gap-4", HEIGHT)}>
      {/* Above what is said of the chosen slot, whose length would move it under the finger. */}
      <Picture
        {...{ home, neighbourhood, chosen }}
        slots={known}
        onChoose={(next) => setStart(next === newest ? undefined : known[next]!.slotStart)}
      />
      <SlotSaid
        slot={slot}
        slots={slots.filter(within)}
        shares={shares?.filter(within)}
        {...{ home, neighbourhood }}
      >
        {hour !== undefined ? (
          <Button size="small" onClick={() => setHour(undefined)}>
            {t("hood.wholeDay")}
          </Button>
        ) : (
          bar.count > 1 && (
            <Button
              size="small"
              onClick={() => {
                setHour(bar.slotStart);
                setStart(slot.slotStart);
              }}
            >
              {t("hood.each", {
                from: format.hour(bar.slotStart),
                to: format.hour(bar.slotEnd),
              })}
            </Button>
          )
        )}
      </SlotSaid>
      {home && past === undefined && neighbourhood.slot < HOUR && <LastHour />}
    </div>
  );
}

/** A day that is over, or the newest slots as they come and the day before them, which is asked for more seldom. Oldest first. */
function useDay(home: Home | undefined, { id }: Neighbourhood, past: number | undefined) {
  const before = useDayBefore(home, id, past);
  const [community, meter] = past === undefined ? [id, home?.id] : [];
  const noon = Math.floor(useNow(60) / HOUR) * HOUR + HOUR - DAY / 2;
  const [recent, early] = [since(noon), over(noon - DAY / 2, noon)];
  const [slots, shares] = [useSlots(community, latest).data, useShares(meter, latest).data];
  const slotsBefore = whole([useSlots(community, recent).data, useSlots(community, early).data]);
  const sharesBefore = whole([useShares(meter, recent).data, useShares(meter, early).data]);
  if (past !== undefined) return { slots: before.slots?.toReversed(), shares: before.shares };
  return {
    slots: joined(slots, slotsBefore),
    shares: home && joined(shares, sharesBefore),
  };
}

/** Where slots are shorter, an hour is what people think in. Its place is kept while it is not known. */
function LastHour() {
  const i18n = useHood();
  const until = useNow(60);
  const hour = useStatement(useAccount()?.address, until - HOUR, until, "ALL").data?.[0];
  return <p className="min-h-12 lg:min-h-6">{hour && lastHourWords(hour, i18n)}</p>;
}

/** Slots follow each other without a gap. */
const runningUntil = ({ slot }: Neighbourhood) => (Math.floor(Date.now() / 1_000 / slot) + 1) * slot;

type PictureProps = Props & { slots: readonly Slot[]; chosen: number; onChoose: (index: number) => void };

function Picture({ home, neighbourhood, slots, chosen, onChoose }: PictureProps) {
  const { t, format } = useHood();
  const line = useLine(neighbourhood, slots, home && limitsOf(home));
  return (
    <EnergyChart
      title={t("hood.chart")}
      spans={slots.map(({ slotStart, slotEnd, surplusWh, needWh }) => ({
        start: slotStart,
        label: `${format.hour(slotStart)}–${format.hour(slotEnd)}`,
        short: format.hour(slotStart),
        values: { surplusWh, needWh },
      }))}
      series={givenAndNeeded(
        { name: "surplusWh", label: t("hood.surplus") },
        { name: "needWh", label: t("hood.need") },
      )}
      unknown={t("chart.notSettled")}
      line={line}
      chosen={chosen}
      onChoose={onChoose}
    />
  );
}

/** The price between the utility's two, and the home's own limits where they are narrower. */
function useLine(
  { retail, feedIn, fee }: Neighbourhood,
  slots: readonly Slot[],
  limits: Limits | undefined,
): ChartLine {
  const { t, format } = useHood();
  // Limits that accept whatever is better than the utility need no line of their own.
  const own = limits
    ? [
        {
          label: t("hood.youSellFrom", { price: format.tickPrice(limits.sellFrom) }),
          tick: limits.sellFrom,
          shown: limits.sellFrom > Math.max(feedIn, 1),
        },
        // The fee comes on top of the price that is drawn, and is part of the limit that is said.
        {
          label: t("hood.youBuyUpTo", { price: format.tickPrice(limits.buyUpTo) }),
          tick: limits.buyUpTo - fee,
          shown: limits.buyUpTo < retail,
        },
      ]
    : [];
  return {
    label: t("hood.price"),
    values: slots.map(({ price }) => price ?? undefined),
    text: (price) => format.price(price),
    guides: [
      ...plnGuides({ retail, feedIn }, { t, format }),
      ...own
        .filter(({ shown }) => shown)
        .map(({ label, tick }) => ({ label, value: priceOfTick(tick), own: true })),
    ],
  };
}
