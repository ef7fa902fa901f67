/** What was sold to whom, bought from whom, and for how much: as a chart, a list, one printed page, and a file. */
import { CalendarDays, Printer, ReceiptText } from "lucide-react";
import { useState } from "react";
import type { Account } from "../account/index.ts";
import {
  energyOf,
  isKnown,
  moneyOf,
  paidOf,
  receivedOf,
  type Source,
  type StatementPeriod,
  useStatement,
} from "../energy-index/index.ts";
import { dayText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useMeters } from "../meters/index.ts";
import {
  Button,
  Card,
  Chart,
  type ChartSeries,
  type Column,
  CsvButton,
  Empty,
  Energy,
  Money,
  MoneyFigure,
  Pager,
  Records,
  Segmented,
  Skeleton,
  Stat,
  useChoice,
  useNow,
  useText,
} from "../ui/index.ts";
import { backOf, type Range, rangeOf, type Span, spans } from "./range.ts";
import { statementFile } from "./statement-file.ts";
import { Figures, StatementSheet } from "./statement-sheet.tsx";
import { usePeriodText, useRangeText } from "./texts.ts";

export function StatementCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const now = useNow(60);
  const [span, setSpan] = useChoice<Span>("by", spans, "DAY");
  const [from, setFrom] = useText("from");
  const back = backOf(span, from, now);
  const setBack = (to: number) => setFrom(to === 0 ? "" : dayText(rangeOf(span, to, now).from));
  const range = rangeOf(span, back, now);
  const periods = useStatement(account.address, range.from, range.to, span).data;
  const known = periods?.filter(isKnown);
  const title = useRangeText()(span, range);
  return (
    <>
      <Card
        className="print:hidden"
        title={t("statement.title")}
        aside={
          <Segmented
            small
            label={t("statement.by")}
            value={span}
            onValue={(next) => {
              setSpan(next);
              setFrom("");
            }}
            options={spans.map((value) => ({ value, label: t(`statement.${value}`) }))}
          />
        }
      >
        <Pager
          title={title}
          before={t("statement.before")}
          after={t("statement.after")}
          onBefore={() => setBack(back + 1)}
          onAfter={back === 0 ? undefined : () => setBack(back - 1)}
        />
        {/* On a tablet it stands above others: as high as that none of them is in sight before or after. */}
        <div className="md:max-lg:min-h-[70dvh]">
          {!known ? (
            <Skeleton className="h-96 md:max-lg:h-[70dvh]" />
          ) : known.length === 0 ? (
            // As high as what stood for it: who is new sees nothing below it move up.
            <div className="grid min-h-96 content-center">
              <Empty icon={<ReceiptText />} title={t("statement.none")}>
                {t("statement.noneHint")}
              </Empty>
            </div>
          ) : (
            <Shown
              {...{ account, span, range, title, known }}
              onMonth={(start) => {
                setSpan("DAY");
                setFrom(dayText(start));
              }}
            />
          )}
        </div>
      </Card>
      {known && known.length > 0 && <StatementSheet {...{ account, title, span, periods: known }} />}
    </>
  );
}

/** Who it was traded with, as a household sees it: its neighbours, the utility, whoever was found in the market. */
const partners = {
  neighbours: ["neighbours"],
  utility: ["utility"],
  market: ["offers", "book"],
} as const satisfies Record<string, readonly Source[]>;
type Partner = keyof typeof partners;
type Bar = `${Partner}${"Sold" | "Bought"}`;

const looks = {
  neighboursSold: { surface: "bg-sun-fill", fill: "fill-sun-fill" },
  utilitySold: { surface: "bg-sun-fill/45", fill: "fill-sun-fill/45" },
  marketSold: { surface: "bg-buy", fill: "fill-buy" },
  neighboursBought: { surface: "bg-house", fill: "fill-house" },
  utilityBought: { surface: "bg-house/45", fill: "fill-house/45" },
  marketBought: { surface: "bg-sell", fill: "fill-sell" },
} as const satisfies Record<Bar, Pick<ChartSeries, "surface" | "fill">>;
const bars = Object.keys(looks) as Bar[];

const partsOf = (bar: Bar) => {
  const side = bar.endsWith("Sold") ? ("Sold" as const) : ("Bought" as const);
  return { side, of: partners[bar.slice(0, -side.length) as Partner] };
};

type ShownProps = {
  account: Account;
  span: Span;
  range: Range;
  title: string;
  known: readonly StatementPeriod[];
};

/** @param onMonth shows the days of the month that begins at `start`, unix seconds */
function Shown({ onMonth, ...props }: ShownProps & { onMonth: (start: number) => void }) {
  const { span, known } = props;
  const { t, format } = useI18n();
  // By its start, so that it stays chosen while others come.
  const [start, setStart] = useState<number>();
  const index = known.findIndex((period) => period.start === start);
  const chosen = index < 0 ? known.length - 1 : index;
  const periodText = usePeriodText();
  // Only who there was anything with: a home in the neighbourhood may have nothing in the market, and another only that.
  const shown = bars.filter((bar) => {
    const { side, of } = partsOf(bar);
    return known.some((period) => energyOf(period, side, of) > 0n);
  });
  const value = (period: StatementPeriod, bar: Bar) => {
    const { side, of } = partsOf(bar);
    return moneyOf(period, side, of);
  };
  return (
    <div className="grid gap-4">
      <Figures periods={known} />
      {/* The picture and what it came to: the numbers of what is chosen in it stand beside it. */}
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_13rem]">
        <Chart<Bar>
          title={t("statement.chart")}
          spans={known.map((period) => ({
            start: period.start,
            label: periodText(span, period),
            short: format.day(period.start),
            values: Object.fromEntries(bars.map((bar) => [bar, value(period, bar)])) as Record<Bar, bigint>,
          }))}
          series={shown.map((name) => ({
            name,
            label: t(`statement.${name}`),
            ...looks[name],
            below: partsOf(name).side === "Bought",
          }))}
          unit="Rp"
          axis={format.shortMoney}
          text={format.money}
          unknown={t("chart.notSettled")}
          chosen={chosen}
          onChoose={(next) => setStart(known[next]!.start)}
        />
        <Chosen period={known[chosen]!} title={periodText(span, known[chosen]!)} />
      </div>
      {span === "MONTH" && (
        <Button className="justify-self-start" onClick={() => onMonth(known[chosen]!.start)}>
          <CalendarDays className="size-4" />
          {t("statement.ofMonth", { month: format.month(known[chosen]!.start) })}
        </Button>
      )}
      <Take {...props} />
      <List {...{ span, known, shown }} />
    </div>
  );
}

function Chosen({ period, title }: { period: StatementPeriod; title: string }) {
  const { t } = useI18n();
  const better = period.betterByIdrs;
  return (
    <div className="rounded-control bg-sunken p-3">
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      <dl className="grid grid-cols-2 gap-3 @max-[16rem]/page:grid-cols-1 sm:grid-cols-4 lg:grid-cols-1">
        <Stat label={t("statement.received")}>
          <MoneyFigure idrs={receivedOf(period)} />
        </Stat>
        <Stat label={t("statement.paid")}>
          <MoneyFigure idrs={paidOf(period)} />
        </Stat>
        <Stat label={t("statement.net")}>
          <MoneyFigure idrs={receivedOf(period) - paidOf(period)} />
        </Stat>
        <Stat label={t("statement.better")}>
          {better === null ? "–" : <MoneyFigure className={better > 0n ? "text-buy" : ""} idrs={better} />}
        </Stat>
      </dl>
    </div>
  );
}

/** What is shown, on paper and in a file: both say whose it is and of which time. */
function Take({ account, range, title, known }: ShownProps) {
  const { t, lookup } = useI18n();
  const meters = useMeters(account.address).data;
  const home = account.name ?? (meters?.length === 1 ? meters[0]!.serial : account.address);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button className="max-w-full" onClick={() => window.print()}>
        <Printer className="size-4 shrink-0" />
        {/* Two months and their years are more than a line of a phone. */}
        <span className="min-w-0 leading-tight whitespace-normal wrap-break-word">
          {t("statement.print", { what: title })}
        </span>
      </Button>
      <CsvButton {...statementFile(known, home, range, lookup)} />
    </div>
  );
}

function List({
  span,
  known,
  shown,
}: {
  span: Span;
  known: readonly StatementPeriod[];
  shown: readonly Bar[];
}) {
  const { t } = useI18n();
  const periodText = usePeriodText();
  const columns: Column<StatementPeriod>[] = [
    {
      head: t(`statement.${span}`),
      title: true,
      cell: (period) => periodText(span, period),
      sortBy: ({ start }) => start,
    },
    ...shown.map((bar): Column<StatementPeriod> => {
      const { side, of } = partsOf(bar);
      return {
        head: t(`statement.${bar}`),
        numeric: true,
        cell: (period) => <Energy wattHours={energyOf(period, side, of)} />,
      };
    }),
    {
      head: t("statement.net"),
      numeric: true,
      cell: (period) => <Money idrs={receivedOf(period) - paidOf(period)} sign />,
      sortBy: (period) => receivedOf(period) - paidOf(period),
    },
    {
      head: t("statement.better"),
      numeric: true,
      cell: ({ betterByIdrs }) => (betterByIdrs === null ? "–" : <Money idrs={betterByIdrs} sign />),
    },
  ];
  return (
    <Records
      label={t("statement.title")}
      rows={known.toReversed()}
      columns={columns}
      keyOf={({ start }) => String(start)}
      empty={null}
    />
  );
}
