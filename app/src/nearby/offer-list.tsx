import { MapPin } from "lucide-react";
import { useEffect, useRef } from "react";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import {
  Badge,
  Button,
  Card,
  classes,
  Empty,
  EnergyFigure,
  Figure,
  type SheetState,
  Time,
  useNow,
  useSheet,
} from "../ui/index.ts";
import { missingOf } from "./covered.ts";
import { type Answers, MOST_OFFERS, type PlacedOffer, type Reputation } from "./data.ts";
import { RequestSheet } from "./request-sheet.tsx";
import { UpdateSheet } from "./update-sheet.tsx";
import { WithdrawSheet } from "./withdraw-sheet.tsx";

type Props = {
  offers: readonly PlacedOffer[];
  /** How their sellers answer; undefined while that is not known. */
  answers: readonly Answers[] | undefined;
  /** Offers that are left out, since their batteries do not hold what they promise. */
  hidden: number;
  /** There may be more, farther away. */
  cut: boolean;
  /** The cell that is chosen on the map. */
  cell: string | undefined;
  onCell: (cell: string | undefined) => void;
  /** Whether a filter may be why nothing is there. */
  filtered: boolean;
};

/** The list beside the map: what is chosen there is marked here and brought into sight, and the other way round. */
export function OfferList({ offers, answers, hidden, cut, cell, onCell, filtered }: Props) {
  const { t } = useI18n();
  const request = useSheet("request");
  const change = useSheet("change");
  const withdraw = useSheet("withdraw");
  const offerOf = (sheet: SheetState) => offers.find(({ id }) => id === sheet.of);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (cell) list.current?.querySelector(`[data-cell="${cell}"]`)?.scrollIntoView({ block: "nearest" });
  }, [cell]);
  if (offers.length === 0)
    return (
      <Card>
        <Empty icon={<MapPin />} title={t("nearby.none")}>
          <p>{t(filtered ? "nearby.noneFiltered" : "nearby.noneHint")}</p>
          {hidden > 0 && <p>{t("nearby.hidden", { count: hidden })}</p>}
        </Empty>
      </Card>
    );
  return (
    <>
      <ul ref={list} className="grid grid-cols-1 gap-3 md:grid-cols-2" aria-label={t("nearby.offers")}>
        {offers.map((offer) => (
          <li key={offer.id} data-cell={offer.h3Cell} className="scroll-my-20">
            <OfferCard
              offer={offer}
              answers={answers?.find(({ seller }) => seller === offer.seller)}
              chosen={offer.h3Cell === cell}
              onCell={() => onCell(offer.h3Cell === cell ? undefined : offer.h3Cell)}
              onAsk={() => request.show(offer.id)}
              onChange={() => change.show(offer.id)}
              onWithdraw={() => withdraw.show(offer.id)}
            />
          </li>
        ))}
      </ul>
      {cut && <p className="text-sm text-muted">{t("nearby.nearest", { count: MOST_OFFERS })}</p>}
      {hidden > 0 && <p className="text-sm text-muted">{t("nearby.hidden", { count: hidden })}</p>}
      <RequestSheet offer={offerOf(request)} onClose={request.close} />
      <UpdateSheet offer={offerOf(change)} onClose={change.close} />
      <WithdrawSheet offer={offerOf(withdraw)} onClose={withdraw.close} />
    </>
  );
}

function OfferCard({
  offer,
  answers,
  chosen,
  onCell,
  onAsk,
  onChange,
  onWithdraw,
}: {
  offer: PlacedOffer;
  answers: Answers | undefined;
  chosen: boolean;
  onCell: () => void;
  onAsk: () => void;
  onChange: () => void;
  onWithdraw: () => void;
}) {
  const { t, format } = useI18n();
  const account = useAccount();
  const now = useNow();
  const own = account?.address.toLowerCase() === offer.seller;
  return (
    <Card className={classes("flex h-full flex-col", chosen && "outline-2 outline-accent")}>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <EnergyFigure
          size="large"
          className="text-battery"
          wattHours={own ? offer.remainingWh : offer.coveredWh}
        />
        {own ? (
          <Badge tone="accent">{t("nearby.own")}</Badge>
        ) : (
          <button
            type="button"
            aria-pressed={chosen}
            aria-label={t("nearby.onMap", { km: format.decimal(offer.distanceKm) })}
            onClick={onCell}
            className="flex min-h-6 items-center gap-1 rounded-full bg-sunken pointer-coarse:min-h-10 px-2 text-xs font-medium text-muted aria-pressed:bg-accent aria-pressed:text-on-accent"
          >
            <MapPin className="size-3" />
            {t("nearby.distance", { km: format.decimal(offer.distanceKm) })}
          </button>
        )}
      </div>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <Figure parts={format.parts.price(offer.price)} exact={format.exactPrice(offer.price)} />
        <span className="text-sm text-muted">
          {t("nearby.total", {
            total: format.money((own ? offer.remainingWh : offer.coveredWh) * offer.price),
          })}
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
        {answers && answers.unanswered > 0 && (
          <span className="block text-warning">
            {t("nearby.unanswered", { unanswered: answers.unanswered, requests: answers.requests })}
          </span>
        )}
        {own && offer.coveredWh < offer.remainingWh && (
          <span className="block text-warning">
            {t("nearby.uncovered", { energy: format.energy(missingOf(offer.battery)) })}
          </span>
        )}
      </p>
      {own ? (
        <div className="mt-auto grid grid-cols-2 gap-2">
          <Button onClick={onChange}>{t("nearby.change")}</Button>
          <Button onClick={onWithdraw}>{t("nearby.withdraw")}</Button>
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
