/** What is on offer: a map of it, and a list. */
import { useI18n } from "../i18n/index.ts";
import { useIdle } from "../system/index.ts";
import { onDemand, SelectField, Skeleton } from "../ui/index.ts";
import { MOST_OFFERS, useAnswers } from "./data.ts";
import { Filters } from "./filters.tsx";
import { OfferList } from "./offer-list.tsx";
import { places } from "./places.ts";
import { FALLBACK, HERE, type OfferChoice, type Order, type Origin, orders } from "./use-offer-choice.ts";

const OffersMap = onDemand(() => import("./map/offers-map.tsx"), {
  fallback: <Skeleton className="h-full" />,
});

export function OffersAround(choice: OfferChoice) {
  const { filters, around, offers, sorted, cell, setCell } = choice;
  const answers = useAnswers(offers?.map(({ seller }) => seller)).data;
  const drawsMap = useIdle(offers !== undefined);
  const { t } = useI18n();
  return (
    <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
      <div className="relative h-64 md:h-80 lg:sticky lg:top-0 lg:order-last lg:h-[calc(100dvh-9rem)]">
        {drawsMap ? (
          <OffersMap
            offers={offers ?? []}
            origin={choice.point ?? places[FALLBACK]}
            homeCell={choice.origin === HERE ? choice.homeCell : undefined}
            selected={cell}
            onSelect={setCell}
          />
        ) : (
          <Skeleton className="h-full" />
        )}
        {offers?.length === 0 && (
          <p className="pointer-events-none absolute inset-x-2 bottom-8 rounded-control bg-surface/90 p-2 text-center text-sm">
            {t("map.empty")}
          </p>
        )}
      </div>
      <div className="grid grid-cols-1 gap-3">
        <Choices {...choice} />
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
  );
}

/** From where one looks, and what comes first. */
function Choices({ homeCell, origin, setOrigin, order, setOrder }: OfferChoice) {
  const { t } = useI18n();
  return (
    <div className="grid grid-cols-[repeat(auto-fit,minmax(min(8rem,100%),1fr))] gap-3">
      <SelectField
        label={t("nearby.near")}
        value={origin}
        onChange={({ target }) => setOrigin(target.value as Origin)}
        options={[
          ...(homeCell ? [{ value: HERE, label: t("nearby.here") }] : []),
          ...Object.keys(places).map((name) => ({ value: name, label: name })),
        ]}
      />
      <SelectField
        label={t("nearby.order")}
        value={order}
        onChange={({ target }) => setOrder(target.value as Order)}
        options={orders.map((value) => ({ value, label: t(`nearby.by.${value}`) }))}
      />
    </div>
  );
}
