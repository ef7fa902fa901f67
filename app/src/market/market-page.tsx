import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Card, Intro, Notice, Segmented, Skeleton, useChoice, useWide } from "../ui/index.ts";
import { BookView } from "./book-view.tsx";
import { Candles } from "./candles.tsx";
import { useBook, useOpenOrders } from "./data.ts";
import { Depth } from "./depth.tsx";
import { type Link, readLink } from "./link.ts";
import { OpenOrders, OwnFills, Tape } from "./orders.tsx";
import type { Book, Level } from "./quote.ts";
import { Ticket } from "./ticket.tsx";
import type { Suggestion } from "./use-ticket.ts";

const route = getRouteApi("/market");

const tabs = ["book", "ticket", "orders"] as const;
const lists = ["orders", "own", "all", "depth"] as const;

export function MarketPage() {
  const { t } = useI18n();
  const wide = useWide(1_024);
  const { side, wh, tick, list } = route.useSearch();
  const account = useAccount();
  const book = useBook().data;
  const own = useOpenOrders(account?.address).data ?? [];
  const linksHere = [side, wh, tick].some((value) => value !== undefined);
  // A list that a link names stands among the orders; one that is chosen later does not move the reader.
  const [listed] = useState(list !== undefined);
  const [tab, setTab] = useChoice("tab", tabs, linksHere ? "ticket" : listed ? "orders" : "book");
  // Not taken anew when the address says something else of the page.
  const linked = useMemo(() => readLink({ side, wh, tick }), [side, wh, tick]);
  const [picked, setPicked] = useState<Suggestion>();

  /** Taking what stands there: a tap on an ask fills the ticket for buying it. */
  function pick({ tick }: Level, side: "bid" | "ask") {
    setPicked({ tick, side: side === "ask" ? "buy" : "sell" });
    setTab("ticket");
  }

  const chart = (className: string) => <Candles className={`flex flex-col ${className}`} />;
  const ticket = (
    <Ticket book={book} suggestion={picked ?? linked} notice={!picked && <FilledIn link={linked} />} />
  );

  if (wide)
    return (
      <div className="grid h-full min-h-[36rem] grid-cols-[17rem_minmax(0,1fr)_20rem] gap-3">
        <BookView book={book} own={own} levels={11} onPick={pick} />
        <div className="grid min-h-0 grid-rows-[minmax(0,1fr)_minmax(0,1fr)] gap-3">
          {chart("h-full")}
          <Lists book={book} className="h-full overflow-y-auto" />
        </div>
        {ticket}
      </div>
    );
  return (
    <div className="grid gap-3">
      {!account && <Intro>{t("market.intro")}</Intro>}
      <Segmented
        label={t("place.market")}
        value={tab}
        onValue={setTab}
        options={[
          { value: "book", label: t("market.book") },
          { value: "ticket", label: t("ticket.title") },
          { value: "orders", label: t("orders.title") },
        ]}
      />
      {/* Whoever types an order has the room for it, down to its button. */}
      {tab !== "ticket" && chart("h-64")}
      {tab === "book" && <BookView book={book} own={own} levels={5} onPick={pick} />}
      {tab === "ticket" && ticket}
      {tab === "orders" && <Lists book={book} />}
    </div>
  );
}

/** Says what a link put into the ticket: nobody should sign what somebody else typed without having seen it. */
function FilledIn({ link: { side, wattHours, tick, refused } }: { link: Link }) {
  const { t, format } = useI18n();
  if (refused) return <Notice tone="warning">{t("ticket.linkRefused")}</Notice>;
  if (wattHours === undefined && tick === undefined) return null;
  const what = [
    side && t(side === "buy" ? "ticket.buy" : "ticket.sell"),
    wattHours !== undefined && format.words.energy(wattHours),
    tick !== undefined && format.words.tick(BigInt(tick)),
  ].filter(Boolean);
  return <Notice>{t("ticket.linked", { what: what.join(" · ") })}</Notice>;
}

/** Own orders, own trades, everybody's trades, and how deep the market is. */
function Lists({ book, className }: { book: Book | undefined; className?: string }) {
  const { t } = useI18n();
  const [list, setList] = useChoice("list", lists, "orders");
  return (
    <Card className={className ?? ""}>
      <div className="mb-3 flex">
        <Segmented
          small
          label={t("market.lists")}
          value={list}
          onValue={setList}
          options={[
            { value: "orders", label: t("orders.title") },
            { value: "own", label: t("tape.own") },
            { value: "all", label: t("tape.title") },
            { value: "depth", label: t("depth.title") },
          ]}
        />
      </div>
      {list === "orders" && <OpenOrders />}
      {list === "own" && <OwnFills />}
      {list === "all" && <Tape />}
      {list === "depth" && (book ? <Depth book={book} /> : <Skeleton className="h-40" />)}
    </Card>
  );
}
