/** The last slots as a picture, and one of them in words: what there was, what it cost, and why. */
import { useRef, useState } from "react";
import { useAccount } from "../account/index.ts";
import { useStatement } from "../energy-index/index.ts";
import { useI18n } from "../i18n/index.ts";
import {
  Card,
  Chart,
  type ChartLine,
  classes,
  Empty,
  givenAndNeeded,
  Money,
  Skeleton,
  useNow,
} from "../ui/index.ts";
import {
  type Home,
  latest,
  limitsOf,
  type Neighbourhood,
  type OwnShare,
  since,
  useShares,
  useSlots,
} from "./data.ts";
import { type Gathered, gathered, joined } from "./day.ts";
import { plnGuides } from "./guides.ts";
import { lastHourWords } from "./last-hour.ts";
import { type Limits, priceOfTick, type Slot } from "./slot.ts";
import { slotWords, whyWords } from "./why.ts";

type Props = { home: Home | undefined; neighbourhood: Neighbourhood };

const HOUR = 3_600;
/** Hours before the one that runs. */
const DAY = 23 * HOUR;

/** At least so high, known or not, so that what stands below does not move: a slot's words and the picture mostly fit. */
const HEIGHT = "min-h-[44rem] lg:min-h-[37rem]";

export function SlotsCard({ home, neighbourhood }: Props) {
  const { t, format } = useI18n();
  const { slots, shares } = useDay(home, neighbourhood);
  // By its beginning, so that it stays chosen while others come, and with its hour when it is gathered into that.
  const [start, setStart] = useState<number>();
  if (!slots || (home && !shares))
    return (
      <Card title={t("hood.slots")}>
        <Skeleton className={HEIGHT} />
      </Card>
    );
  const known = gathered(slots);
  const index = known.findIndex(
    ({ slotStart, slotEnd }) => start !== undefined && slotStart <= start && start < slotEnd,
  );
  const chosen = index < 0 ? known.length - 1 : index;
  const slot = known[chosen];
  return (
    <Card
      title={t("hood.slots")}
      aside={
        <span className="text-sm text-muted">
          {t("hood.running", { time: format.hour(runningUntil(neighbourhood)) })}
        </span>
      }
    >
      {!slot ? (
        <Empty title={t("hood.noSlot")}>{t("hood.noSlotHint")}</Empty>
      ) : (
        <div className={classes("grid content-start gap-4", HEIGHT)}>
          <Words
            slot={slot}
            shares={shares?.filter(({ slotEnd }) => slot.slotStart < slotEnd && slotEnd <= slot.slotEnd)}
            {...{ home, neighbourhood }}
          />
          {home && neighbourhood.slot < HOUR && <LastHour />}
          <Picture
            {...{ home, neighbourhood, chosen }}
            slots={known}
            onChoose={(next) => setStart(next === known.length - 1 ? undefined : known[next]!.slotStart)}
          />
        </div>
      )}
    </Card>
  );
}

/** The newest slots as they come, and the day before them, which is asked for more seldom. Oldest first. */
function useDay(home: Home | undefined, { id }: Neighbourhood) {
  const past = since(Math.floor(useNow(60) / HOUR) * HOUR - DAY);
  const [slots, shares] = [useSlots(id, latest).data, useShares(home?.id, latest).data];
  const [slotsBefore, sharesBefore] = [useSlots(id, past).data, useShares(home?.id, past).data];
  // Without the home's parts its words would be that it was absent.
  if (!slots || !slotsBefore || (home && !sharesBefore)) return { slots: slots?.toReversed(), shares };
  return {
    slots: joined(slots, slotsBefore),
    shares: shares && sharesBefore && joined(shares, sharesBefore),
  };
}

/** Where slots are shorter, an hour is what people think in. Its place is kept while it is not known. */
function LastHour() {
  const i18n = useI18n();
  const until = useNow(60);
  const hour = useStatement(useAccount()?.address, until - HOUR, until, "ALL").data?.[0];
  // With every minute another hour is asked about: the one before stands until it is answered.
  const known = useRef<string>(undefined);
  if (hour) known.current = lastHourWords(hour, i18n);
  return <p className="min-h-12 lg:min-h-6">{known.current}</p>;
}

/** Slots follow each other without a gap. */
const runningUntil = ({ slot }: Neighbourhood) => (Math.floor(Date.now() / 1_000 / slot) + 1) * slot;

type PictureProps = Props & { slots: readonly Slot[]; chosen: number; onChoose: (index: number) => void };

function Picture({ home, neighbourhood, slots, chosen, onChoose }: PictureProps) {
  const { t, format } = useI18n();
  const line = useLine(neighbourhood, slots, home && limitsOf(home));
  return (
    <Chart
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
      unit="kWh"
      axis={format.kwh}
      text={format.energy}
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
  const { t, format } = useI18n();
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

type WordsProps = Props & { slot: Gathered; shares: readonly OwnShare[] | undefined };

function Words({ slot, shares, home, neighbourhood: { steepness } }: WordsProps) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const several = slot.count > 1;
  const share = shares?.[0];
  const limits = share ?? (home && limitsOf(home));
  return (
    <div aria-live="polite" className="grid gap-2 rounded-control bg-sunken p-4">
      <h3 className="font-semibold">
        {format.clock(slot.slotStart, Date.now() / 1_000)} – {format.hour(slot.slotEnd)}
      </h3>
      {home && limits && !several && (
        <p className="text-lg">{whyWords(slot, share, limits, steepness, i18n).join(" ")}</p>
      )}
      {shares && <CameTo side="SOLD" shares={shares} />}
      {shares && <CameTo side="BOUGHT" shares={shares} />}
      <p className="text-sm text-muted">
        {slotWords(slot, i18n)} {several && slot.price !== null && t("hood.several", { count: slot.count })}
      </p>
    </div>
  );
}

/** What was earned, or paid, and by how much that is better than the utility alone. */
function CameTo({ side, shares }: { side: OwnShare["side"]; shares: readonly OwnShare[] }) {
  const { t, format } = useI18n();
  const own = shares.filter((one) => one.side === side);
  const amount = own.reduce((sum, one) => sum + one.amount, 0n);
  const plnAmount = own.reduce((sum, one) => sum + one.plnAmount, 0n);
  const betterIdrs = side === "SOLD" ? amount - plnAmount : plnAmount - amount;
  if (betterIdrs === 0n) return null;
  return (
    <p className={classes("font-medium", betterIdrs > 0n && "text-buy")}>
      <Money idrs={amount} /> {t(side === "SOLD" ? "hood.earned" : "hood.paid")},{" "}
      {t(betterIdrs > 0n ? "hood.better" : "hood.worse", {
        amount: format.money(betterIdrs < 0n ? -betterIdrs : betterIdrs),
      })}
    </p>
  );
}
