import { useI18n } from "../i18n/index.ts";
import { Empty } from "../ui/index.ts";
import { aroundMiddle, type Book, depthOf, type Level, reachOf } from "./quote.ts";

const [WIDTH, HEIGHT] = [600, 200];

/** What is to be had up to each price: bids to the left, asks to the right, in kWh added up. */
export function Depth({ book }: { book: Book }) {
  const { t, format } = useI18n();
  const near = aroundMiddle(book);
  const bids = depthOf(near.bids);
  const asks = depthOf(near.asks);
  const all = [...bids, ...asks];
  if (all.length === 0) return <Empty title={t("market.bookEmpty")}>{t("market.bookEmptyHint")}</Empty>;

  const { low, high } = reachOf(near);
  const most = all.reduce((sum, { wattHours }) => (wattHours > sum ? wattHours : sum), 1n);
  // Places on a screen; amounts stay exact in the words beside it.
  const x = (tick: number) => ((tick - low) / (high - low)) * WIDTH;
  const y = (wattHours: bigint) => HEIGHT - (Number((wattHours * 1_000n) / most) / 1_000) * HEIGHT;
  /** Steps away from the best price, down to the floor at both ends. */
  const area = (levels: readonly Level[], edge: number) => {
    const [first] = levels;
    if (!first) return "";
    const steps = levels.map(({ tick, wattHours }) => `H${x(tick)}V${y(wattHours)}`).join("");
    return `M${x(first.tick)} ${HEIGHT}${steps}H${edge}V${HEIGHT}Z`;
  };
  return (
    <figure>
      <figcaption className="flex justify-between gap-3 text-xs text-muted">
        <span className="text-buy">
          ▲ {t("depth.bids", { energy: format.energy(bids.at(-1)?.wattHours ?? 0n) })}
        </span>
        <span className="text-sell">
          ▼ {t("depth.asks", { energy: format.energy(asks.at(-1)?.wattHours ?? 0n) })}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("depth.words", {
          bids: format.energy(bids.at(-1)?.wattHours ?? 0n),
          low: format.tickPrice(low),
          asks: format.energy(asks.at(-1)?.wattHours ?? 0n),
          high: format.tickPrice(high),
        })}
        className="h-44 w-full border-b"
      >
        <path d={area(bids, 0)} className="fill-buy-soft stroke-buy" vectorEffect="non-scaling-stroke" />
        <path
          d={area(asks, WIDTH)}
          className="fill-sell-soft stroke-sell"
          vectorEffect="non-scaling-stroke"
        />
        {all.map(({ tick, wattHours }) => (
          <rect key={tick} x={x(tick) - 4} y={0} width={8} height={HEIGHT} className="fill-transparent">
            <title>
              {t("depth.upTo", { price: format.tickPrice(tick), energy: format.energy(wattHours) })}
            </title>
          </rect>
        ))}
      </svg>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
        <span>{format.tickPrice(low)}</span>
        <span>{format.tickPrice(high)}</span>
      </div>
    </figure>
  );
}
