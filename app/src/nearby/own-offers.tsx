import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Badge, Button, Card, Energy, Price, Time, useKeptFocus, useSheet } from "../ui/index.ts";
import { type OwnOffer, useOwnOffers } from "./data.ts";
import { UpdateSheet } from "./update-sheet.tsx";
import { WithdrawSheet } from "./withdraw-sheet.tsx";

/** What the account offers; an offer that ran out still holds its battery's promise until it is closed. */
export function OwnOffers({ seller }: { seller: string }) {
  const { t } = useI18n();
  const offers = useOwnOffers(seller).data;
  const change = useSheet("change");
  const withdraw = useSheet("withdraw");
  const kept = useKeptFocus();
  return (
    <div {...kept} className="empty:-mt-3">
      {offers && offers.length > 0 && (
        <Card title={t("offer.own")}>
          <ul className="divide-y" aria-label={t("offer.own")}>
            {offers.map((offer) => (
              <li key={offer.id} className="py-3 first:pt-0 last:pb-0">
                <OfferRow
                  offer={offer}
                  onChange={() => change.show(offer.id)}
                  onWithdraw={() => withdraw.show(offer.id)}
                />
              </li>
            ))}
          </ul>
          <UpdateSheet offer={offers.find(({ id }) => id === change.of)} onClose={change.close} />
          <WithdrawSheet offer={offers.find(({ id }) => id === withdraw.of)} onClose={withdraw.close} />
        </Card>
      )}
    </div>
  );
}

type RowProps = { offer: OwnOffer; onChange: () => void; onWithdraw: () => void };

function OfferRow({ offer, onChange, onWithdraw }: RowProps) {
  const { t } = useI18n();
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const expired = offer.currentStatus === "EXPIRED";
  const close = () =>
    transact({
      action: { kind: "closeOffer", values: { offerId: offer.id, wattHours: String(offer.remainingWh) } },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "closeOffer",
        args: [BigInt(offer.id)],
      },
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
          <Button size="small" look="primary" disabled={busy} onClick={() => void close()}>
            {t("offer.close")}
          </Button>
        ) : (
          <>
            <Button size="small" onClick={onChange}>
              {t("nearby.change")}
            </Button>
            <Button size="small" onClick={onWithdraw}>
              {t("nearby.withdraw")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
