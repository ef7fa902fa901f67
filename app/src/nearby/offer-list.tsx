import { MapPin } from "lucide-react";
import { useState } from "react";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Badge, Button, Card, Empty, Figure, Time, useNow } from "../ui/index.ts";
import type { Offer, PlacedOffer, Reputation } from "./data.ts";
import { RequestSheet } from "./request-sheet.tsx";
import { UpdateSheet } from "./update-sheet.tsx";

export function OfferList({ offers }: { offers: readonly PlacedOffer[] }) {
  const { t } = useI18n();
  const [asked, setAsked] = useState<Offer>();
  const [changed, setChanged] = useState<Offer>();
  if (offers.length === 0)
    return (
      <Card>
        <Empty icon={<MapPin />} title={t("nearby.none")}>
          {t("nearby.noneHint")}
        </Empty>
      </Card>
    );
  return (
    <>
      <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3" aria-label={t("nearby.offers")}>
        {offers.map((offer) => (
          <li key={offer.id}>
            <OfferCard offer={offer} onAsk={() => setAsked(offer)} onChange={() => setChanged(offer)} />
          </li>
        ))}
      </ul>
      <RequestSheet offer={asked} onClose={() => setAsked(undefined)} />
      <UpdateSheet offer={changed} onClose={() => setChanged(undefined)} />
    </>
  );
}

function OfferCard({
  offer,
  onAsk,
  onChange,
}: {
  offer: PlacedOffer;
  onAsk: () => void;
  onChange: () => void;
}) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const account = useAccount();
  const { transact, busy } = useTransact();
  const now = useNow();
  const own = account?.address.toLowerCase() === offer.seller;
  const cancel = () =>
    transact({
      action: { kind: "cancelOffer", values: { wattHours: String(offer.remainingWh) } },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "cancelOffer",
        args: [BigInt(offer.id)],
      },
    });
  return (
    <Card className="flex h-full flex-col">
      <div className="flex items-start justify-between gap-2">
        <Figure size="large" className="text-battery" parts={format.parts.energy(offer.remainingWh)} />
        {own ? (
          <Badge tone="accent">{t("nearby.own")}</Badge>
        ) : (
          <Badge>
            <MapPin className="size-3" />
            {t("nearby.distance", { km: format.decimal(offer.distanceKm) })}
          </Badge>
        )}
      </div>
      <p className="mt-1">
        <Figure parts={format.parts.price(offer.price)} />
        <span className="ml-2 text-sm text-muted">
          {t("nearby.total", { total: format.money(offer.remainingWh * offer.price) })}
        </span>
      </p>
      <p className="mt-2 text-sm text-muted">
        {offer.availableFrom > now && (
          <>
            {t("nearby.from")} <Time at={offer.availableFrom} as="clock" />{" "}
          </>
        )}
        {t("nearby.until")} <Time at={offer.availableTo} as="clock" />
      </p>
      <p className="mb-3 text-sm text-muted">
        <Promises reputation={offer.reputation} />
      </p>
      {own ? (
        <div className="mt-auto grid grid-cols-2 gap-2">
          <Button onClick={onChange}>{t("nearby.change")}</Button>
          <Button disabled={busy} onClick={() => void cancel()}>
            {t("nearby.withdraw")}
          </Button>
        </div>
      ) : (
        <Button look="primary" className="mt-auto" onClick={onAsk}>
          {t("nearby.request")}
        </Button>
      )}
    </Card>
  );
}

/** How much of what a seller promised was delivered, and the stars for it. */
function Promises({ reputation }: { reputation: Reputation | null }) {
  const { t, format } = useI18n();
  if (!reputation || reputation.promisedWh === 0n) return t("nearby.noPromises");
  const kept = t("nearby.kept", { share: format.percent(reputation.deliveredWh, reputation.promisedWh) });
  if (reputation.ratings === 0) return kept;
  return `${kept} · ★ ${format.decimal(reputation.stars / reputation.ratings)} (${reputation.ratings})`;
}
