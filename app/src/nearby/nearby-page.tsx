import { MINIMUM_WH } from "@enerlink/protocol";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { ConnectFirst, useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useMeters } from "../meters/index.ts";
import { isAway, useIdle } from "../system/index.ts";
import { Button, Card, Notice, onDemand, Segmented, SelectField, Skeleton, useNow } from "../ui/index.ts";
import { CreateSheet } from "./create-sheet.tsx";
import {
  LATEST_TRADES,
  MOST_OFFERS,
  type PlacedOffer,
  type Trade,
  useAnswers,
  useBoard,
  useOffersAround,
  useOpenTrades,
  usePastTrades,
} from "./data.ts";
import { Filters, useFilters } from "./filters.tsx";
import { OfferList } from "./offer-list.tsx";
import { OwnOffers } from "./own-offers.tsx";
import { type PlaceName, places, useCentre } from "./places.ts";
import { Trades } from "./trades.tsx";

const OffersMap = onDemand(() => import("./map/offers-map.tsx"), {
  fallback: <Skeleton className="h-full" />,
});

const HERE = "here";
/** Where somebody without a meter looks from at first. */
const FALLBACK: PlaceName = "Jakarta Pusat";
type Origin = typeof HERE | PlaceName;
type Order = "distance" | "price" | "amount";

export function NearbyPage() {
  const { t } = useI18n();
  const account = useAccount();
  const board = useBoard().data;
  const asked = useMeters(account?.address);
  const meters = asked.data;
  const now = useNow();
  const open = useOpenTrades(account?.address).data;
  const past = usePastTrades(account?.address).data;
  const [tab, setTab] = useState<"offers" | "mine" | "inbox">("offers");
  const [chosen, setChosen] = useState<Origin>();
  const [order, setOrder] = useState<Order>("distance");
  const [creating, setCreating] = useState(false);
  const [cell, setCell] = useState<string>();
  const filters = useFilters();

  const homeCell = meters?.find(({ kind }) => kind !== "GRID")?.h3Cell;
  // Until it is known whether there is a home, nobody is told how far everything is from somewhere else.
  const settled = !account || meters !== undefined || isAway(asked);
  const origin: Origin = chosen === HERE && !homeCell ? FALLBACK : (chosen ?? (homeCell ? HERE : FALLBACK));
  const centre = useCentre(homeCell);
  const point = origin === HERE ? centre : settled || chosen ? places[origin] : undefined;
  const around = useOffersAround(point, filters.filter).data;
  const me = account?.address.toLowerCase();
  // What its battery does not hold cannot be had; an own offer stays in sight, so that it can be put right.
  const offers = useMemo(
    () => around?.filter(({ coveredWh, seller }) => coveredWh >= MINIMUM_WH || seller === me),
    [around, me],
  );
  const answers = useAnswers(offers?.map(({ seller }) => seller)).data;
  const drawsMap = useIdle(offers !== undefined);
  const sorted = useMemo(() => offers && sort(offers, order), [offers, order]);
  const batteries = meters?.filter(({ kind }) => kind === "BATTERY") ?? [];
  const trades = open && past && joined(open, past);
  const inbox = trades?.filter(({ seller }) => seller === me);
  const mine = trades?.filter(({ buyer }) => buyer === me);
  const waiting = inbox?.filter(({ status, answerBy }) => status === "PENDING" && answerBy > now).length;

  return (
    <div className="grid gap-3">
      {board?.paused && <Notice tone="warning">{t("nearby.paused")}</Notice>}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label={t("place.nearby")}
          value={tab}
          onValue={setTab}
          options={[
            { value: "offers", label: t("nearby.offers") },
            { value: "mine", label: t("trade.mineShort") },
            {
              value: "inbox",
              label: waiting ? `${t("trade.inboxShort")} (${waiting})` : t("trade.inboxShort"),
            },
          ]}
        />
        {batteries.length > 0 && (
          <Button look="primary" className="max-sm:w-full" onClick={() => setCreating(true)}>
            <Plus className="size-4" />
            {t("offer.create")}
          </Button>
        )}
      </div>

      {tab === "offers" && (
        <div className="grid items-start gap-3 lg:grid-cols-2">
          <div className="h-64 md:h-80 lg:sticky lg:top-0 lg:order-last lg:h-[calc(100dvh-9rem)]">
            {drawsMap ? (
              <OffersMap
                offers={offers ?? []}
                origin={point ?? places[FALLBACK]}
                homeCell={origin === HERE ? homeCell : undefined}
                selected={cell}
                onSelect={setCell}
              />
            ) : (
              <Skeleton className="h-full" />
            )}
          </div>
          <div className="grid gap-3">
            <div className="grid grid-cols-2 gap-3">
              <SelectField
                label={t("nearby.near")}
                value={origin}
                onChange={({ target }) => setChosen(target.value as Origin)}
                options={[
                  ...(homeCell ? [{ value: HERE, label: t("nearby.here") }] : []),
                  ...Object.keys(places).map((name) => ({ value: name, label: name })),
                ]}
              />
              <SelectField
                label={t("nearby.order")}
                value={order}
                onChange={({ target }) => setOrder(target.value as Order)}
                options={(["distance", "price", "amount"] as const).map((value) => ({
                  value,
                  label: t(`nearby.by.${value}`),
                }))}
              />
            </div>
            <Filters {...filters} />
            {sorted ? (
              <OfferList
                offers={sorted}
                answers={answers}
                cut={around?.length === MOST_OFFERS}
                hidden={around && offers ? around.length - offers.length : 0}
                cell={cell}
                onCell={setCell}
                filtered={Object.keys(filters.filter).length > 0}
              />
            ) : (
              <div className="grid gap-3 md:grid-cols-2">
                <Skeleton className="h-48" />
                <Skeleton className="h-48" />
              </div>
            )}
          </div>
        </div>
      )}
      {tab !== "offers" &&
        (account ? (
          <>
            {tab === "inbox" && <OwnOffers seller={account.address} />}
            <Trades
              trades={tab === "inbox" ? inbox : mine}
              account={account}
              as={tab === "inbox" ? "seller" : "buyer"}
              latest={past && past.length >= LATEST_TRADES ? LATEST_TRADES : undefined}
            />
          </>
        ) : (
          <Card>
            <ConnectFirst why={t("request.connect")} />
          </Card>
        ))}
      {batteries.length > 0 && (
        <CreateSheet batteries={batteries} open={creating} onClose={() => setCreating(false)} />
      )}
    </div>
  );
}

/** What is not over, then what is; a trade that just ended may stand in both answers. */
const joined = (open: readonly Trade[], past: readonly Trade[]) => [
  ...open.filter(({ id }) => !past.some((one) => one.id === id)),
  ...past,
];

const compare = (a: bigint | number, b: bigint | number) => (a < b ? -1 : a > b ? 1 : 0);

function sort(offers: readonly PlacedOffer[], order: Order): PlacedOffer[] {
  return offers.toSorted((a, b) => {
    if (order === "price") return compare(a.price, b.price);
    if (order === "amount") return compare(b.coveredWh, a.coveredWh);
    return compare(a.distanceKm, b.distanceKm);
  });
}
