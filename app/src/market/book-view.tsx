import { useI18n } from "../i18n/index.ts";
import { Card, classes, Empty, Skeleton } from "../ui/index.ts";
import type { OpenOrder } from "./data.ts";
import type { Book, Level } from "./quote.ts";

type Props = {
  book: Book | undefined;
  own: readonly OpenOrder[];
  /** Levels shown on each side. */
  levels: number;
  onPick: (level: Level, side: "bid" | "ask") => void;
};

/** The order book: asks above, bids below, the best prices in the middle. */
export function BookView({ book, own, levels, onPick }: Props) {
  const { t, format } = useI18n();
  if (!book) return <BookSkeleton levels={levels} />;

  const asks = book.asks.slice(0, levels);
  const bids = book.bids.slice(0, levels);
  const deepest = [...asks, ...bids].reduce(
    (most, { wattHours }) => (wattHours > most ? wattHours : most),
    1n,
  );
  const mine = (side: "BID" | "ASK", tick: number) =>
    own.some((order) => order.side === side && order.tick === tick);
  const [bestAsk, bestBid] = [asks[0], bids[0]];

  return (
    <Card title={t("market.book")} className="flex h-full flex-col">
      {!bestAsk && !bestBid ? (
        <Empty title={t("market.bookEmpty")}>{t("market.bookEmptyHint")}</Empty>
      ) : (
        <table className="w-full table-fixed text-sm" aria-label={t("market.book")}>
          <thead>
            <tr className="text-xs text-muted">
              <th scope="col" className="pb-1 text-left font-medium">
                {t("market.priceUnit")}
              </th>
              <th scope="col" className="pb-1 text-right font-medium">
                kWh
              </th>
            </tr>
          </thead>
          <tbody>
            {asks.toReversed().map((level) => (
              <BookRow
                key={level.tick}
                level={level}
                side="ask"
                own={mine("ASK", level.tick)}
                {...{ deepest, onPick }}
              />
            ))}
            <tr>
              <td colSpan={2} className="border-y py-1.5 text-center text-xs text-muted">
                {bestAsk && bestBid
                  ? t("market.spread", { spread: format.tickPrice(bestAsk.tick - bestBid.tick) })
                  : t(bestAsk ? "market.noBids" : "market.noAsks")}
              </td>
            </tr>
            {bids.map((level) => (
              <BookRow
                key={level.tick}
                level={level}
                side="bid"
                own={mine("BID", level.tick)}
                {...{ deepest, onPick }}
              />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

type RowProps = { level: Level; side: "bid" | "ask"; own: boolean; deepest: bigint; onPick: Props["onPick"] };

function BookRow({ level, side, own, deepest, onPick }: RowProps) {
  const { t, format } = useI18n();
  // Square roots, so that one large order does not make all others look like nothing.
  const share = Math.sqrt(Number((level.wattHours * 10_000n) / deepest));
  const values = { price: format.tickPrice(level.tick), energy: format.energy(level.wattHours) };
  return (
    <tr className="relative h-8 hover:bg-sunken lg:h-6">
      <td className="number relative p-0">
        <span
          aria-hidden
          className={classes(
            "absolute inset-y-px left-0 rounded-xs",
            side === "ask" ? "bg-sell-soft" : "bg-buy-soft",
          )}
          style={{ width: `${Math.max(share, 2) * 2}%`, maxWidth: "200%" }}
        />
        <button
          type="button"
          data-side={side}
          aria-label={t(side === "ask" ? "market.pickAsk" : "market.pickBid", values)}
          onClick={() => onPick(level, side)}
          className={classes(
            "relative z-1 flex h-8 w-full items-center lg:h-6 pointer-coarse:h-10 gap-1 px-1 text-left font-semibold after:absolute after:inset-y-0 after:left-0 after:w-[200%]",
            side === "ask" ? "text-sell" : "text-buy",
          )}
        >
          <span aria-hidden className="text-[0.6rem]">
            {side === "ask" ? "▼" : "▲"}
          </span>
          {format.tick(level.tick)}
        </button>
        {own && (
          <span className="pointer-events-none absolute inset-y-0 right-0 z-1 my-auto h-4 rounded-full bg-accent px-1.5 text-[0.625rem] leading-4 font-medium text-on-accent">
            {t("market.own")}
          </span>
        )}
      </td>
      <td className="number relative px-1 text-right">{format.energyColumn(level.wattHours)}</td>
    </tr>
  );
}

function BookSkeleton({ levels }: { levels: number }) {
  const { t } = useI18n();
  return (
    <Card title={t("market.book")} className="h-full">
      {/* As high as its rows, and one: that it cannot be had would else be said once a row. */}
      <Skeleton className={levels > 5 ? "h-131" : "h-59"} />
    </Card>
  );
}
