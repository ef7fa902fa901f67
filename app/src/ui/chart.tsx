/**
 * The one chart for what happened span by span: bars above and below zero, and where it is given a price over them. Axes
 * with units; a span is chosen by touch, pointer or arrow keys, and told in words; all numbers stand in a table behind it.
 */
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { classes } from "./classes.ts";
import { placeOf, ticksOf } from "./scale.ts";

export type ChartSeries<Name extends string = string> = {
  name: Name;
  label: string;
  /** Its colour, as a surface and as a drawn area. */
  surface: string;
  fill: string;
  /** Stacked downwards from zero. */
  below?: boolean;
};

/** Colours have one meaning everywhere: sun is what is given, upwards; house what is needed, below it. */
export const givenAndNeeded = <Name extends string>(
  given: Pick<ChartSeries<Name>, "name" | "label">,
  needed: Pick<ChartSeries<Name>, "name" | "label">,
): ChartSeries<Name>[] => [
  { ...given, surface: "bg-sun-fill", fill: "fill-sun-fill" },
  { ...needed, surface: "bg-house", fill: "fill-house", below: true },
];

export type ChartSpan<Name extends string = string> = {
  /** Begin, unix seconds. */
  start: number;
  label: string;
  /** Below the axis, where the label is too long for it. */
  short?: string;
  /** Undefined where it is not known: that is drawn as unknown, and not as zero. */
  values: Readonly<Record<Name, bigint>> | undefined;
};

export type ChartLine = {
  label: string;
  /** As many as there are spans; undefined where there was none. */
  values: readonly (bigint | undefined)[];
  /** Between what each of them usually lies. */
  ranges?: readonly ({ low: bigint; high: bigint } | undefined)[];
  text: (value: bigint) => string;
  /** Lines that it is read against, each with what is said of it. */
  guides: readonly { label: string; value: bigint; own?: boolean }[];
};

type Props<Name extends string> = {
  title: string;
  spans: readonly ChartSpan<Name>[];
  series: readonly ChartSeries<Name>[];
  /** On the axis, beside its numbers. */
  unit: string;
  axis: (value: bigint) => string;
  /** In words and in the table. */
  text: (value: bigint) => string;
  unknown: string;
  line?: ChartLine | undefined;
  /** Which span is chosen, where the page says more of it. */
  chosen?: number;
  onChoose?: (index: number) => void;
};

/** Labels below the spans. */
const MOST_LABELS = 4;
/** Of such as "Sat 12.00", which a phone has room for three of. */
const MOST_LONG_LABELS = 3;
const LONG_LABEL = 8;

export function Chart<Name extends string>(props: Props<Name>) {
  const { title, spans, series, unit, axis, text, unknown, line } = props;
  const [own, setOwn] = useState<number>();
  const chosen = Math.min(props.chosen ?? own ?? spans.length - 1, spans.length - 1);
  const choose = (index: number) => {
    if (index < 0 || index >= spans.length || index === chosen) return;
    setOwn(index);
    props.onChoose?.(index);
  };
  const span = spans[chosen];
  const words = span && wordsOf(span, series, text, unknown, line, chosen);
  return (
    <figure className="min-w-0 [--axis:min(3rem,14vw)]">
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        {series.map(({ name, label, surface }) => (
          <Key key={name} className={surface}>
            {label}
          </Key>
        ))}
        {line && <Key className="h-0.5 self-center bg-text">{line.label}</Key>}
        {spans.some(({ values }) => !values) && <Key className="border border-dashed">{unknown}</Key>}
      </figcaption>
      {/* Its place is kept, so that nothing moves while a finger runs over the spans. */}
      <p aria-hidden className="mt-2 min-h-10 text-sm leading-5 sm:min-h-5">
        {span && <span className="font-semibold">{span.label}: </span>}
        <span className="number whitespace-normal">{words}</span>
      </p>
      <Plot {...{ title, spans, series, unit, axis, line, chosen, words }} onChoose={choose} />
      <Labels spans={spans} />
      <Numbers {...{ title, spans, series, text, unknown, line }} />
    </figure>
  );
}

/** What there was; of several kinds only those of which there was anything. */
function wordsOf<Name extends string>(
  { values }: ChartSpan<Name>,
  series: readonly ChartSeries<Name>[],
  text: (value: bigint) => string,
  unknown: string,
  line: ChartLine | undefined,
  index: number,
): string {
  const price = line && priceWords(line, index);
  const some = values && series.filter(({ name }) => values[name] !== 0n);
  const told = some && some.length > 0 ? some : series;
  return [
    ...(values ? told.map(({ name, label }) => `${label} ${text(values[name])}`) : [unknown]),
    ...(line && price !== undefined ? [`${line.label} ${price}`] : []),
  ].join(", ");
}

/** Undefined where there was none. */
function priceWords({ values, ranges, text }: ChartLine, index: number): string | undefined {
  const [value, range] = [values[index], ranges?.[index]];
  if (value === undefined) return undefined;
  return range ? `${text(value)} (${text(range.low)} – ${text(range.high)})` : text(value);
}

function Key({ className, children }: { className: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={classes("size-3 shrink-0 rounded-xs forced-color-adjust-none", className)} />
      {children}
    </span>
  );
}

type PlotProps<Name extends string> = Pick<
  Props<Name>,
  "title" | "spans" | "series" | "unit" | "axis" | "line"
> & {
  chosen: number;
  words: string | undefined;
  onChoose: (index: number) => void;
};

function Plot<Name extends string>({ onChoose, ...props }: PlotProps<Name>) {
  const { title, spans, series, unit, axis, line, chosen, words } = props;
  const press = (event: KeyboardEvent) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: spans.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChoose(to);
  };
  const point = ({ clientX, currentTarget }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    onChoose(Math.floor(((clientX - left) / width) * spans.length));
  };
  return (
    <div className="mt-3 flex gap-2">
      <div
        aria-hidden
        className="grid w-(--axis) shrink-0 gap-3 text-right text-[min(0.75rem,3.6vw)] text-muted"
      >
        {line && <div className="h-28" />}
        <Ticks ticks={rangeOf(spans, series)} unit={unit} axis={axis} />
      </div>
      <div
        role="slider"
        tabIndex={0}
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={Math.max(spans.length - 1, 0)}
        aria-valuenow={Math.max(chosen, 0)}
        aria-valuetext={spans[chosen] && `${spans[chosen].label}: ${words}`}
        onKeyDown={press}
        onPointerDown={point}
        onPointerMove={point}
        className="relative grid min-w-0 flex-1 cursor-crosshair touch-pan-y gap-3 rounded-xs"
      >
        {chosen >= 0 && (
          <div
            className="pointer-events-none absolute inset-y-0 bg-sunken"
            style={{ left: `${(chosen / spans.length) * 100}%`, width: `${100 / spans.length}%` }}
          />
        )}
        {line && <Line line={line} />}
        <Bars spans={spans} series={series} />
      </div>
    </div>
  );
}

function rangeOf<Name extends string>(
  spans: readonly ChartSpan<Name>[],
  series: readonly ChartSeries<Name>[],
): bigint[] {
  const most = (below: boolean) =>
    spans.reduce((high, { values }) => {
      if (!values) return high;
      const sum = series
        .filter((one) => (one.below === true) === below)
        .reduce((total, { name }) => total + values[name], 0n);
      return sum > high ? sum : high;
    }, 0n);
  return ticksOf(most(true), most(false));
}

function Ticks({ ticks, unit, axis }: { ticks: bigint[]; unit: string; axis: (value: bigint) => string }) {
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  return (
    <div className="number relative h-36">
      {ticks.map((tick) => (
        <span
          key={String(tick)}
          className="absolute right-0 translate-y-1/2 leading-none"
          style={{ bottom: `${placeOf(tick, low, high)}%` }}
        >
          {tick === 0n ? unit : axis(tick < 0n ? -tick : tick)}
        </span>
      ))}
    </div>
  );
}

function Bars<Name extends string>({
  spans,
  series,
}: {
  spans: readonly ChartSpan<Name>[];
  series: readonly ChartSeries<Name>[];
}) {
  const ticks = rangeOf(spans, series);
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const y = (value: bigint) => 100 - placeOf(value, low, high);
  const gap = spans.length > 40 ? 0.1 : spans.length < 7 ? 0.35 : 0.2;
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${spans.length} 100`}
      preserveAspectRatio="none"
      className="relative h-36 w-full"
    >
      {ticks.map((tick) => (
        <line
          key={String(tick)}
          x1={0}
          x2={spans.length}
          y1={y(tick)}
          y2={y(tick)}
          vectorEffect="non-scaling-stroke"
          className={tick === 0n ? "stroke-muted" : "stroke-line"}
        />
      ))}
      {spans.map(({ start, values }, index) => {
        if (!values)
          return (
            <rect
              key={start}
              x={index + gap}
              width={1 - 2 * gap}
              y={y(0n) - 4}
              height={4}
              vectorEffect="non-scaling-stroke"
              className="fill-none stroke-muted [stroke-dasharray:2_2]"
            />
          );
        return stacked(values, series).map(({ name, fill, from, to }) => (
          <rect
            key={`${start} ${name}`}
            x={index + gap}
            width={1 - 2 * gap}
            y={Math.min(y(from), y(to))}
            height={Math.abs(y(from) - y(to))}
            className={fill}
          />
        ));
      })}
    </svg>
  );
}

/** Where each part of a bar begins and ends. */
function stacked<Name extends string>(
  values: Readonly<Record<Name, bigint>>,
  series: readonly ChartSeries<Name>[],
): { name: Name; fill: string; from: bigint; to: bigint }[] {
  let [up, down] = [0n, 0n];
  return series.map(({ name, fill, below }) => {
    const from = below ? down : up;
    const to = below ? from - values[name] : from + values[name];
    if (below) down = to;
    else up = to;
    return { name, fill, from, to };
  });
}

function Line({ line: { values, ranges = [], guides } }: { line: ChartLine }) {
  const all = [
    ...values.filter((value) => value !== undefined),
    ...ranges.flatMap((range) => (range ? [range.low, range.high] : [])),
    ...guides.map(({ value }) => value),
  ];
  const low = all.reduce((least, value) => (value < least ? value : least));
  const high = all.reduce((most, value) => (value > most ? value : most));
  const y = (value: bigint) => 90 - placeOf(value, low, high) * 0.7;
  return (
    <div aria-hidden className="relative h-28">
      <svg
        aria-hidden
        viewBox={`0 0 ${values.length} 100`}
        preserveAspectRatio="none"
        className="absolute inset-0 size-full"
      >
        {guides.map(({ label, value, own }) => (
          <line
            key={label}
            x1={0}
            x2={values.length}
            y1={y(value)}
            y2={y(value)}
            vectorEffect="non-scaling-stroke"
            className={own ? "stroke-accent [stroke-dasharray:4_3]" : "stroke-muted"}
          />
        ))}
        {ranges.map((range, index) =>
          range === undefined ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a span is told by its place
              key={index}
              x={index + 0.05}
              width={0.9}
              y={y(range.high)}
              height={y(range.low) - y(range.high)}
              className="fill-muted/30"
            />
          ),
        )}
        {values.map((value, index) =>
          value === undefined ? null : (
            <line
              // biome-ignore lint/suspicious/noArrayIndexKey: a span is told by its place
              key={index}
              x1={index + 0.05}
              x2={index + 0.95}
              y1={y(value)}
              y2={y(value)}
              strokeWidth={4}
              vectorEffect="non-scaling-stroke"
              className="stroke-text"
            />
          ),
        )}
      </svg>
      {guides.map(({ label, value, own }) => (
        <span
          key={label}
          className={classes(
            "number absolute text-[min(0.75rem,3.6vw)] leading-none",
            own ? "right-0 -translate-y-[130%] text-accent" : "left-0 text-muted",
            !own && (value === low ? "translate-y-[40%]" : "-translate-y-[130%]"),
          )}
          style={{ top: `${y(value)}%` }}
        >
          {label}
        </span>
      ))}
    </div>
  );
}

/** Each has the width of as many spans as it speaks for, so that none runs into the next one or over the edge. */
function Labels({ spans }: { spans: readonly Pick<ChartSpan, "start" | "label" | "short">[] }) {
  const long = spans.some(({ label, short = label }) => short.length > LONG_LABEL);
  const every = Math.max(Math.ceil(spans.length / (long ? MOST_LONG_LABELS : MOST_LABELS)), 1);
  const percent = (count: number) => `${(count / spans.length) * 100}%`;
  return (
    <div
      aria-hidden
      className="relative mt-1 ml-[calc(var(--axis)+0.5rem)] h-4 text-[min(0.75rem,3.6vw)] text-muted"
    >
      {spans.map(
        ({ start, label, short }, index) =>
          index % every === 0 &&
          index + every <= spans.length && (
            <span
              key={start}
              className="number absolute overflow-hidden"
              style={{ left: percent(index), width: percent(every) }}
            >
              {short ?? label}
            </span>
          ),
      )}
    </div>
  );
}

type NumbersProps<Name extends string> = Pick<
  Props<Name>,
  "title" | "spans" | "series" | "text" | "unknown" | "line"
>;

function Numbers<Name extends string>({ title, spans, series, text, unknown, line }: NumbersProps<Name>) {
  const { t } = useI18n();
  return (
    // A table would not shrink to nothing by itself.
    <div className="sr-only">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t("chart.time")}</th>
            {series.map(({ name, label }) => (
              <th key={name} scope="col">
                {label}
              </th>
            ))}
            {line && <th scope="col">{line.label}</th>}
          </tr>
        </thead>
        <tbody>
          {spans.map(({ start, label, values }, index) => (
            <tr key={start}>
              <th scope="row">{label}</th>
              {series.map(({ name }) => (
                <td key={name}>{values ? text(values[name]) : unknown}</td>
              ))}
              {line && <td>{priceWords(line, index) ?? "–"}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
