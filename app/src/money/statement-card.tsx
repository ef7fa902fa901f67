/** What was sold to whom, bought from whom, and for how much: as a chart, a list, one printed page, and a file. */
import { formatIdr, formatKwh } from "@enerlink/protocol";
import { ChevronLeft, ChevronRight, Printer, ReceiptText } from "lucide-react";
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
import { useI18n } from "../i18n/index.ts";
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
  Records,
  Segmented,
  Skeleton,
  useChoice,
  useNow,
  useText,
} from "../ui/index.ts";
import { backOf, dayText, rangeOf, type Span, spans } from "./range.ts";
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
        <div className="mb-3 flex items-center gap-1">
          <Button
            size="icon"
            look="quiet"
            aria-label={t("statement.before")}
            onClick={() => setBack(back + 1)}
          >
            <ChevronLeft className="size-5" />
          </Button>
          <p className="min-w-0 flex-1 text-center font-medium first-letter:uppercase">{title}</p>
          <Button
            size="icon"
            look="quiet"
            aria-label={t("statement.after")}
            disabled={back === 0}
            onClick={() => setBack(back - 1)}
          >
            <ChevronRight className="size-5" />
          </Button>
        </div>
        {!known ? (
          <Skeleton className="h-96" />
        ) : known.length === 0 ? (
          <Empty icon={<ReceiptText />} title={t("statement.none")}>
            {t("statement.noneHint")}
          </Empty>
        ) : (
          <Shown {...{ span, known }} />
        )}
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

function Shown({ span, known }: { span: Span; known: readonly StatementPeriod[] }) {
  const { t, format } = useI18n();
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
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button onClick={() => window.print()}>
          <Printer className="size-4" />
          {t("statement.print")}
        </Button>
        <CsvButton name="statement" head={csvHead} rows={known.map(csvRow)} />
      </div>
      <List {...{ span, known, shown }} />
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

const energies = [
  "neighboursSoldWh",
  "utilitySoldWh",
  "offersSoldWh",
  "bookSoldWh",
  "neighboursBoughtWh",
  "utilityBoughtWh",
  "offersBoughtWh",
  "bookBoughtWh",
  "arrearsWh",
  "leftWh",
] as const;
const sums = [
  "neighboursSoldIdrs",
  "utilitySoldIdrs",
  "offersSoldIdrs",
  "bookSoldIdrs",
  "neighboursBoughtIdrs",
  "utilityBoughtIdrs",
  "offersBoughtIdrs",
  "bookBoughtIdrs",
  "feeIdrs",
  "feeReceivedIdrs",
  "netIdrs",
] as const;
/** Names as the index has them, with the unit of what stands in the file. */
const inFile = (name: string) =>
  name
    .replace(/Wh$/, "_kwh")
    .replace(/Idrs$/, "_idr")
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const csvHead = [
  "start",
  "end",
  "export_kwh",
  "import_kwh",
  ...[...energies, ...sums].map(inFile),
  "better_by_idr",
];

const iso = (unix: number) => new Date(unix * 1_000).toISOString();

/** Exact decimals; empty where it is not known. */
const csvRow = (period: StatementPeriod): string[] => [
  iso(period.start),
  iso(period.end),
  period.exportWh === null ? "" : formatKwh(period.exportWh),
  period.importWh === null ? "" : formatKwh(period.importWh),
  ...energies.map((name) => formatKwh(period[name])),
  ...sums.map((name) => signedIdr(period[name])),
  period.betterByIdrs === null ? "" : signedIdr(period.betterByIdrs),
];
const signedIdr = (idrs: bigint) => (idrs < 0n ? `-${formatIdr(-idrs)}` : formatIdr(idrs));
