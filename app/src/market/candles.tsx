/** Prices over time: the last one at once, their picture when there is time for it. */
import { useI18n } from "../i18n/index.ts";
import { useIdle } from "../system/index.ts";
import { Card, onDemand, Segmented, useChoice } from "../ui/index.ts";
import { type Candle, intervals, useCandles } from "./data.ts";

const CandleChart = onDemand(() => import("./candle-chart.tsx"));

export function Candles({ className }: { className?: string }) {
  const { t, format } = useI18n();
  const [interval, choose] = useChoice("interval", intervals, "QUARTER_HOUR");
  const candles = useCandles(interval).data;
  const idle = useIdle(candles !== undefined);
  const last = candles?.at(-1);
  const before = candles?.at(-2);
  const rise = last && before ? last.close - before.close : 0;
  return (
    <Card
      className={className ?? ""}
      title={
        // As wide as a price with its change, so that nothing moves when they come.
        <span className="flex min-h-7 min-w-[min(12rem,100%)] flex-wrap items-baseline gap-x-2">
          {last ? (
            <span className="number text-[min(1.25rem,8vw)]">{format.tickPrice(last.close)}</span>
          ) : (
            t("chart.title")
          )}
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
        {idle && candles && <CandleChart interval={interval} candles={candles} />}
        {candles?.length === 0 && (
          <p className="absolute inset-0 grid place-items-center text-sm text-muted">{t("chart.none")}</p>
        )}
      </div>
      <Table candles={candles} />
    </Card>
  );
}

function Table({ candles }: { candles: readonly Candle[] | undefined }) {
  const { t, format } = useI18n();
  return (
    // A table would not shrink to nothing by itself.
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
  );
}
