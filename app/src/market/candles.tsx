/** Prices over time. The chart library is loaded with it. */
import {
  type CandlestickData,
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Card, colour, Segmented, useThemeName } from "../ui/index.ts";
import { type Interval, intervals, useCandles } from "./data.ts";

const WIB_SECONDS = 7 * 3_600;
/** Candles in sight at first. */
const SPANS = 48;
export default function Candles({ className }: { className?: string }) {
  const { t, format } = useI18n();
  const theme = useThemeName();
  const [interval, choose] = useState<Interval>("QUARTER_HOUR");
  const candles = useCandles(interval).data;
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ chart: IChartApi; draw: (data: NonNullable<typeof candles>) => void }>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the theme's colours and the interval's scale
  useEffect(() => {
    const chart = createChart(box.current!, {
      autoSize: true,
      layout: {
        background: { color: "transparent" },
        textColor: colour("--muted"),
        fontFamily: "Inter Variable, sans-serif",
        // Credited under More: a link inside the picture could be reached by keyboard but not be seen by a reader.
        attributionLogo: false,
      },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("--line") } },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: interval !== "DAY", secondsVisible: false },
      localization: {
        locale: format.locale,
        priceFormatter: (price: number) => format.tick(Math.round(price)),
      },
    });
    const [up, down] = [colour("--buy"), colour("--sell")];
    const prices = chart.addSeries(CandlestickSeries, {
      upColor: up,
      wickUpColor: up,
      downColor: down,
      wickDownColor: down,
      borderVisible: false,
    });
    const volumes = chart.addSeries(HistogramSeries, {
      priceScaleId: "",
      color: colour("--line"),
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    prices.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.28 } });
    volumes.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    let fitted = false;
    drawn.current = {
      chart,
      draw(data) {
        // The chart knows no time zones: it is given WIB as if it were UTC.
        const time = (start: number) => (start + WIB_SECONDS) as UTCTimestamp;
        prices.setData(
          data.map(
            ({ start, open, high, low, close }): CandlestickData => ({
              time: time(start),
              open,
              high,
              low,
              close,
            }),
          ),
        );
        // Heights on a canvas are pixels; the exact amounts stand in the table.
        volumes.setData(
          data.map(({ start, volumeWh }) => ({ time: time(start), value: Number(volumeWh) / 1_000 })),
        );
        if (!fitted && data.length > 0) {
          // As many spans whether they hold a trade or not, so that a candle is as wide on a young market as on an old one.
          chart.timeScale().setVisibleLogicalRange({ from: data.length - SPANS, to: data.length + 1 });
          fitted = true;
        }
      },
    };
    return () => {
      chart.remove();
      drawn.current = null;
    };
  }, [theme, interval, format]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart drawn anew needs its data again
  useEffect(() => {
    if (candles) drawn.current?.draw(candles);
  }, [candles, theme, interval, format]);

  const last = candles?.at(-1);
  const before = candles?.at(-2);
  const rise = last && before ? last.close - before.close : 0;
  return (
    <Card
      className={className ?? ""}
      title={
        <span className="flex items-baseline gap-2">
          {last ? <span className="number text-xl">{format.tickPrice(last.close)}</span> : t("chart.title")}
          {rise !== 0 && (
            <span className={rise > 0 ? "number text-sm text-buy" : "number text-sm text-sell"}>
              {rise > 0 ? "▲" : "▼"} {format.tick(Math.abs(rise))}
            </span>
          )}
        </span>
      }
      aside={
        <Segmented
          small
          label={t("chart.span")}
          value={interval}
          onValue={choose}
          options={intervals.map((value) => ({ value, label: t(`chart.${value}`) }))}
        />
      }
    >
      <div className="relative min-h-0 flex-1">
        <div ref={box} className="absolute inset-0" aria-hidden />
        {candles?.length === 0 && (
          <p className="absolute inset-0 grid place-items-center text-sm text-muted">{t("chart.none")}</p>
        )}
      </div>
      {/* A table would not shrink to nothing by itself. */}
      <div className="sr-only">
        <table>
          <caption>{t("chart.title")}</caption>
          <thead>
            <tr>
              {(["time", "open", "high", "low", "close", "volume"] as const).map((head) => (
                <th key={head} scope="col">
                  {t(`chart.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {candles?.slice(-20).map(({ start, open, high, low, close, volumeWh }) => (
              <tr key={start}>
                <th scope="row">{format.exactTime(start)}</th>
                {[open, high, low, close].map((price, index) => (
                  <td key={["open", "high", "low", "close"][index]}>{format.tickPrice(price)}</td>
                ))}
                <td>{format.energy(volumeWh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
