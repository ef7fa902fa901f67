import { Plus } from "lucide-react";
import type { Address } from "viem";
import { ConnectFirst, useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useMeters } from "../meters/index.ts";
import { isAway } from "../system/index.ts";
import {
  Button,
  Card,
  Intro,
  Notice,
  Segmented,
  Skeleton,
  useChoice,
  useNow,
  useOpenSheet,
} from "../ui/index.ts";
import { CreateSheet } from "./create-sheet.tsx";
import { LATEST_TRADES, type Trade, useBoard, useOpenTrades, usePastTrades } from "./data.ts";
import { OffersAround } from "./offers-around.tsx";
import { OwnOffers } from "./own-offers.tsx";
import { Trades } from "./trades.tsx";
import { useOfferChoice } from "./use-offer-choice.ts";

const tabs = ["offers", "mine", "inbox"] as const;

export function NearbyPage() {
  const { t } = useI18n();
  const account = useAccount();
  const board = useBoard().data;
  const meters = useMeters(account?.address);
  const batteries = meters.data?.filter(({ kind }) => kind === "BATTERY") ?? [];
  const trades = useOwnTrades(account?.address);
  const offers = useOfferChoice(account?.address);
  const [tab, setTab] = useChoice("tab", tabs, "offers");
  const [creating, setCreating] = useOpenSheet("offer");
  const waiting = trades.waiting ? ` (${trades.waiting})` : "";

  return (
    <div className="grid grid-cols-1 gap-3">
      {!account && <Intro>{t("nearby.intro")}</Intro>}
      {board?.paused && <Notice tone="warning">{t("nearby.paused")}</Notice>}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label={t("place.nearby")}
          value={tab}
          onValue={setTab}
          options={[
            { value: "offers", label: t("nearby.offers") },
            { value: "mine", label: t("trade.mineShort") },
            { value: "inbox", label: t("trade.inboxShort") + waiting },
          ]}
        />
        {batteries.length > 0 && (
          <Button look="primary" className="max-sm:w-full" onClick={() => setCreating(true)}>
            <Plus className="size-4" />
            {t("offer.create")}
          </Button>
        )}
      </div>

      {/* Who owns a battery has one button more above: what stands below it comes with it, so that it does not move. */}
      {tab === "offers" &&
        (account && meters.data === undefined && !isAway(meters) ? (
          <Skeleton className="h-[40rem]" />
        ) : (
          <OffersAround {...offers} />
        ))}
      {tab !== "offers" && !account && (
        <Card>
          <ConnectFirst why={t("request.connect")} />
        </Card>
      )}
      {tab === "inbox" && account && <OwnOffers seller={account.address} />}
      {tab !== "offers" && account && (
        <Trades
          trades={tab === "inbox" ? trades.inbox : trades.mine}
          account={account}
          as={tab === "inbox" ? "seller" : "buyer"}
          latest={trades.latest}
        />
      )}
      {batteries.length > 0 && (
        <CreateSheet batteries={batteries} open={creating} onClose={() => setCreating(false)} />
      )}
    </div>
  );
}

/** The account's trades, by its part in them. Undefined until they are known. */
function useOwnTrades(address: Address | undefined) {
  const now = useNow();
  const open = useOpenTrades(address).data;
  const past = usePastTrades(address).data;
  const me = address?.toLowerCase();
  const trades = open && past && joined(open, past);
  const inbox = trades?.filter(({ seller }) => seller === me);
  return {
    inbox,
    mine: trades?.filter(({ buyer }) => buyer === me),
    /** How many wait for the account's answer. */
    waiting: inbox?.filter(({ status, answerBy }) => status === "PENDING" && answerBy > now).length,
    /** How many past ones there are to see at most, where older ones exist. */
    latest: past && past.length >= LATEST_TRADES ? LATEST_TRADES : undefined,
  };
}

/** What is not over, then what is; a trade that just ended may stand in both answers. */
const joined = (open: readonly Trade[], past: readonly Trade[]) => [
  ...open.filter(({ id }) => !past.some((one) => one.id === id)),
  ...past,
];
