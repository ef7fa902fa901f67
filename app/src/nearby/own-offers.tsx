import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Badge, Button, Card, Energy, Price, Time, useSheet } from "../ui/index.ts";
import { type OwnOffer, useOwnOffers } from "./data.ts";
import { UpdateSheet } from "./update-sheet.tsx";

/** What the account offers; an offer that ran out still holds its battery's promise until it is closed. */
export function OwnOffers({ seller }: { seller: string }) {
  const { t } = useI18n();
  const offers = useOwnOffers(seller).data;
  const change = useSheet("change");
  if (!offers || offers.length === 0) return null;
  return (
    <Card title={t("offer.own")}>
      <ul className="divide-y" aria-label={t("offer.own")}>
        {offers.map((offer) => (
          <li key={offer.id} className="py-3 first:pt-0 last:pb-0">
            <OfferRow offer={offer} onChange={() => change.show(offer.id)} />
          </li>
        ))}
      </ul>
      <UpdateSheet offer={offers.find(({ id }) => id === change.of)} onClose={change.close} />
    </Card>
  );
}

function OfferRow({ offer, onChange }: { offer: OwnOffer; onChange: () => void }) {
  const { t } = useI18n();
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const expired = offer.currentStatus === "EXPIRED";
  const end = (functionName: "cancelOffer" | "closeOffer") =>
    transact({
      action: { kind: functionName, values: { offerId: offer.id, wattHours: String(offer.remainingWh) } },
      call: { address: market.address, abi: market.abi, functionName, args: [BigInt(offer.id)] },
    });
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <div>
        <p className="font-medium">
          <Energy wattHours={offer.remainingWh} /> · <Price price={offer.price} />
        </p>
        <p className="text-sm text-muted">
          {t("nearby.until")} <Time at={offer.availableTo} as="clock" />{" "}
          {expired && <Badge tone="warning">{t("offer.expired")}</Badge>}
        </p>
        {expired && <p className="text-sm text-muted">{t("offer.expiredHint")}</p>}
      </div>
      <div className="flex gap-2">
        {expired ? (
          <Button size="small" look="primary" disabled={busy} onClick={() => void end("closeOffer")}>
            {t("offer.close")}
          </Button>
        ) : (
          <>
            <Button size="small" onClick={onChange}>
              {t("nearby.change")}
            </Button>
            <Button size="small" disabled={busy} onClick={() => void end("cancelOffer")}>
              {t("nearby.withdraw")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
