/** The candles' picture. The chart library is loaded with it. */
import {
  type CandlestickData,
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "react";
import { JAKARTA_SECONDS } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { colour, useThemeName } from "../ui/index.ts";
import type { Candle, Interval } from "./data.ts";

/** Candles in sight at first. */
const SPANS = 48;

export default function CandleChart({
  interval,
  candles,
}: {
  interval: Interval;
  candles: readonly Candle[];
}) {
  const { format } = useI18n();
  const theme = useThemeName();
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<(data: readonly Candle[]) => void>(null);

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
    drawn.current = (data) => {
      // The chart knows no time zones: it is given WIB as if it were UTC.
      const time = (start: number) => (start + JAKARTA_SECONDS) as UTCTimestamp;
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
    };
    return () => {
      chart.remove();
      drawn.current = null;
    };
  }, [theme, interval, format]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart drawn anew needs its data again
  useEffect(() => {
    drawn.current?.(candles);
  }, [candles, theme, interval, format]);

  return <div ref={box} className="absolute inset-0" aria-hidden />;
}
